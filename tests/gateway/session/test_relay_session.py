"""The session of a kind that relays: a few frames are the gateway's, all others the room's."""

from __future__ import annotations

import json
from typing import Any

import msgpack
import pytest

from gateway.session.registry import NOBODY
from gateway.session.relay_session import RelaySession
from rooms import Bundle, ConnectRequest, Event, Identity, Refusal, RoomKey
from tests.gateway.standins import NOW_MS, Gateway, RecordingCarrier, RecordingRoomEnd

KEY = RoomKey("devices", "alice")
ALICE = Identity("alice", "Alice", expires_ms=NOW_MS + 3_600_000)


class Device:
    """The far end of one session."""

    def __init__(self, gateway: Gateway, who: Identity = ALICE, wire: str = "json") -> None:
        self.gateway = gateway
        self.carrier = RecordingCarrier()
        assert gateway.registry.take_place() is None
        request = ConnectRequest("s-1", {"device": "mobile"})
        self.session = RelaySession(gateway.services, KEY, getattr(gateway.services.formats, wire), who, self.carrier, request)
        self.session.begin()

    @property
    def end(self) -> RecordingRoomEnd:
        return self.gateway.rooms.last

    def say(self, frame: str | bytes) -> list[dict[str, Any]]:
        """Send one frame; what came back at once."""
        self.carrier.take()
        self.session.frame(frame)
        return self.carrier.take()


def auth(token: str) -> str:
    return json.dumps({"type": "auth", "data": {"token": token}, "ref": 7})


def test_it_is_greeted_and_connects_without_a_join() -> None:
    device = Device(Gateway())
    assert device.carrier.types == ["hello"]
    assert device.carrier.events[0]["data"]["user"]["user"] == "alice"
    assert device.end.key == KEY
    assert device.end.request == ConnectRequest("s-1", {"device": "mobile"})
    assert device.end.peer.identity is ALICE


@pytest.mark.parametrize(
    "frame",
    [
        "hello",
        "",
        " ping",
        '{"type":"join","data":{}}',
        '{"type":"message","data":{"message":"\\"auth\\""}}',
        '"auth"',
        '["ping"]',
        '{"type":"auth","type":"ping"}',
        msgpack.packb({"type": "ping", "data": {}}),
        b"ping",
        b"",
        b"\xff",
    ],
)
def test_frames_reach_the_room_untouched(frame: str | bytes) -> None:
    device = Device(Gateway())
    assert device.say(frame) == []
    assert device.end.posted == [frame]


def test_pings_are_answered_and_not_passed_on() -> None:
    device = Device(Gateway())
    (pong,) = device.say('{"type": "ping", "data": {}, "ref": "r"}')
    assert (pong["type"], pong["ref"]) == ("pong", "r")
    device.session.frame("ping")
    assert device.carrier.sent == [b"\x81\x04pong"]
    assert device.end.posted == []


@pytest.mark.parametrize("wire", ["json", "msgpack"])
def test_events_come_in_the_clients_format_and_bytes_as_they_are(wire: str) -> None:
    device = Device(Gateway(), wire=wire)
    device.carrier.take()
    device.end.say("frame", message="x")
    assert [event["data"] for event in device.carrier.take()] == [{"message": "x"}]
    device.end.peer.send_nowait(Bundle([b"\x01\x02", Event("frame", {})]))
    assert device.carrier.sent[0][:4] == b"\x82\x02\x01\x02"


def test_a_first_auth_admits_also_in_msgpack() -> None:
    gateway = Gateway()
    device = Device(gateway, NOBODY)
    assert gateway.rooms.ends == []
    (hello,) = device.say(msgpack.packb({"type": "auth", "data": {"token": gateway.token(rooms=[])}, "ref": 7}))
    assert (hello["type"], hello["ref"]) == ("hello", 7)
    assert device.end.peer.identity.user == "alice"


@pytest.mark.parametrize("frame", ["hello", b"\x00", '{"type":"ping"}', auth("x")])
def test_any_other_first_frame_is_refused(frame: str | bytes) -> None:
    device = Device(Gateway(), NOBODY)
    (error,) = device.say(frame)
    assert error["data"]["code"] == "not_authorized"
    assert device.carrier.closed is not None
    assert device.carrier.closed[0] == 4401


def test_another_user_is_not_admitted_even_as_an_admin() -> None:
    gateway = Gateway()
    device = Device(gateway, NOBODY)
    device.say(auth(gateway.token("bob", rooms=["*"], admin=True)))
    assert device.carrier.closed == (4403, "Not authorized")
    assert gateway.rooms.ends == []


def test_a_fresh_token_of_the_same_user_lengthens_the_stay() -> None:
    gateway = Gateway()
    device = Device(gateway)
    gateway.wheel.pass_seconds(3_580)
    assert device.carrier.types[-1] == "expiring"
    (hello,) = device.say(auth(gateway.token(rooms=[])))
    assert hello["type"] == "hello"
    gateway.wheel.pass_seconds(3_000)
    assert device.carrier.closed is None
    assert device.end.posted == []


def test_a_token_of_another_user_changes_nothing() -> None:
    gateway = Gateway()
    device = Device(gateway)
    (error,) = device.say(auth(gateway.token("bob")))
    assert (error["data"]["code"], error["ref"]) == ("not_authorized", 7)
    assert device.session.identity is ALICE
    assert device.carrier.closed is None


def test_frames_above_the_rate_are_dropped_and_their_sender_told() -> None:
    device = Device(Gateway())
    for n in range(480):
        assert device.say(bytes([n % 256])) == []
    (error,) = device.say(b"one more")
    assert error["data"]["code"] == "rate_limited"
    assert error["data"]["retry_after_ms"] <= 5
    assert len(device.end.posted) == 480
    device.gateway.wheel.pass_seconds(0.5)
    assert [device.say(b"again") for _ in range(100)] == [[]] * 100


def test_a_full_mailbox_pauses_the_socket_until_there_is_room() -> None:
    device = Device(Gateway())
    device.end.peer.pause()
    assert device.carrier.paused
    device.end.peer.resume()
    assert not device.carrier.paused


def test_a_refused_connection_is_told_why_and_closed() -> None:
    device = Device(Gateway())
    device.carrier.take()
    device.end.peer.refused(Refusal("unavailable", "Set aside"))
    assert device.carrier.take()[0]["data"]["code"] == "unavailable"
    assert device.carrier.closed == (1011, "Set aside")
    device.session.gone(1011, "", True)
    assert device.end.ended is None


def test_a_failed_frame_is_told() -> None:
    device = Device(Gateway())
    device.carrier.take()
    device.end.peer.failed("x", Refusal("internal", "Internal error"))
    assert device.carrier.take()[0]["data"]["code"] == "internal"


def test_the_room_closes_the_socket_and_is_told_when_it_is_gone() -> None:
    device = Device(Gateway())
    device.end.peer.close_nowait(4409, "replaced")
    device.session.frame("ignored")
    assert device.carrier.closed == (4409, "replaced")
    device.session.gone(4409, "replaced", True)
    assert device.end.ended == (4409, "replaced", True)
    assert device.end.posted == []
