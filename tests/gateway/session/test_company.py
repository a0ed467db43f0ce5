"""Who is told that somebody came or went: told by a table of sockets, in the test's own time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from gateway.session.company import LINGER_SECONDS, Company
from rooms import Bundle, Event, Identity, RoomKey
from tests.gateway.standins import Clock, Wheel

ONE, TWO, THREE = (RoomKey("rooms", name) for name in ("one", "two", "three"))


class Ears:
    """A socket of many rooms; ``online`` is what its client makes of what it hears."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.heard: list[tuple[str, str]] = []
        self.online: set[str] = set()

    def hear(self, bundle: Bundle) -> None:
        for event in bundle.messages:
            assert isinstance(event, Event)
            user = event.data["user"]
            assert (user in self.online) is (event.type == "offline"), f"{self.user} is told {event.type} of {user} twice"
            (self.online.add if event.type == "online" else self.online.discard)(user)
            self.heard.append((event.type, user))


class Town:
    """Rooms, the sockets in them, and who looks."""

    def __init__(self, users_max: int = 500) -> None:
        self.wheel = Wheel(Clock())
        self.sockets: dict[RoomKey, Counter[str]] = {}
        self.company = Company(self.members, self.wheel, users_max)

    def members(self, key: RoomKey) -> Iterator[Identity]:
        for user in self.sockets.get(key, Counter()).elements():
            yield Identity(user, user.title())

    def look(self, user: str) -> Ears:
        ears = Ears(user)
        self.company.looks(ears, user, [key for key, users in self.sockets.items() if users[user]])
        ears.online = {other for other, _ in self.company.of(user)}
        return ears

    def join(self, user: str, key: RoomKey) -> None:
        self.sockets.setdefault(key, Counter())[user] += 1
        self.company.tell(user, self.company.came(key, Identity(user, user.title())))

    def leave(self, user: str, key: RoomKey, *, clean: bool = True) -> None:
        self.sockets[key][user] -= 1
        self.company.left(key, user, clean)

    def switch(self, user: str, old: RoomKey, new: RoomKey) -> None:
        """As a session does it: in the new room first, out of the old one, then what there is to tell."""
        self.sockets.setdefault(new, Counter())[user] += 1
        news = self.company.came(new, Identity(user, user.title()))
        self.leave(user, old)
        self.company.tell(user, news)


@pytest.fixture
def town() -> Town:
    return Town()


def test_who_comes_and_goes_is_told_to_who_is_there_and_they_to_whoever_came(town: Town) -> None:
    ada, bob = town.look("ada"), town.look("bob")
    town.join("ada", ONE)
    town.join("bob", ONE)
    assert (ada.heard, bob.heard) == ([("online", "bob")], [("online", "ada")])
    town.leave("bob", ONE)
    assert ada.heard == [("online", "bob"), ("offline", "bob")]
    assert bob.heard == [("online", "ada"), ("offline", "ada")]


def test_the_event_says_how_the_user_is_called(town: Town) -> None:
    heard: list[Any] = []
    town.company.looks(type("Raw", (), {"hear": lambda _self, bundle: heard.extend(bundle.messages)})(), "ada", [])
    town.join("ada", ONE)
    town.join("bob", ONE)
    town.leave("bob", ONE)
    assert heard == [Event("online", {"user": "bob", "name": "Bob"}), Event("offline", {"user": "bob", "name": "Bob"})]


def test_more_sockets_and_more_shared_rooms_are_told_once(town: Town) -> None:
    ada = town.look("ada")
    for key in (ONE, TWO):
        town.join("ada", key)
        town.join("bob", key)
        town.join("bob", key)
    assert ada.heard == [("online", "bob")]
    for key in (ONE, ONE, TWO):
        town.leave("bob", key)
    assert ada.heard == [("online", "bob")]
    town.leave("bob", TWO)
    assert ada.heard == [("online", "bob"), ("offline", "bob")]


