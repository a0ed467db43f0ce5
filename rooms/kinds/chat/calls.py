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
from rooms.kinds.chat.refusals import NOT_AUTHORIZED, Answer, refused
from rooms.kinds.chat.requests import ReadHistory, Say
from rooms.kinds.chat.roles import Role
from rooms.kinds.chat.sanctions import Held
from rooms.kinds.chat.times import iso

if TYPE_CHECKING:
    from rooms.kinds.chat.room import ChatRoom

UNREAD_MAX = 1_000

_UNREAD = f"""SELECT count(*) FROM (SELECT 1 FROM messages WHERE seq > ? AND sender <> ? AND deleted = 0 LIMIT {UNREAD_MAX})"""


def describe(chat: ChatRoom, identity: Answer) -> Answer:
    """The room as somebody finds it in a list: what it is about, who is here, what is new; ``last`` is the newest message."""
    who = msgspec.convert(identity, Identity)
    barred = moderation.bar(chat, who)
    if barred is not None:
        return refused(barred)
    read = chat.receipts.of([who.user]).get(who.user, 0)
    [(unread,)] = chat.storage.sql(_UNREAD, read, who.user)
    place = chat.history.place
    return {
        "room": chat.name,
        **chat.about.described(),
        "online": chat.presence.online,
        "head": place.head,
        "epoch": place.epoch,
        "read": read,
        "unread": unread,
        "role": chat.roles.of(who).word,
        "made": chat.roles.has_owner,
        **_latest(chat),
    }


def _latest(chat: ChatRoom) -> Answer:
    last = chat.pages.between(Range(), 1).messages
    return {"last": last[0], "last_activity": last[0]["time"]} if last else {"last": None, "last_activity": None}


def page(chat: ChatRoom, identity: Answer, request: Answer) -> Answer:
    """As the request ``history``."""
    barred = moderation.bar(chat, msgspec.convert(identity, Identity))
    if barred is not None:
        return refused(barred)
    answer = recall.answer(chat, msgspec.convert(request, ReadHistory))
    return refused(answer) if isinstance(answer, Refusal) else answer


def publish(chat: ChatRoom, identity: Answer, name: str, request: Answer) -> Answer:
    """As the request ``message``, of somebody shown as ``name``; the answer is what its ``ack`` would say."""
    who = msgspec.convert(identity, Identity)
    refusal = moderation.bar(chat, who) or moderation.silence(chat, who)
    if refusal is not None:
        return refused(refusal)
    kept = speaking.keep(chat, who.user, name, msgspec.convert(request, Say))
    if isinstance(kept, Refusal):
        return refused(kept)
    if isinstance(kept, Said):
        return {"id": kept.id, "seq": kept.seq, "room": chat.name}
    chat.announce(Event("message", kept))
    return {"id": kept["id"], "seq": kept["seq"], "room": chat.name}


def members(chat: ChatRoom, identity: Answer, query: str, limit: int | None) -> Answer:
    """As the request ``who``."""
    barred = moderation.bar(chat, msgspec.convert(identity, Identity))
    if barred is not None:
        return refused(barred)
    count_max = LIMIT if limit is None else limit
    users, more = described(chat.presence.users(query), count_max, chat.settings.page_bytes_max)
    return {"room": chat.name, "online": chat.presence.online, "users": users, "more": more}


def sanctioned(chat: ChatRoom, identity: Answer, cursor: str, limit: int) -> Answer:
    """Who may not come in or not speak now, for moderators; ``cursor`` is that of the page before, or empty."""
    who = msgspec.convert(identity, Identity)
    refusal = moderation.bar(chat, who) or (NOT_AUTHORIZED if chat.roles.of(who) < Role.MODERATOR else None)
    if refusal is not None:
        return refused(refusal)
    what, _, user = cursor.partition(":")
    found = chat.sanctions.held((user, what), chat.now_ms, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return {
        "room": chat.name,
        "sanctions": [_sanction(held) for held in found[:limit]],
        "cursor": last and f"{last.what}:{last.user}",
    }


def _sanction(held: Held) -> Answer:
    until = None if held.until_ms is None else iso(held.until_ms)
    return {"user": held.user, "what": held.what, "until": until, "by": held.by, "reason": held.reason}


def bar(chat: ChatRoom, identity: Answer) -> list[Any] | None:
    """Why somebody may not come in now, as the fields of a ``Refusal``."""
    barred = moderation.bar(chat, msgspec.convert(identity, Identity))
    return None if barred is None else [barred.code, barred.message, barred.retry_after_ms, barred.close_code]
