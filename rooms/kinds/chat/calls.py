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
from rooms.kinds.chat.files import FILE_NOT_FOUND, Upload
from rooms.kinds.chat.members import LIMIT
from rooms.kinds.chat.pages import Range
from rooms.kinds.chat.requests import ReadHistory, Say

if TYPE_CHECKING:
    from rooms.kinds.chat.room import ChatRoom

UNREAD_MAX = 1_000

_UNREAD = f"""SELECT count(*) FROM (SELECT 1 FROM messages WHERE seq > ? AND sender <> ? AND deleted = 0 LIMIT {UNREAD_MAX})"""

Answer = dict[str, Any]


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


def bar(chat: ChatRoom, identity: Answer) -> list[Any] | None:
    """Why somebody may not come in now, as the fields of a ``Refusal``."""
    barred = moderation.bar(chat, msgspec.convert(identity, Identity))
    return None if barred is None else [barred.code, barred.message, barred.retry_after_ms, barred.close_code]


def may_upload(chat: ChatRoom, identity: Answer, size: int) -> Answer | None:
    """A refusal, if a file of so many bytes could not be taken now."""
    who = msgspec.convert(identity, Identity)
    refusal = moderation.bar(chat, who) or moderation.silence(chat, who) or chat.files.refusal(who.user, size)
    return None if refusal is None else refused(refusal)


def add_file(chat: ChatRoom, identity: Answer, upload: Answer) -> Answer:
    """Keep what is to be known of a file that came; its description, and the folder where it is to lie."""
    what = msgspec.convert(upload, Upload)
    refusal = may_upload(chat, identity, what.size)
    if refusal is not None:
        return refusal
    file_id = chat.files.add(identity["user"], what)
    return {"folder": chat.files.folder, "file": {"id": file_id, **upload}}


def file(chat: ChatRoom, identity: Answer, file_id: str) -> Answer:
    """A file's description and folder, for whoever may see it: everybody in the room once a message shows it, its uploader before."""
    who = msgspec.convert(identity, Identity)
    barred = moderation.bar(chat, who)
    if barred is not None:
        return refused(barred)
    found = chat.files.find(file_id)
    if found is None:
        return refused(FILE_NOT_FOUND)
    described, uploader, is_shown = found
    return {"folder": chat.files.folder, "file": described} if is_shown or uploader == who.user else refused(FILE_NOT_FOUND)


def refused(refusal: Refusal) -> Answer:
    """A refusal, as calls carry it."""
    return {"error": {"code": refusal.code, "message": refusal.message, "retry_after_ms": refusal.retry_after_ms}}
