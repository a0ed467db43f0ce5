"""``kick`` ``ban`` ``unban`` ``mute`` ``unmute``: moderators act, never against an equal or greater role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms import Refusal
from rooms.kinds.chat import departure, events
from rooms.kinds.chat.refusals import NOT_AUTHORIZED, USER_NOT_FOUND
from rooms.kinds.chat.roles import Role
from rooms.kinds.chat.sanctions import BAN, KICK, MUTE, Hold

if TYPE_CHECKING:
    from rooms import Connection, Identity
    from rooms.kinds.chat.requests import Pardon, Sanction
    from rooms.kinds.chat.room import ChatRoom

KICK_SECONDS = 60

_CLOSE_CODES = {KICK: 4410, BAN: 4411}


def kick(chat: ChatRoom, connection: Connection, request: Sanction, ref: events.Ref) -> Refusal | None:
    """Throw a user out who may come back after a while."""
    if not _may_act(chat, connection, request.user):
        return NOT_AUTHORIZED
    if chat.presence.of(request.user) is None:
        return USER_NOT_FOUND
    seconds = request.seconds or KICK_SECONDS
    _impose(chat, connection, KICK, request, seconds)
    chat.acknowledge(connection, ref)
    _throw_out(chat, connection, request, seconds, _CLOSE_CODES[KICK], "kicked")
    return None


def ban(chat: ChatRoom, connection: Connection, request: Sanction, ref: events.Ref) -> Refusal | None:
    """Throw a user out, here or not, who may not come back, or only after ``seconds``."""
    if not _may_act(chat, connection, request.user):
        return NOT_AUTHORIZED
    _impose(chat, connection, BAN, request, request.seconds)
    chat.acknowledge(connection, ref)
    _throw_out(chat, connection, request, request.seconds, _CLOSE_CODES[BAN], "banned")
    return None


def unban(chat: ChatRoom, connection: Connection, request: Pardon, ref: events.Ref) -> Refusal | None:
    """Let a user in again, also one who was only kicked."""
    if not _may_act(chat, connection, request.user):
        return NOT_AUTHORIZED
    chat.sanctions.lift(BAN, request.user)
    chat.sanctions.lift(KICK, request.user)
    chat.acknowledge(connection, ref)
    return None


def mute(chat: ChatRoom, connection: Connection, request: Sanction, ref: events.Ref) -> Refusal | None:
    """Let a user stay, but say nothing, for ``seconds`` or until unmuted."""
    if not _may_act(chat, connection, request.user):
        return NOT_AUTHORIZED
    _impose(chat, connection, MUTE, request, request.seconds)
    chat.acknowledge(connection, ref)
    return None


def unmute(chat: ChatRoom, connection: Connection, request: Pardon, ref: events.Ref) -> Refusal | None:
    """Let a user speak again."""
    if not _may_act(chat, connection, request.user):
        return NOT_AUTHORIZED
    chat.sanctions.lift(MUTE, request.user)
    chat.acknowledge(connection, ref)
    return None


def silence(chat: ChatRoom, identity: Identity) -> Refusal | None:
    """Why somebody may say nothing now."""
    hold = chat.sanctions.mute_of(identity.user)
    if hold is None or not hold.holds(chat.roles.of(identity), chat.now_ms):
        return None
    return Refusal("muted", "Muted", retry_after_ms=hold.left_ms(chat.now_ms))


def bar(chat: ChatRoom, identity: Identity) -> Refusal | None:
    """Why somebody may not come in now."""
    role = chat.roles.of(identity)
    for what, hold in chat.sanctions.bars(identity.user):
        if hold.holds(role, chat.now_ms):
            return Refusal("banned", "Banned", retry_after_ms=hold.left_ms(chat.now_ms), close_code=_CLOSE_CODES[what])
    return None


def _may_act(chat: ChatRoom, connection: Connection, user: str) -> bool:
    mine = chat.roles.of(connection.identity)
    return mine >= Role.MODERATOR and chat.role_of_user(user) < mine


def _impose(chat: ChatRoom, connection: Connection, what: str, request: Sanction, seconds: int | None) -> None:
    until_ms = None if seconds is None else chat.now_ms + seconds * 1000
    hold = Hold(until_ms, int(chat.roles.of(connection.identity)))
    chat.sanctions.impose(what, request.user, hold, connection.user, request.reason, chat.now_ms)


def _throw_out(chat: ChatRoom, by: Connection, request: Sanction, seconds: int | None, code: int, word: str) -> None:
    for connection in chat.presence.connections_of(request.user):
        connection.send(events.kicked(chat.name, by.user, request.reason, seconds))
        departure.put_out(chat, connection, word)
        connection.close(code, word)
