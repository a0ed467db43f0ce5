"""Rooms that were ended: what is still to be done about it, and which names are not used again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage import RoomStorage

TABLES = (
    """CREATE TABLE endings (
        room TEXT PRIMARY KEY,
        folder TEXT NOT NULL,
        made INTEGER NOT NULL,
        over INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
)

_BEGIN = "INSERT OR REPLACE INTO endings (room, folder, made) VALUES (?, ?, ?)"
_OVER = "UPDATE endings SET over = 1 WHERE room = ? AND folder = ?"
_FORGET = "DELETE FROM endings WHERE room = ? AND folder = ? AND made = 0"
_LIST = "SELECT room, folder, made, over FROM endings WHERE room > ? ORDER BY room LIMIT ?"


class Endings:
    """The table ``endings``: one row a chat room. Rooms that users made stay in it for good; others until it is over."""

    def __init__(self, storage: RoomStorage) -> None:
        self._storage = storage

    def begin(self, room: str, folder: str, made: bool) -> None:
        """The history of the room whose files are in ``folder`` is to end, and they with it."""
        self._storage.sql(_BEGIN, room, folder, int(made))

    def over(self, room: str, folder: str) -> None:
        """Nothing is left of it."""
        self._storage.sql(_FORGET, room, folder)
        self._storage.sql(_OVER, room, folder)

    def page(self, after: str, limit: int) -> list[list[object]]:
        """Up to ``limit`` rows by room: ``[room, folder, made, over]``."""
        return [list(row) for row in self._storage.sql(_LIST, after, limit)]
