"""``message``: somebody says something, and everybody in the room hears it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rooms import Event, Refusal
from rooms.kinds.chat import events
from rooms.kinds.chat.cids import Said
from rooms.kinds.chat.refusals import MESSAGE_NOT_FOUND

if TYPE_CHECKING:
    from rooms import Connection
    from rooms.kinds.chat.requests import Say
    from rooms.kinds.chat.talk import Talk


def say(chat: Talk, connection: Connection, request: Say, ref: events.Ref) -> Refusal | None:
    """Keep the message and tell all; the sender's ``ack`` comes before the message. Said before under its cid: only the ack."""
    kept = keep(chat, connection.user, chat.name_of(connection), request)
    if isinstance(kept, Refusal):
        return kept
    if ref is not None or request.cid is not None:
        _acknowledge(chat, connection, kept, request.cid, ref)
    if not isinstance(kept, Said):
        chat.announce(Event("message", kept))
    return None


def keep(chat: Talk, user: str, name: str, request: Say) -> dict[str, Any] | Said | Refusal:
    """Store what ``user`` says and return it as everybody sees it; or what the user said before under its cid. Nobody is told yet."""
    if request.cid is not None:
        earlier = chat.cids.earlier(user, request)
        if earlier is not None:
            return earlier
    thread = None
    if request.reply_to is not None:
        replied = chat.history.find(request.reply_to)
        if replied is None:
            return MESSAGE_NOT_FOUND
        thread = replied.thread or replied.id
    if request.files:
        refused = chat.files.refusal_to_show(user, request.files)
        if refused is not None:
            return refused
    message = chat.history.append(user, name, request, chat.new_id(), thread, chat.now_ms)
    if request.files:
        chat.files.show(message, request.files)
    chat.retention.appended()
    return message


def _acknowledge(chat: Talk, connection: Connection, kept: dict[str, Any] | Said, cid: str | None, ref: events.Ref) -> None:
    message_id, seq = kept if isinstance(kept, Said) else (kept["id"], kept["seq"])
    facts = {"id": message_id, "seq": seq, "room": chat.name}
    if cid is not None:
        facts["cid"] = cid
    chat.answer(connection, Event("ack", facts, ref))
