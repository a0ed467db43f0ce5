"""``typing`` and ``event``: what passes through a room and is not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms.kinds.chat import events, moderation

if TYPE_CHECKING:
    from rooms import Connection, Refusal
    from rooms.kinds.chat.requests import Signal, Typing
    from rooms.kinds.chat.room import ChatRoom


def typing(chat: ChatRoom, connection: Connection, request: Typing, ref: events.Ref) -> Refusal | None:  # noqa: ARG001
    """Tell the other users that this one begins or ceases to type. In a big room, and of a muted user, nobody is told."""
    if chat.is_big or moderation.silence(chat, connection.identity):
        return None
    user = connection.user
    event = events.typing(chat.name, user, chat.name_of(connection), request.typing)
    chat.broadcast(event, without=chat.presence.connections_of(user))
    return None


def signal(chat: ChatRoom, connection: Connection, request: Signal, ref: events.Ref) -> Refusal | None:  # noqa: ARG001
    """Pass an application's own event on to every other connection."""
    event = events.signal(chat.name, connection.user, request.name, request.data)
    chat.broadcast(event, without=[connection])
    return None
