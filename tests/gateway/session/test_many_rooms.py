"""The session of a socket of many rooms (``/ws``)."""

from __future__ import annotations

from typing import Any

import pytest

from rooms import Identity, Refusal, RoomKey
from tests.gateway.session_client import Client, error
from tests.gateway.standins import NOW_MS, Gateway

EVERYWHERE = Identity("alice", "Alice", ("lobby", "team-*"), expires_ms=NOW_MS + 3_600_000)


def on_many(gateway: Gateway | None = None, who: Identity = EVERYWHERE) -> Client:
    return Client(gateway or Gateway(), None, who)


def test_hello_tells_of_people_and_conversations_too() -> None:
    data = on_many().carrier.events[0]["data"]
    assert data["online"] == []
    assert data["conversations"] == []


def test_each_room_hears_its_own() -> None:
    client = on_many()
    lobby, team = client.join(room="lobby"), client.join(room="team-a")
    client.ask("message", room="team-a", message="x")
    assert (len(lobby.posted), len(team.posted)) == (0, 1)


@pytest.mark.parametrize("room", [None, "", 7, "a/b", "team-b"])
def test_a_request_must_name_a_room_that_was_joined(room: Any) -> None:
    client = on_many()
    end = client.join(room="lobby")
    assert error(client.ask("message", room=room, message="x"))["code"] == "not_in_room"
    assert end.posted == []


def test_a_join_must_name_a_room() -> None:
    client = on_many()
    for data in ({}, {"room": "a*"}, {"room": 1}):
        assert error(client.ask("join", **data))["code"] == "bad_message"


def test_a_room_the_token_does_not_grant_cannot_be_joined() -> None:
    client = on_many()
    assert error(client.ask("join", 1, room="secret")) == {"code": "not_authorized", "message": "Not authorized", "room": "secret"}
    assert client.closed is None
    assert client.gateway.rooms.ends == []


def test_one_socket_is_in_so_many_rooms() -> None:
    client = on_many(Gateway(rooms_per_socket_max=2))
    client.join(room="lobby")
    client.join(room="team-a")
    assert error(client.ask("join", room="team-b"))["code"] == "too_many_rooms"
    client.ask("leave", room="lobby")
    client.join(room="team-b")
    assert client.ask("join", room="team-b") == [], "again in a room one is in"


def test_a_switch_leaves_the_others_before_it_is_joined() -> None:
    client = on_many()
    ends = [client.join(room="lobby"), client.join(room="team-a")]
    client.ask("join", 3, room="team-b", switch=True)
    assert [end.ended for end in ends] == [None, None], "nothing is left before the room has said yes"
    client.gateway.rooms.last.say("joined", 3, room="team-b")
    events = client.carrier.take()
    assert [(event["type"], event["data"]["room"]) for event in events] == [("left", "lobby"), ("left", "team-a"), ("joined", "team-b")]
    assert [end.ended for end in ends] == [(1000, "left", True)] * 2
    assert error(client.ask("message", room="lobby", message="x"))["code"] == "not_in_room"


def test_a_refused_switch_leaves_nothing() -> None:
    client = on_many()
    end = client.join(room="lobby")
    client.ask("join", 3, room="team-b", switch=True)
    client.gateway.rooms.last.peer.refused(Refusal("banned", "Banned", close_code=4411))
    assert error(client.carrier.take())["room"] == "team-b"
    assert client.ask("message", room="lobby", message="x") == []
    assert len(end.posted) == 1
    assert client.closed is None


def test_a_switch_is_possible_from_as_many_rooms_as_one_may_be_in() -> None:
    client = on_many(Gateway(rooms_per_socket_max=1))
    client.join(room="lobby")
    client.join(room="team-a", switch=True)
    assert client.ask("message", room="team-a", message="x") == []


