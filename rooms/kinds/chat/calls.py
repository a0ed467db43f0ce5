"""What others than its sockets may ask of a chat room: the gateway's HTTP and other rooms.

Identities and requests come as maps (a struct cannot travel), checked by the caller against ``Identity`` and
``ChatRoom.requests``. A refusal goes back as ``{"error": {"code", "message", "retry_after_ms"}}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rooms import Event, Identity, Refusal
from rooms.kinds.chat import moderation, recall, speaking
from rooms.kinds.chat.arrival import described
from rooms.kinds.chat.cids import Said
from rooms.kinds.chat.members import LIMIT
from rooms.kinds.chat.pages import Range
from rooms.kinds.chat.refusals import NOT_AUTHORIZED
from rooms.kinds.chat.requests import ReadHistory, Say
from rooms.kinds.chat.roles import Role

if TYPE_CHECKING:
    from rooms.kinds.chat.room import ChatRoom

UNREAD_MAX = 1_000

_UNREAD = f"""SELECT count(*) FROM (SELECT 1 FROM messages WHERE seq > ? AND sender <> ? AND deleted = 0 LIMIT {UNREAD_MAX})"""

Answer = dict[str, Any]


def describe(chat: ChatRoom, user: str) -> Answer:
    """The room as ``user`` finds it in a list: what it is about, who is here, what is new; ``last`` is the newest message."""
    read = chat.receipts.of([user]).get(user, 0)
    [(unread,)] = chat.storage.sql(_UNREAD, read, user)
    last = chat.pages.between(Range(), 1).messages
    place = chat.history.place
    facts = {"room": chat.name, "online": chat.presence.online, "head": place.head, "epoch": place.epoch, "read": read, "unread": unread}
    return {**facts, **chat.about.described(), "role": chat.roles.kept(user).word, "last": last[0] if last else None}


def page(chat: ChatRoom, identity: Answer, request: Answer) -> Answer:
    """As the request ``history``."""
    barred = moderation.bar(chat, msgspec.convert(identity, Identity))
    if barred is not None:
        return _refused(barred)
    answer = recall.answer(chat, msgspec.convert(request, ReadHistory))
    return _refused(answer) if isinstance(answer, Refusal) else answer


def publish(chat: ChatRoom, identity: Answer, name: str, request: Answer) -> Answer:
    """As the request ``message``, of somebody shown as ``name``; the answer is what its ``ack`` would say."""
    who = msgspec.convert(identity, Identity)
    refusal = moderation.bar(chat, who) or moderation.silence(chat, who)
    if refusal is not None:
        return _refused(refusal)
    kept = speaking.keep(chat, who.user, name, msgspec.convert(request, Say))
    if isinstance(kept, Refusal):
        return _refused(kept)
    if isinstance(kept, Said):
        return {"id": kept.id, "seq": kept.seq, "room": chat.name}
    chat.announce(Event("message", kept))
    return {"id": kept["id"], "seq": kept["seq"], "room": chat.name}


def members(chat: ChatRoom, query: str, limit: int | None) -> Answer:
    """As the request ``who``."""
    count_max = LIMIT if limit is None else limit
    users, more = described(chat.presence.users(query), count_max, chat.settings.page_bytes_max)
    return {"room": chat.name, "online": chat.presence.online, "users": users, "more": more}


def may_destroy(chat: ChatRoom, identity: Answer) -> Answer | None:
    """A refusal, unless it is the owner or an admin."""
    return None if chat.roles.of(msgspec.convert(identity, Identity)) >= Role.OWNER else _refused(NOT_AUTHORIZED)


def _refused(refusal: Refusal) -> Answer:
    return {"error": {"code": refusal.code, "message": refusal.message, "retry_after_ms": refusal.retry_after_ms}}