def test_a_switch_between_shared_rooms_is_no_coming_and_going(town: Town) -> None:
    ada, bob = town.look("ada"), town.look("bob")
    for key in (ONE, TWO):
        town.join("ada", key)
    town.join("bob", ONE)
    heard = len(ada.heard), len(bob.heard)
    town.switch("bob", ONE, TWO)
    assert (len(ada.heard), len(bob.heard)) == heard


def test_who_switches_is_told_of_both_rooms(town: Town) -> None:
    ada = town.look("ada")
    town.join("bob", ONE)
    town.join("both", ONE)
    town.join("both", TWO)
    town.join("carol", TWO)
    town.join("ada", ONE)
    town.switch("ada", ONE, TWO)
    assert ada.online == {"both", "carol"}
    assert ("offline", "both") not in ada.heard


def test_who_was_cut_off_and_is_back_in_time_was_never_away(town: Town) -> None:
    ada = town.look("ada")
    town.join("ada", ONE)
    town.join("bob", ONE)
    town.leave("bob", ONE, clean=False)
    town.wheel.pass_seconds(LINGER_SECONDS - 1)
    town.join("bob", ONE)
    town.leave("bob", ONE, clean=False)
    town.wheel.pass_seconds(LINGER_SECONDS - 1)
    assert ada.heard == [("online", "bob")]
    town.wheel.pass_seconds(2)
    assert ada.heard == [("online", "bob"), ("offline", "bob")]


def test_users_on_sockets_of_one_room_are_company_too(town: Town) -> None:
    town.join("bob", ONE)
    town.join("ada", ONE)
    ada = town.look("ada")
    assert ada.online == {"bob"}
    town.leave("bob", ONE)
    assert ada.heard == [("offline", "bob")]


def test_nothing_is_kept_of_rooms_that_nobody_looks_at(town: Town) -> None:
    town.join("bob", ONE)
    ada = town.look("ada")
    town.join("ada", ONE)
    assert town.company._places.keys() == {ONE}
    town.company.looks_no_more(ada, "ada")
    assert not town.company._places
    assert not town.company._looking
    town.leave("bob", ONE, clean=False)
    town.wheel.pass_seconds(10)
    assert ada.online == {"bob"}, "who does not look is told nothing"


def test_big_rooms_say_nothing() -> None:
    town = Town(users_max=3)
    ada = town.look("ada")
    for user in ("ada", "b", "c", "d", "e"):
        town.join(user, ONE)
    assert ada.heard == [("online", "b"), ("online", "c")]
    assert {user for user, _ in town.company.of("ada")} == {"b", "c", "d", "e"}


@pytest.mark.parametrize("seed", range(20))
def test_what_a_client_makes_of_it_is_always_who_shares_a_room(seed: int) -> None:
    """Random joins, leaves, cuts, switches and sockets, against the plain question."""
    random, town = Random(seed), Town()
    users, keys = ["ada", "bob", "carol", "dora"], [ONE, TWO, THREE]
    ears = [town.look("ada"), town.look("bob")]
    inside: list[tuple[str, RoomKey]] = []
    for _ in range(200):
        step = random.randrange(6)
        if step in (0, 1):
            inside.append((random.choice(users), random.choice(keys)))
            town.join(*inside[-1])
        elif step == 2 and inside:
            user, key = inside.pop(random.randrange(len(inside)))
            town.leave(user, key, clean=random.random() < 0.5)
        elif step == 3 and inside:
            user, old = inside.pop(random.randrange(len(inside)))
            inside.append((user, random.choice(keys)))
            town.switch(user, old, inside[-1][1])
        elif step == 4:
            if len(ears) > 1 and random.random() < 0.5:
                gone = ears.pop(random.randrange(len(ears)))
                town.company.looks_no_more(gone, gone.user)
            else:
                ears.append(town.look(random.choice(users)))
        else:
            town.wheel.pass_seconds(random.choice([1, 7]))
        for each in ears:
            assert each.online == {user for user, _ in town.company.of(each.user)}, f"seed {seed}"
    town.wheel.pass_seconds(10)
    for each in ears:
        rooms = {key for user, key in inside if user == each.user}
        assert each.online == {user for user, key in inside if key in rooms} - {each.user}, f"seed {seed}"
