"""Pure. What a client may ask of a chat room: one struct a request type, with the limits of the protocol.

The gateway decodes ``data`` into these before the room hears it; what does not fit is a ``bad_message`` there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

SAFE_INTEGER = 2**53
META_BYTES_MAX = 4 * 1024
JOIN_META_BYTES_MAX = 1024
EVENT_BYTES_MAX = 4 * 1024
QUERY_WORDS_MAX = 16
SANCTION_SECONDS_MAX = 10 * 366 * 24 * 60 * 60

Seq = Annotated[int, Meta(ge=0, le=SAFE_INTEGER)]
Limit = Annotated[int, Meta(ge=0, le=100)]
Text = Annotated[str, Meta(max_length=4_000)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
User = Annotated[str, Meta(min_length=1, max_length=128)]
Seconds = Annotated[int, Meta(ge=1, le=SANCTION_SECONDS_MAX)]
Reason = Annotated[str, Meta(max_length=500)]
DisplayName = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f\u0080-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]*$")
]


class InRoom(Struct, kw_only=True, gc=False):
    """A request to one room. ``room`` was resolved by the gateway before the room hears it."""

    room: str | None = None


class InConversation(InRoom, kw_only=True, gc=False):
    """A request to a room or, by ``with``, to the private conversation with that user."""

    with_: str | None = field(name="with", default=None)


class Join(InRoom, kw_only=True):
    """``join``. ``limit`` bounds the backlog; without it a joiner gets 50 messages, or all it missed."""

    name: DisplayName | None = None
    meta: dict[str, Any] | None = None
    since: Seq | None = None
    epoch: Annotated[str, Meta(max_length=128)] | None = None
    limit: Limit | None = None
    switch: bool = False

    def __post_init__(self) -> None:
        """Bounds ``meta``, which no constraint of a field can."""
        _bound("meta", self.meta, JOIN_META_BYTES_MAX)


class Leave(InRoom, kw_only=True, gc=False):
    """``leave``."""


class Say(InRoom, kw_only=True):
    """``message``."""

    message: Text
    cid: Id | None = None
    reply_to: Id | None = None
    mentions: Annotated[list[User], Meta(max_length=50)] | None = None
    files: Annotated[list[Id], Meta(max_length=20)] | None = None
    meta: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Bounds ``meta``, which no constraint of a field can."""
        if self.meta is not None:
            _bound("meta", self.meta, META_BYTES_MAX)


class Typing(InConversation, kw_only=True, gc=False):
    """``typing``."""

    typing: bool = True


class Signal(InRoom, kw_only=True):
    """``event``: whatever the application sends to the others, unstored."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    data: Any

    def __post_init__(self) -> None:
        """Bounds ``data``, which no constraint of a field can."""
        _bound("data", self.data, EVENT_BYTES_MAX)


class ReadHistory(InConversation, kw_only=True, gc=False):
    """``history``."""

    before: Seq | None = None
    after: Seq | None = None
    since: Seq | None = None
    epoch: Annotated[str, Meta(max_length=128)] | None = None
    thread: Id | None = None
    pinned: bool = False
    limit: Limit | None = None


class Edit(InConversation, kw_only=True, gc=False):
    """``edit``."""

    id: Id
    message: Text


class Delete(InConversation, kw_only=True, gc=False):
    """``delete``."""

    id: Id


class React(InConversation, kw_only=True, gc=False):
    """``react``."""

    id: Id
    emoji: Annotated[str, Meta(min_length=1, max_length=32)]
    on: bool = True


class Pin(InRoom, kw_only=True, gc=False):
    """``pin``."""

    id: Id
    on: bool = True


class Read(InConversation, kw_only=True, gc=False):
    """``read``."""

    seq: Seq


class Search(InRoom, kw_only=True, gc=False):
    """``search``: words in plain text; ``cursor`` is that of the results before."""

    query: Annotated[str, Meta(min_length=1, max_length=256)]
    limit: Limit | None = None
    cursor: Annotated[str, Meta(max_length=64)] | None = None


class Who(InRoom, kw_only=True, gc=False):
    """``who``."""

    query: Annotated[str, Meta(max_length=128)] | None = None
    limit: Annotated[int, Meta(ge=0, le=1_000)] | None = None


class Sanction(InRoom, kw_only=True, gc=False):
    """``kick``, ``ban``, ``mute``: without ``seconds`` a kick lasts a minute, the others for ever."""

    user: User
    reason: Reason | None = None
    seconds: Seconds | None = None


class Pardon(InRoom, kw_only=True, gc=False):
    """``unban``, ``unmute``."""

    user: User
    reason: Reason | None = None


class SetRole(InRoom, kw_only=True, gc=False):
    """``role``."""

    user: User
    role: Literal["moderator", "member"]


class SetRoom(InRoom, kw_only=True, gc=False):
    """``room``: what is left out stays as it is. ``history_days`` 0 keeps messages as long as the server does."""

    title: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET
    topic: Annotated[str, Meta(max_length=1_000)] | UnsetType = UNSET
    history_days: Annotated[int, Meta(ge=0, le=36_500)] | UnsetType = UNSET


REQUESTS: Mapping[str, type[Struct]] = {
    "join": Join,
    "leave": Leave,
    "message": Say,
    "typing": Typing,
    "event": Signal,
    "history": ReadHistory,
    "edit": Edit,
    "delete": Delete,
    "react": React,
    "pin": Pin,
    "read": Read,
    "search": Search,
    "who": Who,
    "kick": Sanction,
    "ban": Sanction,
    "unban": Pardon,
    "mute": Sanction,
    "unmute": Pardon,
    "role": SetRole,
    "room": SetRoom,
}


def _bound(name: str, value: object, size_bytes_max: int) -> None:
    if value is None:
        return
    size_bytes = len(msgspec.json.encode(value))
    if size_bytes > size_bytes_max:
        raise ValueError(f"`{name}` has {size_bytes} bytes, at most {size_bytes_max} are allowed")
