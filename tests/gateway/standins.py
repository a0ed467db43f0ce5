"""What stands in for the far ends of the gateway's seams: a carrier, rooms and a wheel that remember what was done to them."""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

import msgpack
import msgspec

from gateway.auth.authentication import Authenticator
from gateway.auth.guests import Guests
from gateway.auth.keys import FixedKeys
from gateway.auth.tokens import TokenRules, mint
from gateway.counters import Counters
from gateway.session.company import Company
from gateway.session.connected import ConnectedUsers
from gateway.session.formats import Formats
from gateway.session.limits import Limits
from gateway.session.registry import Registry
from gateway.session.services import Services
from gateway.session.timers import Target
from gateway.settings import Settings
from rooms import Bundle, ConnectRequest, Envelope, Event, Kind, Peer, Refusal, Room, RoomKey, SilentLog
from rooms.kinds.users import USERS, WELCOME

SECRET = "a secret of thirty-two bytes or more"
NOW_MS = 1_795_200_000_000  # 2026-11-20


class Say(msgspec.Struct):
    message: str
    room: str | None = None
    cid: str | None = None


class Join(msgspec.Struct):
    room: str | None = None
    name: str | None = None
    switch: bool = False


class Leave(msgspec.Struct):
    room: str | None = None


class Chat(Room):
    """An envelope kind as small as one can be."""

    envelopes = True
    requests: ClassVar = {"join": Join, "leave": Leave, "message": Say}


class Votes(Room):
    """An envelope kind that does not hear of leaving."""

    envelopes = True
    requests: ClassVar = {"join": Join, "message": Say}


class Echo(Room):
    """A raw kind."""


class Clock:
    """A date that the test sets."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def now_ms(self) -> int:
        return self.ms


class Wheel:
    """Time that passes when the test says so: ``pass_seconds`` moves both clocks and calls who is due."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.seconds = 1000.0
        self.entries: list[tuple[float, Target]] = []

    def now(self) -> float:
        return self.seconds

    def at(self, seconds: float, target: Target) -> float:
        due = self.seconds + max(0.0, seconds)
        self.entries.append((due, target))
        return due

    def pass_seconds(self, seconds: float) -> None:
        end = self.seconds + seconds
        while self.entries and min(self.entries, key=lambda entry: entry[0])[0] <= end:
            entry = min(self.entries, key=lambda entry: entry[0])
            self.entries.remove(entry)
            self._move_to(max(self.seconds, entry[0]))
            entry[1].due()
        self._move_to(end)

    def _move_to(self, seconds: float) -> None:
        self.clock.ms += round((seconds - self.seconds) * 1000)
        self.seconds = seconds


class RecordingCarrier:
    """Remembers what was sent, and how it was closed."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.paused = False

    def send_nowait(self, frames: bytes) -> None:
        assert self.closed is None, "nothing is sent after a close"
        self.sent.append(frames)

    def close(self, code: int, reason: str) -> None:
        assert self.closed is None, "closed once"
        self.closed = (code, reason)

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    @property
    def events(self) -> list[dict[str, Any]]:
        """The envelopes among what was sent, decoded, oldest first."""
        return [decoded for frames in self.sent for decoded in envelopes(frames)]

    def take(self) -> list[dict[str, Any]]:
        """The envelopes sent since the last ``take``."""
        events = self.events
        self.sent.clear()
        return events

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


class RecordingRoomEnd:
    """A room's end of one membership."""

    def __init__(self, key: RoomKey, peer: Peer, request: ConnectRequest) -> None:
        self.key = key
        self.peer = peer
        self.request = request
        self.posted: list[Any] = []
        self.ended: tuple[int, str, bool] | None = None
        self.is_full = False
        self.automatic: dict[str, str] = {}

    def post_nowait(self, message: Envelope | str | bytes) -> bool:
        assert self.ended is None, "nothing is posted after the end"
        if not self.is_full:
            self.posted.append(message)
        return not self.is_full

    def gone(self, code: int, reason: str, clean: bool) -> None:
        assert self.ended is None, "told once"
        self.ended = (code, reason, clean)

    def auto_response(self, message: Envelope | str | bytes) -> str | bytes | None:
        return self.automatic.get(message) if isinstance(message, str) else None

    def say(self, type: str, ref: Any = None, **data: Any) -> None:
        """The room releases one event to this peer."""
        self.peer.send_nowait(Bundle([Event(type, data, ref)]))


