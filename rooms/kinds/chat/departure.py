"""How a connection gets out of the room, and when its user is said to have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from rooms.kinds.chat import events
from rooms.kinds.chat.lingering import Cut
from rooms.kinds.chat.membership import Membership

if TYPE_CHECKING:
    from rooms import Connection, Refusal
    from rooms.kinds.chat.requests import Leave
    from rooms.kinds.chat.room import ChatRoom

LEFT = "left"
DISCONNECTED = "disconnected"
LOST = "lost"
NOT_AUTHORIZED = "not_authorized"

_REASONS = {(1000, LEFT): LEFT, (4403, NOT_AUTHORIZED): NOT_AUTHORIZED}
"""Of ends that the session brought about and told its user of; any other is a plain disconnection."""


def leave(chat: ChatRoom, connection: Connection, request: Leave, ref: events.Ref) -> Refusal | None:  # noqa: ARG001
    """Answer ``left`` and end the membership; the socket may stay."""
    connection.send(events.left(chat.name, connection.id, connection.user, LEFT, ref))
    put_out(chat, connection, LEFT)
    connection.close(1000, LEFT)
    return None


def closed(chat: ChatRoom, connection: Connection, code: int, reason: str, clean: bool) -> None:
    """A connection is gone. After an unclean end its user is missed only after a while."""
    membership = Membership.of(connection.attachment)
    if membership is None:
        return
    chat.presence.add(connection, membership)  # if this woke the room, it is not among the connections any more
    if clean:
        put_out(chat, connection, _REASONS.get((code, reason), DISCONNECTED))
        return
    if chat.presence.remove(connection):
        over_at = trio.current_time() + chat.settings.linger_seconds
        chat.lingering.begin(Cut(connection.user, connection.id, over_at))
        _count_down(chat)


def counted_down(chat: ChatRoom, cuts: list[Cut]) -> None:
    """A cut is over: its user has left. ``cuts`` are those that were counted, perhaps by an isolate that is gone by now."""
    lingering = chat.lingering
    if cuts is lingering.cuts:
        lingering.is_counted = False
    else:
        lingering.cuts[:0] = cuts
    for cut in lingering.over(trio.current_time()):
        if not chat.presence.connections_of(cut.user):
            _say_left(chat, cut.user, cut.session, LOST)
    _count_down(chat)


def put_out(chat: ChatRoom, connection: Connection, reason: str) -> None:
    """Take a connection out of the room; the others are told if its user has no other."""
    connection.attachment = None
    if chat.presence.remove(connection):
        chat.lingering.end(connection.user)
        _say_left(chat, connection.user, connection.id, reason, without=[connection])


def _say_left(chat: ChatRoom, user: str, session: str, reason: str, without: list[Connection] | None = None) -> None:
    was_big = chat.is_big
    chat.presence.forget(user)
    if not was_big:
        chat.broadcast(events.left(chat.name, session, user, reason), without=without or [])


def _count_down(chat: ChatRoom) -> None:
    lingering = chat.lingering
    if lingering.cuts and not lingering.is_counted:
        lingering.is_counted = True
        chat.background(_until_the_next_is_over, lingering.cuts, then=chat.on_counted_down)


async def _until_the_next_is_over(cuts: list[Cut]) -> list[Cut]:
    """The list is the room's own: one count serves all that are cut meanwhile, and it outlives the room object."""
    if cuts:
        await trio.sleep_until(cuts[0].over_at)
    return cuts
