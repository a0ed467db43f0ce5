"""``read``: how far each user has read. A state of the room, not an event of its history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from rooms.kinds.chat import events

if TYPE_CHECKING:
    from rooms import Connection, Refusal
    from rooms.kinds.chat.requests import Read
    from rooms.kinds.chat.talk import Talk
    from storage import RoomStorage

TABLES = ("CREATE TABLE reads (user TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID",)

_SET = "INSERT INTO reads (user, seq) VALUES (?, ?) ON CONFLICT (user) DO UPDATE SET seq = excluded.seq"
_OF = "SELECT user, seq FROM reads WHERE user IN (SELECT value FROM json_each(?))"


class Receipts:
    """The table ``reads``: one row a user."""

    def __init__(self, storage: RoomStorage) -> None:
        self._storage = storage

    def of(self, users: Iterable[str]) -> dict[str, int]:
        """How far those of ``users`` have read who have said so."""
        return dict(self._storage.sql(_OF, msgspec.json.encode(list(users)).decode()))

    def set(self, user: str, seq: int) -> None:
        """``user`` has read up to ``seq``."""
        self._storage.sql(_SET, user, seq)


def read(chat: Talk, connection: Connection, request: Read, ref: events.Ref) -> Refusal | None:
    """Note how far the user has read, and tell all: only forward, and no further than there is something."""
    user = connection.user
    seq = min(request.seq, chat.history.head)
    before = chat.receipts.of([user]).get(user, 0)
    if seq > before:
        chat.receipts.set(user, seq)
    chat.acknowledge(connection, ref, seq=max(seq, before))
    if seq > before and not chat.is_big:
        chat.announce(events.read(chat.name, user, seq))
    return None
