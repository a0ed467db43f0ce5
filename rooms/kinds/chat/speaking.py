"""``message``: somebody says something, and everybody in the room hears it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms import Event, Refusal
from rooms.kinds.chat import events
from rooms.kinds.chat.cids import Said
from rooms.kinds.chat.history import Author
from rooms.kinds.chat.refusals import MESSAGE_NOT_FOUND

if TYPE_CHECKING:
    from rooms import Connection
    from rooms.kinds.chat.requests import Say
    from rooms.kinds.chat.room import ChatRoom


def say(chat: ChatRoom, connection: Connection, request: Say, ref: events.Ref) -> Refusal | None:
    """Keep the message and tell all; the sender's ``ack`` comes before the message. Said before under its cid: only the ack."""
    cid, thread = request.cid, None
    if cid is not None:
        earlier = chat.cids.earlier(connection.user, request)
        if isinstance(earlier, Refusal):
            return earlier
        if earlier is not None:
            _acknowledge(chat, connection, earlier, cid, ref)
            return None
    if request.reply_to is not None:
        replied = chat.history.find(request.reply_to)
        if replied is None:
            return MESSAGE_NOT_FOUND
        thread = replied.thread or replied.id
    author = Author(connection.user, chat.name_of(connection))
    message = chat.history.append(author, request, chat.new_id(), thread, chat.now_ms)
    chat.retention.appended()
    if cid is not None or ref is not None:
        _acknowledge(chat, connection, Said(message["id"], message["seq"]), cid, ref)
    chat.broadcast(Event("message", message))
    return None


def _acknowledge(chat: ChatRoom, connection: Connection, said: Said, cid: str | None, ref: events.Ref) -> None:
    facts = {"id": said.id, "seq": said.seq, "room": chat.name}
    if cid is not None:
        facts["cid"] = cid
    connection.send(Event("ack", facts, ref))
