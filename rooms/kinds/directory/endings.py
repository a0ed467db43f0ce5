"""Rooms that were ended: what is still to be done about it, and which names are not used again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage import RoomStorage

TABLES = (
    """CREATE TABLE endings (
        room TEXT PRIMARY KEY,
        epoch TEXT NOT NULL,
        made INTEGER NOT NULL,
        folder TEXT,
        over INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
)

_BEGIN = "INSERT OR REPLACE INTO endings (room, epoch, made, folder) VALUES (?, ?, ?, ?)"
_OVER = "UPDATE endings SET over = 1 WHERE room = ? AND epoch = ?"
_FORGET = "DELETE FROM endings WHERE room = ? AND epoch = ? AND made = 0"
_LIST = "SELECT room, epoch, made, folder, over FROM endings WHERE room > ? ORDER BY room LIMIT ?"


class Endings:
    """The table ``endings``: one row a chat room. Rooms that users made stay in it for good; others until it is over."""

    def __init__(self, storage: RoomStorage) -> None:
        self._storage = storage

    def begin(self, room: str, epoch: str, made: bool, folder: str | None) -> None:
        """The history ``epoch`` of the room is to end, with the files in ``folder``."""
        self._storage.sql(_BEGIN, room, epoch, int(made), folder)

    def over(self, room: str, epoch: str) -> None:
        """Nothing is left of it."""
        self._storage.sql(_FORGET, room, epoch)
        self._storage.sql(_OVER, room, epoch)

    def page(self, after: str, limit: int) -> list[list[object]]:
        """Up to ``limit`` rows by room: ``[room, epoch, made, folder, over]``."""
        return [list(row) for row in self._storage.sql(_LIST, after, limit)]