class WelcomingRoomEnd(RecordingRoomEnd):
    """The end of a line to a user's room, which says at once how the conversations stand, and which rooms were joined: there are none."""

    def __init__(self, key: RoomKey, peer: Peer, request: ConnectRequest) -> None:
        super().__init__(key, peer, request)
        self.say(WELCOME, request.ref, conversations=[], rooms=[])

    def post_nowait(self, message: Envelope | str | bytes) -> bool:
        assert isinstance(message, Envelope)
        super().post_nowait(message)
        self.say(message.type, message.ref, conversations=[], rooms=[])
        return True


class RecordingRooms:
    """Every connect is taken, unless ``refuses`` names its room. Lines to users' rooms are welcomed, and kept apart in ``lines``."""

    def __init__(self) -> None:
        self.ends: list[RecordingRoomEnd] = []
        self.lines: list[RecordingRoomEnd] = []
        self.is_silent = False
        """Whether users' rooms leave lines without an answer until the test speaks for them."""
        self.refuses: dict[RoomKey, Refusal] = {}
        self.refuses_later: dict[RoomKey, Refusal] = {}
        self.users: dict[RoomKey, int] = {}

    def connect_nowait(self, key: RoomKey, peer: Peer, request: ConnectRequest) -> RecordingRoomEnd:
        if key.kind == USERS:
            return self._line(key, peer, request)
        end = RecordingRoomEnd(key, peer, request)
        self.ends.append(end)
        if key in self.refuses:
            peer.refused(self.refuses[key])
        return end

    def _line(self, key: RoomKey, peer: Peer, request: ConnectRequest) -> RecordingRoomEnd:
        if key in self.refuses:
            peer.refused(self.refuses[key])
            return RecordingRoomEnd(key, peer, request)
        self.lines.append((RecordingRoomEnd if self.is_silent else WelcomingRoomEnd)(key, peer, request))
        return self.lines[-1]

    def refusal(self, key: RoomKey) -> Refusal | None:
        return self.refuses.get(key)

    def online(self, key: RoomKey) -> int:
        return self.users.get(key, 0)

    @property
    def last(self) -> RecordingRoomEnd:
        return self.ends[-1]


class Gateway:
    """Everything a session or the door works with, all of it in the test's hands."""

    def __init__(self, *, dev: bool = False, keys: Any = None, rules: TokenRules | None = None, **settings: Any) -> None:
        self.clock = Clock()
        self.wheel = Wheel(self.clock)
        self.rooms = RecordingRooms()
        self.counters = Counters()
        ids = itertools.count(1)
        made = Settings(jwt_secret=SECRET, dev=dev, **settings)
        self.registry = Registry(made.connections_max, made.connections_per_user_max)
        self.services = Services(
            hosting=self.rooms,
            kinds={"rooms": Kind("rooms", Chat), "votes": Kind("votes", Votes), "echo": Kind("echo", Echo)},
            settings=made,
            authenticator=Authenticator(keys or FixedKeys([SECRET.encode()]), rules or TokenRules(), self.clock),
            guests=Guests(b"s" * 32, lambda n: next(ids).to_bytes(n, "big")) if dev else None,
            registry=self.registry,
            company=Company(lambda _key: (), self.wheel, made.presence_users_max),
            connected=ConnectedUsers(self.registry, self.wheel.now),
            limits=Limits(self.wheel.now, switched_on=made.rate_limits),
            timers=self.wheel,
            formats=Formats(self.clock),
            counters=self.counters,
            clock=self.clock,
            now=self.wheel.now,
            new_id=lambda: f"id-{next(ids)}",
            log=SilentLog(),
        )

    def token(self, sub: str = "alice", *, seconds: float = 3600, **claims: Any) -> str:
        """A good token, unless ``claims`` say otherwise; those that are ``None`` are left out."""
        merged = {"sub": sub, "exp": self.clock.ms // 1000 + seconds, "rooms": ["lobby"], **claims}
        return mint({name: value for name, value in merged.items() if value is not None}, SECRET)


def envelopes(frames: bytes) -> list[dict[str, Any]]:
    """The envelopes in a run of server frames; a bare ``pong`` is none."""
    found = []
    while frames:
        first, size, start = frames[0], frames[1], 2
        if size == 126:
            size, start = int.from_bytes(frames[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(frames[2:10], "big"), 10
        payload, frames = frames[start : start + size], frames[start + size :]
        if first == 0x82:
            found.append(msgpack.unpackb(payload))
        elif payload != b"pong":
            found.append(msgspec.json.decode(payload))
    return found
