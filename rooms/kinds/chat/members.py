"""``who``: the users in the room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms import Event
from rooms.kinds.chat.arrival import described
from rooms.kinds.chat.recall import ENVELOPE_BYTES
from rooms.kinds.chat.sizes import size_bytes

if TYPE_CHECKING:
    from rooms import Connection, Refusal
    from rooms.kinds.chat.events import Ref
    from rooms.kinds.chat.requests import Who
    from rooms.kinds.chat.room import ChatRoom

LIMIT = 100


def who(chat: ChatRoom, connection: Connection, request: Who, ref: Ref) -> Refusal | None:
    """Answer with one entry a user, longest present first; with ``query`` only those it is part of the name of."""
    limit = LIMIT if request.limit is None else request.limit
    facts = {"room": chat.name, "online": chat.presence.online}
    left_bytes = chat.settings.page_bytes_max - size_bytes(facts) - ENVELOPE_BYTES
    users, more = described(chat.presence.users(request.query or ""), limit, left_bytes)
    connection.send(Event("members", {**facts, "users": users, "more": more}, ref))
    return None
