"""Who is online, on `/ws`, over real sockets and on both carriers."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.client import Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.test_private import ask, enter
from tests.system.tokens import token

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("online"), carrier=carrier, env={"ROOMS_STATS_SECONDS": "1"}) as running:
        yield running


@pytest.fixture
def n() -> int:
    """A number for the names of users and rooms that no other test uses."""
    return next(_numbers)


def join(client: Client, room: str, **data: Any) -> dict[str, Any]:
    """Enter a room; its `joined`."""
    answer = ask(client, "join", room=room, **data)
    assert answer["type"] == "joined", answer
    joined: dict[str, Any] = answer["data"]
    return joined


def test_a_user_is_online_from_the_first_shared_room_to_the_last(server: Server, n: int) -> None:
    a, b = f"a{n}", f"b{n}"
    (ada, hello), (bob, _) = enter(server, f"ada{n}", a, b), enter(server, f"bob{n}", a, b)
    assert hello["online"] == []
    with ada, bob:
        join(ada, a)
        join(bob, a)
        assert ada.receive("online") == {"user": f"bob{n}", "name": f"Bob{n}"}
        assert bob.receive("online") == {"user": f"ada{n}", "name": f"Ada{n}"}
        join(ada, b)
        join(bob, b, switch=True)
        again, hello = enter(server, f"ada{n}")
        with again:
            assert hello["online"] == [f"bob{n}"]
            ask(bob, "leave", room=b)
            for client in (ada, again):
                assert client.receive("offline") == {"user": f"bob{n}", "name": f"Bob{n}"}
            assert bob.receive("offline")["user"] == f"ada{n}"
        assert "online" not in [event["type"] for event in ada._waiting], "the switch was no coming"


def test_a_cut_and_a_return_in_time_are_not_told_and_a_longer_absence_is(server: Server, n: int) -> None:
    room = f"a{n}"
    ada, _ = enter(server, f"ada{n}", room)
    with ada:
        join(ada, room)
        for _ in range(2):
            bob = Client(server.socket_url(room), token=token(f"bob{n}", room))
            bob.receive("hello")
            bob.join()
            bob.socket.socket.shutdown(socket.SHUT_RDWR)
        assert ada.receive("online")["user"] == f"bob{n}"
        assert ada.receive("offline")["user"] == f"bob{n}"
        assert not [event for event in ada._waiting if event["type"] in ("online", "offline")], "once, although cut twice"


def test_who_without_a_room_lists_those_who_share_one(server: Server, n: int) -> None:
    room, far = f"a{n}", f"far{n}"
    (ada, _), (bob, _), (bob2, _), (carol, _) = (enter(server, user, room, far) for user in (f"ada{n}", f"bob{n}", f"bob{n}", f"carol{n}"))
    with ada, bob, bob2, carol:
        join(carol, far)
        for client in (ada, bob, bob2):
            join(client, room)
        members = ask(ada, "who")["data"]
        (entry,) = members["users"]
        assert (members["online"], members["more"]) == (1, False)
        assert (entry["user"], entry["name"], entry["connections"]) == (f"bob{n}", f"Bob{n}", 2)
        assert entry["since"].endswith("Z")
        assert entry.keys() == {"user", "name", "avatar", "meta", "connections", "since"}
        found = ask(ada, "who", query=f"CAROL{n}")["data"]
        assert [entry["user"] for entry in found["users"]] == [f"carol{n}"], "a search finds whoever is connected"
        some = ask(ada, "who", query=str(n), limit=1)["data"]
        assert (len(some["users"]), some["more"]) == (1, True)
        in_room = ask(ada, "who", room=room)["data"]
        assert in_room["room"] == room
        assert ask(ada, "who", limit="x")["data"]["code"] == "bad_message"


def test_stats_come_for_every_authorised_room_and_wake_none(server: Server, n: int) -> None:
    room, other = f"a{n}", f"b{n}"
    before = server.metric("rooms_rehydrations_total")
    ada, hello = enter(server, f"ada{n}", room, other)
    with ada:
        assert hello["stats"] == {room: {"online": 0}, other: {"online": 0}}
        join(ada, room)
        assert ada.receive("stats")[other] == {"online": 0}
        assert ada.receive("stats") == {room: {"online": 1}, other: {"online": 0}}
    assert server.metric("rooms_rehydrations_total") == before


def test_who_is_thrown_out_or_changes_rooms_is_told_of_as_it_is(server: Server, n: int) -> None:
    lobby, team = f"lobby{n}", f"team{n}"
    (ada, _), (bob, _) = enter(server, f"ada{n}", lobby, team), enter(server, f"bob{n}", lobby, team)
    boss = Client(f"ws://{server.host}/ws", token=token(f"boss{n}", lobby, admin=True))
    boss.receive("hello")
    with ada, bob, boss:
        for client in (ada, bob, boss):
            join(client, lobby)
        join(ada, team)
        assert [ada.receive("online")["user"] for _ in range(2)] == [f"bob{n}", f"boss{n}"]
        ask(bob, "join", room=team, switch=True)
        heard = [bob.receive("offline")["user"], bob.receive("left")["room"]]
        assert heard == [f"boss{n}", lobby], "who is in the new room too stays online"
        join(bob, lobby)
        ask(boss, "kick", room=lobby, user=f"bob{n}")
        bob.receive("kicked")
        ask(ada, "ping")
        assert not [event for event in ada._waiting if event["type"] in ("online", "offline")], "all the time they shared the other room"
        ask(boss, "kick", room=lobby, user=f"ada{n}")
        assert ada.receive("offline")["user"] == f"boss{n}"
        assert boss.receive("offline")["user"] == f"bob{n}"
