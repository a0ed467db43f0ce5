"""``pin``: moderators keep a message in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms import Event
from rooms.kinds.chat import events
from rooms.kinds.chat.refusals import MESSAGE_NOT_FOUND, NOT_AUTHORIZED
from rooms.kinds.chat.roles import Role

if TYPE_CHECKING:
    from rooms import Connection, Refusal
    from rooms.kinds.chat.requests import Pin
    from rooms.kinds.chat.room import ChatRoom

_PIN = "UPDATE messages SET pinned = ?, changed = ? WHERE seq = ?"


def pin(chat: ChatRoom, connection: Connection, request: Pin, ref: events.Ref) -> Refusal | None:
    """Pin a message or take the pin off; all are told. What is so already is only acknowledged."""
    if chat.roles.of(connection.identity) < Role.MODERATOR:
        return NOT_AUTHORIZED
    found = chat.history.find(request.id)
    if found is None or found.deleted:
        return MESSAGE_NOT_FOUND
    if bool(found.pinned) is request.on:
        chat.acknowledge(connection, ref, id=found.id, seq=found.changed)
        return None
    seq = chat.history.next_seq()
    chat.storage.sql(_PIN, int(request.on), seq, found.seq)
    chat.acknowledge(connection, ref, id=found.id, seq=seq)
    chat.broadcast(Event("pinned", {"room": chat.name, "id": found.id, "seq": seq, "on": request.on}))
    return None