def test_a_switch_to_a_room_one_is_in_leaves_the_others() -> None:
    client = on_many()
    lobby, team = client.join(room="lobby"), client.join(room="team-a")
    assert error(client.ask("join", room="team-a", switch=1))["code"] == "bad_message"
    assert lobby.ended is None
    assert [event["type"] for event in client.ask("join", 4, room="team-a", switch=True)] == ["left"]
    assert lobby.ended == (1000, "left", True)
    assert (team.ended, team.posted[-1].ref) == (None, 4)


def test_who_has_switched_still_gets_answers_but_hears_the_room_no_more() -> None:
    client = on_many()
    lobby = client.join(room="lobby")
    client.ask("message", 7, room="lobby", message="x")
    client.join(room="team-a", switch=True)
    lobby.say("message", room="lobby")
    lobby.say("ack", 7, id="1")
    assert [event["type"] for event in client.carrier.take()] == ["ack"]


@pytest.mark.parametrize("code", [4404, 4410, 4411, 1000, 1011])
def test_a_room_that_closes_ends_that_membership_only(code: int) -> None:
    client = on_many()
    lobby, team = client.join(room="lobby"), client.join(room="team-a")
    lobby.peer.close_nowait(code, "out")
    assert lobby.ended == (code, "out", True)
    assert client.closed is None
    assert error(client.ask("message", room="lobby", message="x"))["code"] == "not_in_room"
    assert client.ask("message", room="team-a", message="x") == []
    assert team.ended is None


def test_a_refused_join_ends_nothing_else() -> None:
    client = on_many()
    client.gateway.rooms.refuses[RoomKey("rooms", "team-a")] = Refusal("unavailable", "Set aside", close_code=1011)
    assert error(client.ask("join", room="team-a"))["code"] == "unavailable"
    assert client.closed is None


def test_a_refresh_leaves_only_the_rooms_it_no_longer_grants() -> None:
    gateway = Gateway()
    client = on_many(gateway)
    lobby, team = client.join(room="lobby"), client.join(room="team-a")
    events = client.ask("auth", token=gateway.token(rooms=["lobby"]))
    assert [event["type"] for event in events] == ["hello", "left"]
    assert (events[1]["data"]["room"], events[1]["data"]["reason"]) == ("team-a", "not_authorized")
    assert lobby.ended is None
    assert team.ended == (4403, "not_authorized", True)
    assert client.closed is None


def test_all_rooms_are_told_when_the_socket_is_gone() -> None:
    client = on_many()
    ends = [client.join(room=f"team-{i}") for i in range(5)]
    client.session.gone(1006, "", False)
    assert [end.ended for end in ends] == [(1006, "", False)] * 5


def test_stats_come_every_ten_seconds_of_the_rooms_named_or_joined() -> None:
    gateway = Gateway()
    client = on_many(gateway)
    client.join(room="team-a")
    gateway.rooms.users[RoomKey("rooms", "team-a")] = 4
    for _ in range(3):
        gateway.wheel.pass_seconds(9.9)
        assert client.carrier.take() == []
        gateway.wheel.pass_seconds(0.2)
        (stats,) = client.carrier.take()
        assert stats["type"] == "stats"
        assert stats["data"] == {"team-a": {"online": 4}, "lobby": {"online": 0}}
        gateway.wheel.pass_seconds(-0.1)


def test_stats_and_expiry_keep_out_of_each_others_way() -> None:
    gateway = Gateway()
    client = on_many(gateway)
    gateway.wheel.pass_seconds(3599)
    assert client.carrier.types.count("stats") in (358, 359)
    assert client.carrier.types.count("expiring") == 1
    gateway.wheel.pass_seconds(2)
    assert client.closed == 4401


def test_guests_get_stats_too() -> None:
    gateway = Gateway(dev=True)
    client = on_many(gateway, Identity("guest-a", "a", ("*",), guest=True))
    gateway.wheel.pass_seconds(31)
    assert client.carrier.types == ["hello", "stats", "stats", "stats"]
