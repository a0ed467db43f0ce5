"""How far one room's file has come, shared by the loop thread (which commits) and the retiring thread (which syncs)."""

from __future__ import annotations

from pathlib import Path

from storage.journal import Mark
from storage.keys import RoomKey
from storage.record import Flag, Record

NOTHING: Mark = (-1, 0)


class Standing:
    """``committed`` and ``synced`` are marks in the room's history; each attribute has one writing thread. ``database``: its file.

    ``made``: the file is new, so its folders and its first page are not known to be on the disk. ``open``: the loop thread
    has it open. ``derived``: how often derived tables were committed. ``looked``: how far it had come when its write-ahead
    file was looked at. ``trim``: the retiring thread asks the loop thread to cut the write-ahead file at the next commit.
    ``damage``: what was found wrong with the file while it was open. ``tail``: durable records that the file had no space for
    when it was closed.
    """

    __slots__ = ("committed", "damage", "database", "derived", "key", "looked", "made", "open", "synced", "tail", "trim")

    def __init__(self, key: RoomKey, database: str) -> None:
        self.key = key
        self.database = database
        self.committed = NOTHING
        self.synced = NOTHING
        self.looked: tuple[Mark, int] = (NOTHING, 0)
        self.made = False
        self.open = False
        self.trim = False
        self.derived = 0
        self.damage: str | None = None
        self.tail: list[Record] = []

    @property
    def begins_in_tail(self) -> bool:
        """Whether nothing at all was ever committed to the file."""
        return bool(self.tail) and self.tail[0].number == 1

    @property
    def ends_destroyed(self) -> bool:
        """Whether the room was destroyed and closed before its file was removed."""
        return bool(self.tail) and self.tail[-1].flags & Flag.DESTROYED != 0

    def destroyed(self) -> None:
        """The file was removed; the name begins anew."""
        self.committed = (self.tail[-1].generation + 1, 0)
        self.tail = []

    @property
    def path(self) -> Path:
        """``database``. Made when asked for: a ``Path`` interns the names in it, and there may be many rooms."""
        return Path(self.database)

    @property
    def wal(self) -> str:
        """The write-ahead file beside the database."""
        return f"{self.database}-wal"
