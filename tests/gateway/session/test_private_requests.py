"""A socket of many rooms, its line to its user's room and the conversations it asks; the rooms are the test's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from gateway.session.conversation import OPEN_MAX
from gateway.session.many_rooms_session import ManyRoomsSession
from rooms import Envelope, Identity, Refusal, RoomKey
from rooms.kinds.users import conversation_of
from tests.gateway.session_client import ALICE, Client, error
from tests.gateway.standins import Gateway, RecordingRoomEnd

UNAVAILABLE = Refusal("unavailable", "Unavailable")


def of_conversations(gateway: Gateway) -> list[RecordingRoomEnd]:
    return [end for end in gateway.rooms.ends if end.key.kind == "private"]


def test_nothing_is_read_before_the_users_room_has_answered() -> None:
    gateway = Gateway()
    gateway.rooms.is_silent = True
    client = Client(gateway, None)
    assert client.carrier.paused
    assert client.carrier.types == []
    gateway.wheel.pass_seconds(5)
    assert client.carrier.types == [], "neither stats nor anything else comes before hello"
    gateway.rooms.lines[-1].say("welcome", None, conversations=[{"with": "bob"}], rooms=[])
    assert not client.carrier.paused
    (hello,) = client.carrier.take()
    assert (hello["type"], hello["data"]["conversations"], hello["data"]["online"]) == ("hello", [{"with": "bob"}], [])
    gateway.wheel.pass_seconds(10)
    assert client.carrier.types == ["stats"]


def test_a_users_room_that_cannot_serve_stops_nobody_from_chatting() -> None:
    gateway = Gateway()
    gateway.rooms.refuses[RoomKey("users", "alice")] = UNAVAILABLE
    client = Client(gateway, None)
    assert client.carrier.types == ["hello"]
    assert not client.carrier.paused
    assert client.join(room="lobby").key.name == "lobby"
    assert error(client.ask("conversations", 1))["code"] == "unavailable"


def test_what_the_users_room_says_behind_its_welcome_comes_behind_hello() -> None:
    gateway = Gateway()
    client = Client(gateway, None)
    gateway.rooms.lines[-1].say("private", message="x")
    assert client.carrier.types == ["hello", "private"]


def test_the_line_ends_with_the_socket_and_so_do_its_conversations() -> None:
    gateway = Gateway()
    client = Client(gateway, None)
    client.ask("private", to="bob", message="x")
    client.session.gone(1006, "", False)
    (line,), (conversation,) = gateway.rooms.lines, of_conversations(gateway)
    assert line.ended == conversation.ended == (1006, "", False)


def test_a_request_goes_to_the_conversation_whoever_is_named_first() -> None:
    gateway = Gateway()
    client = Client(gateway, None)
    for type, data in (
        ("private", {"to": "bob", "message": "x", "cid": "c"}),
        ("edit", {"with": "bob", "id": "1", "message": "y"}),
        ("block", {"user": "bob"}),
        ("typing", {"with": "bob"}),
    ):
        assert client.ask(type, 7, **data) == []
    (end,) = of_conversations(gateway)
    assert end.key == conversation_of("bob", "alice")
    assert [(envelope.type, envelope.ref) for envelope in end.posted] == [("private", 7), ("edit", 7), ("block", 7), ("typing", 7)]
    assert end.posted[0].data.cid == "c"


def test_whether_the_other_is_connected_or_came_lately_is_told_to_the_conversation() -> None:
    gateway = Gateway()
    gateway.services = replace(gateway.services, has_met=lambda user: user == "dora")
    client, _bob = Client(gateway, None), Client(gateway, who=msgspec.structs.replace(ALICE, user="bob"))
    for other in ("bob", "carol", "dora"):
        client.ask("private", to=other, message="x")
    assert [end.request.data.is_known for end in of_conversations(gateway)] == [True, False, True]


def test_only_so_many_conversations_are_open_the_one_asked_longest_ago_is_let_go() -> None:
    gateway = Gateway()
    client = Client(gateway, None)
    for number in range(OPEN_MAX):
        client.ask("private", to=f"u{number}", message="x")
    client.ask("private", to="u0", message="x")
    client.ask("private", to="one more", message="x")
    ends = of_conversations(gateway)
    assert [end.ended is not None for end in ends] == [False, True, *[False] * (OPEN_MAX - 1)]
    ends[1].say("ack", 3, id="1")
    assert client.carrier.events[-1]["ref"] == 3, "what was asked of it before is still answered"


def test_what_was_asked_before_a_refusal_fails_for_its_reason_and_the_next_request_tries_again() -> None:
    gateway = Gateway()
    client = Client(gateway, None)
    client.ask("private", 1, to="bob", message="x", cid="c")
    (end,) = of_conversations(gateway)
    end.peer.refused(Refusal("user_not_found", "User not found"))
    end.peer.failed(end.posted[0], Refusal("not_in_room", "Not in room"))
    (event,) = client.carrier.take()[-1:]
    assert event["ref"] == 1
    assert event["data"] == {"code": "user_not_found", "message": "User not found", "with": "bob", "cid": "c"}
    client.ask("private", 2, to="bob", message="x")
    assert len(of_conversations(gateway)) == 2


def test_a_conversation_that_cannot_serve_or_is_full_says_so() -> None:
    gateway = Gateway()
    client = Client(gateway, None)
    gateway.rooms.refuses[conversation_of("alice", "bob")] = UNAVAILABLE
    assert error(client.ask("private", to="bob", message="x"))["code"] == "unavailable"
    client.ask("private", to="carol", message="x")
    of_conversations(gateway)[-1].is_full = True
    refused = error(client.ask("private", to="carol", message="x", cid="c"))
    assert (refused["code"], refused["with"], refused["cid"]) == ("overloaded", "carol", "c")


@pytest.mark.parametrize(
    ("type", "data", "code"),
    [
        ("private", {"message": "x"}, "bad_message"),
        ("private", {"to": 1, "message": "x"}, "bad_message"),
        ("private", {"to": "bob"}, "bad_message"),
        ("private", {"to": "bob", "message": "x" * 4_001}, "bad_message"),
        ("private", {"to": "a/b", "message": "x"}, "user_not_found"),
        ("private", {"to": "x" * 60_000, "message": "x"}, "user_not_found"),
        ("block", {}, "bad_message"),
        ("message", {"with": "bob", "message": "x"}, "unknown_type"),
        ("conversations", {"limit": -1}, "bad_message"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_room_hears_of_it(type: str, data: dict[str, Any], code: str) -> None:
    gateway = Gateway()
    client = Client(gateway, None)
    refused = error(client.ask(type, **data))
    assert refused["code"] == code
    assert len(refused.get("with", "")) <= 128
    assert of_conversations(gateway) == []


def test_a_guest_who_becomes_somebody_gets_that_users_line() -> None:
    gateway = Gateway(dev=True)
    client = Client(gateway, None, who=Identity("guest-1", "Guest", ("*",), guest=True))
    assert isinstance(client.session, ManyRoomsSession)
    client.ask("private", to="bob", message="x")
    assert client.ask("auth", 1, token=gateway.token("ada"))[-1]["type"] == "hello"
    guest, ada = gateway.rooms.lines
    assert guest.ended is not None
    assert (ada.key.name, ada.ended) == ("ada", None)
    assert of_conversations(gateway)[0].ended is not None
    client.ask("private", to="bob", message="x")
    assert of_conversations(gateway)[1].key == conversation_of("ada", "bob")


def test_a_refreshed_token_is_greeted_with_the_conversations_as_they_are_now() -> None:
    gateway = Gateway()
    client = Client(gateway, None)
    events = client.ask("auth", "r", token=gateway.token())
    assert [(event["type"], event["ref"]) for event in events] == [("hello", "r")]
    (line,) = gateway.rooms.lines
    assert [message.type for message in line.posted if isinstance(message, Envelope)] == ["welcome"]
