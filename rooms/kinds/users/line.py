"""The sockets of a user (``/ws``): each is connected to its user's room, and private messages and receipts come by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, Struct

from rooms import Event, RoomError
from rooms.kinds.users.pairs import conversation_of

if TYPE_CHECKING:
    from rooms import Connection
    from rooms.kinds.users.conversations import Missed
    from rooms.kinds.users.room import UserRoom

WELCOME = "welcome"
"""What a line says first, to the session at its other end: the session makes it part of ``hello``."""

WELCOME_ENTRIES_MAX = 100
WELCOME_BYTES_MAX = 64 * 1024
LIST_ENTRIES_MAX = 1_000
LIST_BYTES_MAX = 128 * 1024
MISSED_MESSAGES_MAX = 100
MISSED_BYTES_MAX = 192 * 1024
MISSED_CONVERSATIONS_MAX = 20
"""What reached no socket is sent after the next ``hello`` up to these bounds; the rest is in the history."""

_REWRITING = frozenset({"edited", "deleted"})

Ref = str | int | None


class Welcome(Struct, gc=False):
    """``welcome``: say again how things stand (the session asks so when a token was refreshed)."""


class ListConversations(Struct, gc=False):
    """``conversations``."""

    limit: Annotated[int, Meta(ge=0, le=LIST_ENTRIES_MAX)] = LIST_ENTRIES_MAX
    after: Annotated[str, Meta(max_length=128)] | None = None


REQUESTS: Mapping[str, type[Struct]] = {WELCOME: Welcome, "conversations": ListConversations}


def welcome(room: UserRoom, connection: Connection, ref: Ref) -> None:
    """Say how the conversations stand."""
    entries, _ = room.conversations.listed(WELCOME_ENTRIES_MAX, WELCOME_BYTES_MAX)
    connection.send(Event(WELCOME, {"conversations": entries, "rooms": room.grants.rooms()}, ref))


async def catch_up(room: UserRoom, connection: Connection) -> None:
    """Send a new socket what reached none before it. What is said meanwhile waits, so that it comes after."""
    left, left_bytes = MISSED_MESSAGES_MAX, MISSED_BYTES_MAX
    for missed in room.conversations.missed(MISSED_CONVERSATIONS_MAX):
        try:
            messages, size_bytes = await _messages(room, missed, left, left_bytes)
        except RoomError:  # it cannot tell now: it is asked again at the next hello
            return
        for message in messages:
            connection.send(Event("private", message))
        left, left_bytes = left - len(messages), left_bytes - size_bytes
        note_reached(room, missed.other, missed.heard)


def conversations(room: UserRoom, connection: Connection, request: ListConversations, ref: Ref) -> None:
    """Answer with the list, or how much of it fits (``after`` goes on), and with those who are blocked."""
    entries, more = room.conversations.listed(request.limit, LIST_BYTES_MAX, request.after)
    connection.send(Event("conversations", {"list": entries, "more": more, "blocked": room.conversations.blocked()}, ref))


def hear(room: UserRoom, other: str, type: str, data: dict[str, Any], state: dict[str, Any]) -> None:
    """Something happened in the conversation with ``other``, which stands now as ``state``: pass it on to every socket."""
    room.conversations.keep(other, state)
    if type in _REWRITING:
        room.storage.forget_deleted()
    room.broadcast(Event(type, data))
    if type == "private" and data["from"] == other != room.name:
        before = room.conversations.heard(other, data["seq"])
        is_caught_up = before.heard <= max(before.reached, room.reaching.get(other, 0))
        if is_caught_up and room.connections():
            note_reached(room, other, data["seq"])


def note_reached(room: UserRoom, other: str, seq: int) -> None:
    """Keep that it was written to a socket, once it was: a crash before makes it come twice rather than never."""
    room.reaching[other] = seq
    room.stub(room.kind, room.name).cast.reached(other, seq)


async def _messages(room: UserRoom, missed: Missed, count: int, size_bytes: int) -> tuple[list[dict[str, Any]], int]:
    if count <= 0 or size_bytes <= 0:
        return [], 0
    conversation = room.stub(*conversation_of(room.name, missed.other))
    messages, taken_bytes = await conversation.missed(room.name, missed.reached, missed.heard, count, size_bytes)
    return messages, taken_bytes
