"""What happens, as values: one struct an event. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from rooms.client.errors import ClientError
from rooms.client.messages import KnownConversation, Message, User


class Event(Struct, kw_only=True, frozen=True):
    """``room`` or ``with_``, the other user of a private conversation, say where it happened."""

    room: str | None = None
    with_: str | None = field(name="with", default=None)


class MessageEvent(Event, kw_only=True, frozen=True):
    """Somebody said something. ``recovered``: it was said while this client was away."""

    message: Message
    recovered: bool = False


class Edited(Event, kw_only=True, frozen=True):
    """A message has another text."""

    id: str
    seq: int
    message: str = ""


class Deleted(Event, kw_only=True, frozen=True):
    """A message has no text any more."""

    id: str
    seq: int


class Reacted(Event, kw_only=True, frozen=True):
    """``users`` are all who react to a message with ``emoji`` now."""

    id: str
    seq: int
    emoji: str
    users: tuple[str, ...] = ()


class Pinned(Event, kw_only=True, frozen=True):
    """A message was pinned, or no longer is."""

    id: str
    seq: int
    on: bool = True


class RoomChanged(Event, kw_only=True, frozen=True):
    """The room is called or about something else, or ``user`` has another ``role``."""

    seq: int
    title: str = ""
    topic: str = ""
    history_days: int = 0
    user: str | None = None
    role: str | None = None


class Blocked(Event, kw_only=True, frozen=True):
    """This user wants nothing from the other any more, or does again."""

    on: bool = True


class UserJoined(Event, kw_only=True, frozen=True):
    """A user came in."""

    user: str
    session: str = ""
    name: str = ""
    meta: dict[str, Any] | None = None


class UserLeft(Event, kw_only=True, frozen=True):
    """A user is gone. ``name``: what they were called, if it was known."""

    user: str
    session: str = ""
    reason: str = ""
    name: str = ""


class Typing(Event, kw_only=True, frozen=True):
    """A user types, or no longer does."""

    user: str
    name: str = ""
    typing: bool = True


class Signal(Event, kw_only=True, frozen=True):
    """An event of the application, called ``name``; it is not stored."""

    user: str
    name: str
    data: Any = None


class Read(Event, kw_only=True, frozen=True):
    """A user has read up to ``seq``."""

    user: str
    seq: int


class Kicked(Event, kw_only=True, frozen=True):
    """This client was put out of the room, for so many seconds or (``None``) for good."""

    by: str = ""
    reason: str | None = None
    seconds: int | None = None


class Destroyed(Event, kw_only=True, frozen=True):
    """The room is gone, with all that was said in it."""


class ErrorEvent(Event, kw_only=True, frozen=True):
    """The server complained about something that was no request of this client's own."""

    code: str
    message: str = ""


class Hello(Event, kw_only=True, frozen=True):
    """The server knows who this is."""

    session: str
    user: User
    authorized_rooms: tuple[str, ...] = field(name="authorizedRooms", default=())
    stats: dict[str, dict[str, int]] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    online: tuple[Any, ...] = ()
    conversations: tuple[KnownConversation, ...] = ()


class Stats(Event, kw_only=True, frozen=True):
    """How many users are online in each room."""

    online: dict[str, int]


class Online(Event, kw_only=True, frozen=True):
    """A user came into one of this user's rooms, having been in none."""

    user: str
    name: str = ""


class Offline(Event, kw_only=True, frozen=True):
    """A user is in none of this user's rooms any more."""

    user: str
    name: str = ""


class Expiring(Event, kw_only=True, frozen=True):
    """The token will expire."""

    at: Any = None


class Closing(Event, kw_only=True, frozen=True):
    """The server is going away; the client comes back by itself."""

    reconnect_ms: int = 0


class StateChanged(Event, kw_only=True, frozen=True):
    """The client's connection (no ``room``), or its place in a room, is in another state. ``retry_seconds``: then it tries again."""

    state: str
    error: ClientError | None = None
    retry_seconds: float | None = None


class Reset(Event, kw_only=True, frozen=True):
    """What was missed could not be recovered: the messages of the room were begun anew."""


class Unknown(Event, kw_only=True, frozen=True):
    """Something that this version of the library does not know."""

    type: str
    data: dict[str, Any]


_EVENTS: Mapping[str, type[Event]] = {
    "edited": Edited,
    "deleted": Deleted,
    "reacted": Reacted,
    "pinned": Pinned,
    "room": RoomChanged,
    "joined": UserJoined,
    "left": UserLeft,
    "typing": Typing,
    "event": Signal,
    "read": Read,
    "kicked": Kicked,
    "destroyed": Destroyed,
    "blocked": Blocked,
    "error": ErrorEvent,
    "hello": Hello,
    "online": Online,
    "offline": Offline,
    "expiring": Expiring,
    "closing": Closing,
}


def event_of(type: str, data: dict[str, Any]) -> Event:
    """The event that an envelope tells of; ``Unknown`` if this library was not made for it."""
    try:
        if type in ("message", "private"):
            return MessageEvent(room=data.get("room"), message=msgspec.convert(data, Message))
        if type == "stats":
            return Stats(online={room: facts["online"] for room, facts in data.items()})
        if type in _EVENTS:
            return msgspec.convert(data, _EVENTS[type])
    except (msgspec.ValidationError, KeyError, TypeError):
        pass
    return Unknown(type=type, data=data)
