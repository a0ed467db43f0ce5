"""How a connection gets out of the room, and when its user is said to have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from rooms.kinds.chat import events

if TYPE_CHECKING:
    from rooms import Connection, Refusal
    from rooms.kinds.chat.requests import Leave
    from rooms.kinds.chat.room import ChatRoom

LEFT = "left"
DISCONNECTED = "disconnected"
LOST = "lost"
NOT_AUTHORIZED = "not_authorized"

_REASON_BY_CODE = {4403: NOT_AUTHORIZED}


def leave(chat: ChatRoom, connection: Connection, request: Leave, ref: events.Ref) -> Refusal | None:  # noqa: ARG001
    """Answer ``left`` and end the membership; the socket may stay."""
    session = chat.session_of(connection)
    connection.send(events.left(chat.name, session, connection.user, LEFT, ref))
    put_out(chat, connection, LEFT)
    connection.close(1000, LEFT)
    return None


def closed(chat: ChatRoom, connection: Connection, code: int, clean: bool) -> None:
    """A connection is gone. After an unclean end its user is missed only after a while."""
    if chat.presence.membership(connection) is None:
        return
    if clean:
        put_out(chat, connection, _REASON_BY_CODE.get(code, DISCONNECTED))
        return
    session = chat.session_of(connection)
    if chat.presence.remove(connection):
        user = connection.user
        chat.lingering.begin(user, connection.id)
        chat.background(_linger, chat.settings.linger_seconds, user, connection.id, session, then=chat.on_lingered)


def lingered(chat: ChatRoom, user: str, connection_id: str, session: str) -> None:
    """The time of a cut connection is over: its user has left, if not back since."""
    present = chat.presence.of(user)
    if chat.lingering.over(user, connection_id) and not (present and present.connections):
        _say_left(chat, user, session, LOST)


def put_out(chat: ChatRoom, connection: Connection, reason: str) -> None:
    """Take a connection out of the room; the others are told if its user has no other."""
    session = chat.session_of(connection)
    connection.attachment = None
    if chat.presence.remove(connection):
        chat.lingering.returned(connection.user)
        _say_left(chat, connection.user, session, reason, without=[connection])


def _say_left(chat: ChatRoom, user: str, session: str, reason: str, without: list[Connection] | None = None) -> None:
    was_big = chat.is_big
    chat.presence.forget(user)
    if not was_big:
        chat.broadcast(events.left(chat.name, session, user, reason), without=without or [])


async def _linger(seconds: float, user: str, connection_id: str, session: str) -> tuple[str, str, str]:
    await trio.sleep(seconds)
    return user, connection_id, session
