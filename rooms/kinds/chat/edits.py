"""``edit`` and ``delete``: a message lives on with another text, or with none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms import Event
from rooms.kinds.chat import events
from rooms.kinds.chat.refusals import MESSAGE_NOT_FOUND, NOT_AUTHORIZED

if TYPE_CHECKING:
    from rooms import Connection, Refusal
    from rooms.kinds.chat.requests import Delete, Edit
    from rooms.kinds.chat.talk import Talk

_EDIT = "UPDATE messages SET body = ?, edited = 1, changed = ? WHERE seq = ?"
_DELETE = """UPDATE messages SET body = '', deleted = 1, edited = 0, pinned = 0, mentions = NULL, files = NULL, meta = NULL, changed = ?
             WHERE seq = ?"""


def edit(chat: Talk, connection: Connection, request: Edit, ref: events.Ref) -> Refusal | None:
    """Give a message another text; the old one is gone. The same text again changes nothing."""
    found = chat.history.find(request.id)
    if found is None or found.deleted:
        return MESSAGE_NOT_FOUND
    if not chat.may_change(connection, found):
        return NOT_AUTHORIZED
    if found.body == request.message:
        chat.acknowledge(connection, ref, id=found.id, seq=found.changed)
        return None
    seq = chat.history.next_seq()
    chat.storage.sql(_EDIT, request.message, seq, found.seq)
    chat.forget_text(found.seq)
    chat.acknowledge(connection, ref, id=found.id, seq=seq)
    chat.announce(Event("edited", {"room": chat.name, "id": found.id, "seq": seq, "message": request.message}))
    return None


def delete(chat: Talk, connection: Connection, request: Delete, ref: events.Ref) -> Refusal | None:
    """Take a message's text, pin and reactions away. What was deleted before is only acknowledged."""
    found = chat.history.find(request.id)
    if found is None:
        return MESSAGE_NOT_FOUND
    if not chat.may_change(connection, found):
        return NOT_AUTHORIZED
    if found.deleted:
        chat.acknowledge(connection, ref, id=found.id, seq=found.changed)
        return None
    seq = chat.history.next_seq()
    chat.storage.sql(_DELETE, seq, found.seq)
    chat.reactions.remove(found.seq)
    chat.files.deleted(found.seq)
    chat.forget_text(found.seq)
    chat.acknowledge(connection, ref, id=found.id, seq=seq)
    chat.announce(Event("deleted", {"room": chat.name, "id": found.id, "seq": seq}))
    return None
