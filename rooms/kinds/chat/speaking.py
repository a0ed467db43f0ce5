"""``message``: somebody says something, and everybody in the room hears it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rooms import Event, Refusal
from rooms.kinds.chat import events
from rooms.kinds.chat.cids import Said
from rooms.kinds.chat.history import Author
from rooms.kinds.chat.refusals import MESSAGE_NOT_FOUND

if TYPE_CHECKING:
    from rooms import Connection
    from rooms.kinds.chat.requests import Say
    from rooms.kinds.chat.room import ChatRoom


class Kept(NamedTuple):
    """What was said: its place in the history and, unless it was said before, the message as everybody sees it."""

    said: Said
    message: dict[str, Any] | None


def say(chat: ChatRoom, connection: Connection, request: Say, ref: events.Ref) -> Refusal | None:
    """Keep the message and tell all; the sender's ``ack`` comes before the message. Said before under its cid: only the ack."""
    kept = keep(chat, Author(connection.user, chat.name_of(connection)), request)
    if isinstance(kept, Refusal):
        return kept
    if ref is not None or request.cid is not None:
        _acknowledge(chat, connection, kept.said, request.cid, ref)
    if kept.message is not None:
        chat.broadcast(Event("message", kept.message))
    return None


def keep(chat: ChatRoom, author: Author, request: Say) -> Kept | Refusal:
    """Store what ``author`` says, once however often it is said under one cid. Nobody is told yet."""
    if request.cid is not None:
        earlier = chat.cids.earlier(author.user, request)
        if earlier is not None:
            return earlier if isinstance(earlier, Refusal) else Kept(earlier, None)
    thread = None
    if request.reply_to is not None:
        replied = chat.history.find(request.reply_to)
        if replied is None:
            return MESSAGE_NOT_FOUND
        thread = replied.thread or replied.id
    message = chat.history.append(author, request, chat.new_id(), thread, chat.now_ms)
    chat.retention.appended()
    return Kept(Said(message["id"], message["seq"]), message)


def _acknowledge(chat: ChatRoom, connection: Connection, said: Said, cid: str | None, ref: events.Ref) -> None:
    facts = {"id": said.id, "seq": said.seq, "room": chat.name}
    if cid is not None:
        facts["cid"] = cid
    connection.send(Event("ack", facts, ref))
