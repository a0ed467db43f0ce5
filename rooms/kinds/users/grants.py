"""Grants: the chat rooms that a user may enter beyond what is in a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage import RoomStorage

TABLES = ("CREATE TABLE grants (room TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) WITHOUT ROWID",)

GRANTS_MAX = 1_000
"""Rooms granted to one user at a time."""


class Grants:
    """The table ``grants``: one row a room."""

    def __init__(self, storage: RoomStorage, grants_max: int = GRANTS_MAX) -> None:
        self._storage = storage
        self._grants_max = grants_max

    def add(self, room: str, now_ms: int) -> bool:
        """One more; ``False`` if there are as many as may be. Writes nothing if it is granted already."""
        if self._has(room):
            return True
        ((count,),) = self._storage.sql("SELECT count(*) FROM grants")
        if count >= self._grants_max:
            return False
        self._storage.sql("INSERT INTO grants (room, since_ms) VALUES (?, ?)", room, now_ms)
        return True

    def remove(self, room: str) -> bool:
        """One less; whether there was one."""
        had = self._has(room)
        if had:
            self._storage.sql("DELETE FROM grants WHERE room = ?", room)
        return had

    def rooms(self) -> list[str]:
        """All of them, the latest first."""
        return [room for (room,) in self._storage.sql("SELECT room FROM grants ORDER BY since_ms DESC, room")]

    def _has(self, room: str) -> bool:
        return bool(self._storage.sql("SELECT 1 FROM grants WHERE room = ?", room))
