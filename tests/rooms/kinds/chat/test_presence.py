"""Who is in a room, from connections and their attachments alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rooms.identity import Identity
from rooms.kinds.chat.membership import Membership
from rooms.kinds.chat.presence import Presence


@dataclass
class Socket:
    """As much of a connection as presence looks at."""

    id: str
    user: str
    attachment: Any = None
    identity: Identity = field(init=False)

    def __post_init__(self) -> None:
        self.identity = Identity(self.user, self.user.title())


def at(since_ms: int, **said: Any) -> Membership:
    return Membership(since_ms=since_ms, **said)


def test_only_the_first_connection_of_a_user_brings_the_user():
    presence = Presence()
    assert presence.add(Socket("1", "ada"), at(1))
    assert not presence.add(Socket("2", "ada"), at(2))
    assert presence.add(Socket("3", "bob"), at(3))
    assert presence.online == 2


def test_only_the_last_connection_of_a_user_takes_the_user_away():
    presence, phone, laptop = Presence(), Socket("1", "ada"), Socket("2", "ada")
    presence.add(phone, at(1))
    presence.add(laptop, at(2))
    assert not presence.remove(phone)
    assert presence.remove(laptop)
    assert not presence.remove(laptop)


def test_a_user_without_connections_stays_until_forgotten_and_comes_back_unnoticed():
    presence, cut, back = Presence(), Socket("1", "ada"), Socket("2", "ada")
    presence.add(cut, at(1))
    presence.remove(cut)
    assert presence.online == 1
    assert not presence.add(back, at(5))
    presence.remove(back)
    presence.forget("ada")
    assert presence.online == 0
    assert presence.of("ada") is None


def test_rebuilt_from_attachments_it_knows_everybody_in_the_order_they_came():
    sockets = [
        Socket("1", "bob", at(20, name="Bobby").attachment()),
        Socket("2", "ada", at(10, meta={"x": 1}).attachment()),
        Socket("3", "bob", at(30).attachment()),
        Socket("4", "gone", None),
    ]
    presence = Presence(sockets)
    described = [user.described() for user in presence.users()]
    assert [(u["user"], u["connections"], u["since"]) for u in described] == [
        ("ada", 1, "1970-01-01T00:00:00.010Z"),
        ("bob", 2, "1970-01-01T00:00:00.020Z"),
    ]
    assert described[0]["meta"] == {"x": 1}
    assert presence.membership(sockets[0]) == at(20, name="Bobby")
    assert presence.membership(sockets[3]) is None


def test_a_query_finds_users_by_part_of_user_or_display_name_in_any_case():
    presence = Presence()
    presence.add(Socket("1", "u-17"), at(1, name="Grace Hopper"))
    presence.add(Socket("2", "hopkins"), at(2))
    presence.add(Socket("3", "ada"), at(3))
    assert [u.latest.user for u in presence.users("HOP")] == ["u-17", "hopkins"]
    assert [u.latest.user for u in presence.users("nobody")] == []


def test_a_user_has_the_connections_that_are_left():
    presence, one, two = Presence(), Socket("1", "ada"), Socket("2", "ada")
    presence.add(one, at(1))
    presence.add(two, at(2))
    presence.remove(one)
    assert presence.connections_of("ada") == [two]
    assert presence.connections_of("bob") == []
