"""``join``: a connection comes into the room, is told what it missed, and its user is announced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from rooms import Event
from rooms.kinds.chat import events, moderation, recall
from rooms.kinds.chat.membership import Membership
from rooms.kinds.chat.sizes import size_bytes

if TYPE_CHECKING:
    from rooms import Connection, ConnectRequest, Identity, Refusal
    from rooms.kinds.chat.presence import Present
    from rooms.kinds.chat.requests import Join
    from rooms.kinds.chat.room import ChatRoom

USERS_MAX = 100


def join(chat: ChatRoom, connection: Connection, request: ConnectRequest) -> Refusal | None:
    """Let a connection in. Others are told only when its user was not here yet."""
    barred = moderation.bar(chat, connection.identity)
    if barred is not None:
        return barred
    asked: Join = request.data
    name = _chosen_name(connection.identity, asked)
    membership = Membership(since_ms=chat.now_ms, name=name, meta=asked.meta)
    came = _enter(chat, connection, membership)
    chat.lingering.end(connection.user)
    _welcome(chat, connection, asked, request.ref)
    if came and not chat.is_big:
        name = chat.name_of(connection)
        chat.broadcast(events.joined(chat.name, connection.id, connection.user, name, asked.meta), without=[connection])
    return None


def join_again(chat: ChatRoom, connection: Connection, request: Join, ref: events.Ref) -> Refusal | None:
    """Answer ``joined`` to a connection that is in already; it may call itself otherwise now. Nobody else is told."""
    before = chat.presence.membership(connection)
    assert before is not None, "a connection that is not in the room was let through to join again"
    name = _chosen_name(connection.identity, request) or before.name
    membership = msgspec.structs.replace(before, name=name, meta=request.meta or before.meta)
    _enter(chat, connection, membership)
    _welcome(chat, connection, request, ref)
    return None


def described(users: Iterable[Present], count_max: int, size_bytes_max: int) -> tuple[list[dict[str, Any]], bool]:
    """The entries of the first users, as many as fit, and whether there are more."""
    entries: list[dict[str, Any]] = []
    left_bytes = size_bytes_max
    for user in users:
        entry = user.described()
        left_bytes -= size_bytes(entry) + 1
        if len(entries) == count_max or left_bytes < 0:
            return entries, True
        entries.append(entry)
    return entries, False


def _enter(chat: ChatRoom, connection: Connection, membership: Membership) -> bool:
    presence = chat.presence  # read from the attachments before there is one more
    connection.attachment = membership.attachment()
    return presence.add(connection, membership)


def _welcome(chat: ChatRoom, connection: Connection, asked: Join, ref: events.Ref) -> None:
    place, about = chat.history.place, chat.about.facts
    page_bytes = chat.settings.page_bytes_max
    users, _ = described(chat.presence.users(), USERS_MAX, page_bytes * 3 // 8)
    facts: dict[str, Any] = {
        "room": chat.name,
        "session": connection.id,
        "user": connection.user,
        "name": chat.name_of(connection),
        "title": about.title,
        "topic": about.topic,
        "role": chat.roles.of(connection.identity).word,
        "reads": chat.receipts.of([connection.user, *(user["user"] for user in users)]),
        "online": chat.presence.online,
        "users": users,
        "head": place.head,
        "epoch": place.epoch,
    }
    page, recovered = recall.backlog(chat, asked, page_bytes - size_bytes(facts) - recall.ENVELOPE_BYTES)
    connection.send(Event("joined", {**facts, "history": page.messages, "recovered": recovered, "more": page.more}, ref))


def _chosen_name(identity: Identity, asked: Join) -> str | None:
    return (asked.name or "").strip() or None if identity.guest else None
