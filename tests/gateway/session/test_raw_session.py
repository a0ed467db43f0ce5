"""The session of a raw kind: frames are the author's own."""

from __future__ import annotations

import json

import pytest

from gateway.session.raw_session import RawSession
from gateway.session.registry import NOBODY
from rooms import Bundle, ConnectRequest, Identity, Refusal, RoomKey
from tests.gateway.standins import NOW_MS, Gateway, RecordingCarrier

KEY = RoomKey("echo", "a")
ALICE = Identity("alice", "Alice", ("echo/*",), expires_ms=NOW_MS + 3_600_000)


def connected(gateway: Gateway, who: Identity = ALICE) -> tuple[RawSession, RecordingCarrier]:
    carrier = RecordingCarrier()
    assert gateway.registry.take_place() is None
    session = RawSession(gateway.services, KEY, who, carrier, ConnectRequest("s-1", {"q": "1"}, {"host": "h"}))
    session.begin()
    return session, carrier


def auth(token: str) -> str:
    return json.dumps({"type": "auth", "data": {"token": token}})


def test_it_connects_at_once_and_adds_nothing() -> None:
    gateway = Gateway()
    _, carrier = connected(gateway)
    end = gateway.rooms.last
    assert end.key == KEY
    assert end.request == ConnectRequest("s-1", {"q": "1"}, {"host": "h"})
    assert end.peer.identity is ALICE
    assert carrier.sent == []


@pytest.mark.parametrize("frame", ["hello", "", "ping", '{"type":"auth"}', b"\x00\xff", b"", "x" * 60_000])
def test_frames_reach_the_room_untouched(frame: str | bytes) -> None:
    gateway = Gateway()
    session, carrier = connected(gateway)
    session.frame(frame)
    assert gateway.rooms.last.posted == [frame]
    assert carrier.sent == []


def test_text_goes_out_as_text_and_bytes_as_binary() -> None:
    gateway = Gateway()
    _, carrier = connected(gateway)
    gateway.rooms.last.peer.send_nowait(Bundle(["é", b"\x01"]))
    assert carrier.sent == [b"\x81\x02\xc3\xa9\x82\x01\x01"]


def test_an_automatic_answer_wakes_nobody() -> None:
    gateway = Gateway()
    session, carrier = connected(gateway)
    gateway.rooms.last.automatic["ping"] = "pong"
    session.frame("ping")
    assert gateway.rooms.last.posted == []
    assert carrier.sent == [b"\x81\x04pong"]


def test_a_full_mailbox_pauses_the_socket_until_there_is_room() -> None:
    gateway = Gateway()
    _, carrier = connected(gateway)
    gateway.rooms.last.peer.pause()
    assert carrier.paused
    gateway.rooms.last.peer.resume()
    assert not carrier.paused


def test_a_first_auth_envelope_connects() -> None:
    gateway = Gateway()
    session, carrier = connected(gateway, NOBODY)
    assert gateway.rooms.ends == []
    session.frame(auth(gateway.token(rooms=["echo/a"])))
    session.frame("after")
    assert gateway.rooms.last.posted == ["after"]
    assert gateway.rooms.last.peer.identity.user == "alice"
    assert carrier.sent == [], "nothing is added"


@pytest.mark.parametrize("frame", ["hello", b"\x00", '{"type":"join"}', auth("x"), "", '{"type":"auth","data":{}}'])
def test_any_other_first_frame_is_refused_in_words(frame: str | bytes) -> None:
    gateway = Gateway()
    session, carrier = connected(gateway, NOBODY)
    session.frame(frame)
    session.frame("more")
    assert carrier.events[0]["data"]["code"] == "not_authorized"
    assert carrier.closed is not None
    assert carrier.closed[0] == 4401
    assert gateway.rooms.ends == []


def test_a_first_auth_without_the_room_is_refused() -> None:
    gateway = Gateway()
    session, carrier = connected(gateway, NOBODY)
    session.frame(auth(gateway.token(rooms=["a", "rooms/a"])))
    assert carrier.closed == (4403, "Not authorized")


def test_no_auth_in_time_is_4408() -> None:
    gateway = Gateway()
    _, carrier = connected(gateway, NOBODY)
    gateway.wheel.pass_seconds(10.1)
    assert carrier.closed is not None
    assert carrier.closed[0] == 4408


def test_expiry_closes_without_a_word() -> None:
    gateway = Gateway()
    session, carrier = connected(gateway)
    gateway.wheel.pass_seconds(3601)
    assert carrier.sent == []
    assert carrier.closed is not None
    assert carrier.closed[0] == 4401
    session.gone(4401, "", True)
    assert gateway.rooms.last.ended == (4401, "", True)


@pytest.mark.parametrize(
    ("refused", "code"),
    [(Refusal("unavailable", "Set aside"), 1011), (Refusal("overloaded", "Full"), 1013), (Refusal("x", "No", close_code=4499), 4499)],
)
def test_a_refused_connection_is_closed_and_never_was(refused: Refusal, code: int) -> None:
    gateway = Gateway()
    session, carrier = connected(gateway)
    gateway.rooms.last.peer.refused(refused)
    session.frame("late")
    assert carrier.closed == (code, refused.message)
    session.gone(code, "", True)
    assert gateway.rooms.last.ended is None
    assert gateway.rooms.last.posted == []


def test_a_connection_refused_at_once_is_closed_too() -> None:
    gateway = Gateway()
    gateway.rooms.refuses[KEY] = Refusal("unavailable", "Set aside")
    session, carrier = connected(gateway)
    assert carrier.closed == (1011, "Set aside")
    session.gone(1011, "", True)
    assert gateway.rooms.last.ended is None


def test_the_room_closes_the_socket_and_is_told_when_it_is_gone() -> None:
    gateway = Gateway()
    session, carrier = connected(gateway)
    end = gateway.rooms.last
    end.peer.close_nowait(4000, "done")
    session.frame("ignored")
    end.peer.send_nowait(Bundle(["ignored too"]))
    assert carrier.closed == (4000, "done")
    assert carrier.sent == []
    session.gone(4000, "done", True)
    assert end.ended == (4000, "done", True)
    assert end.posted == []


def test_a_failed_frame_is_not_talked_about() -> None:
    gateway = Gateway()
    session, carrier = connected(gateway)
    session.frame("x")
    gateway.rooms.last.peer.failed("x", Refusal("internal", "Internal error"))
    assert carrier.sent == []
    assert carrier.closed is None


def test_places_and_counts_are_given_back() -> None:
    gateway = Gateway()
    session, _ = connected(gateway)
    session.gone(1001, "", True)
    assert (len(gateway.registry), gateway.counters.connections, gateway.counters.closes) == (0, 0, {1001: 1})
