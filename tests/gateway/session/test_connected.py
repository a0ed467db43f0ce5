"""Searching who is connected."""

from __future__ import annotations

from gateway.session.connected import INDEX_USERS_PER_SECOND, ConnectedUsers
from gateway.session.registry import Registry
from rooms import Identity

SPACE = 100_000


class Socket:
    def __init__(self, user: str, name: str, id: str = "id", avatar: str | None = None) -> None:
        self.identity = Identity(user, name, avatar=avatar)
        self.id = id

    def close(self, code: int, reason: str) -> None: ...

    def regranted(self, identity: Identity) -> None: ...


class Now:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def connected(*sockets: Socket) -> tuple[ConnectedUsers, Registry, Now]:
    registry, now = Registry(1_000_000, 1_000_000), Now()
    for socket in sockets:
        registry.enter(socket)
    return ConnectedUsers(registry, now), registry, now


def test_a_part_of_the_user_or_of_the_name_finds_in_any_case() -> None:
    users, _, _ = connected(Socket("ada", "Countess Lovelace"), Socket("bob", "Straße"), Socket("carol", "Carol"))
    assert [entry["user"] for entry in users.search("LOVE", 10, SPACE)[0]] == ["ada"]
    assert [entry["user"] for entry in users.search("strasse", 10, SPACE)[0]] == ["bob"]
    assert [entry["user"] for entry in users.search("car", 10, SPACE)[0]] == ["carol"]
    assert users.search("bobstr", 10, SPACE) == ([], False)


def test_a_user_is_one_entry_with_the_number_of_sockets_and_since_when() -> None:
    first, second = "019aa000000070008000000000000000", "019aa000100070008000000000000000"
    users, _, _ = connected(Socket("ada", "Old", first), Socket("ada", "New", second, "/a"))
    ((entry,), more) = users.search("ada", 10, SPACE)
    assert not more
    since = entry.pop("since")
    assert entry == {"user": "ada", "name": "New", "avatar": "/a", "meta": {}, "connections": 2}
    assert since.startswith("2025-11-20T")
    assert since.endswith("Z")


def test_a_search_stops_early_and_says_so() -> None:
    users, _, _ = connected(*(Socket(f"user{number}", "x" * 50) for number in range(100)))
    some, more = users.search("user", 10, SPACE)
    assert (len(some), more) == (10, True)
    few, more = users.search("user", 10, 500)
    assert 0 < len(few) < 10
    assert more
    every, more = users.search("user", 100, SPACE)
    assert (len(every), more) == (100, False)


def test_who_just_came_is_found_and_who_is_gone_is_not() -> None:
    users, registry, now = connected(Socket("ada", "Ada"))
    assert users.search("bob", 10, SPACE) == ([], False)
    bob = Socket("bob", "Bob")
    registry.enter(bob)
    now.seconds += 2 / INDEX_USERS_PER_SECOND
    assert len(users.search("bob", 10, SPACE)[0]) == 1
    registry.leave(bob)
    assert users.search("bob", 10, SPACE) == ([], False)
