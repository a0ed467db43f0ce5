"""The empty tables of a kind, in memory: read in place of the file that a room has not made yet."""

from __future__ import annotations

from time import perf_counter
from typing import Protocol

from storage.database import in_memory, limit
from storage.guard import Guard
from storage.keys import RoomKey
from storage.tables import Migrations, make_tables


class Reader(Protocol):
    """What runs SQL: it may be told to stop."""

    @property
    def deadline(self) -> float | None:
        """When its SQL is stopped, in ``time.perf_counter()`` seconds."""


class StandIn:
    """One for all rooms of a kind that never wrote: nothing is ever written to it, and a room that only reads costs no database."""

    __slots__ = ("connection", "guard", "reader")

    def __init__(self, key: RoomKey, migrations: Migrations, row_bytes_max: int) -> None:
        """Raises ``MigrationFailed``."""
        self.guard = Guard()
        self.reader: Reader | None = None
        """Whose SQL runs."""
        self.connection = in_memory()
        make_tables(self.connection, key, migrations)
        limit(self.connection, self.guard, self._is_late, row_bytes_max)

    def _is_late(self) -> bool:
        deadline = None if self.reader is None else self.reader.deadline
        return deadline is not None and perf_counter() > deadline


class StandIns:
    """Those of a folder, made when they are first read from. Used on one thread."""

    def __init__(self, row_bytes_max: int) -> None:
        self._row_bytes_max = row_bytes_max
        self._stand_ins: dict[str, StandIn] = {}

    def of(self, key: RoomKey, migrations: Migrations) -> StandIn:
        """That of the room's kind. Raises ``MigrationFailed``."""
        stand_in = self._stand_ins.get(key.kind)
        if stand_in is None:
            stand_in = self._stand_ins[key.kind] = StandIn(key, migrations, self._row_bytes_max)
        return stand_in

    def close(self) -> None:
        """Nobody reads any more."""
        for stand_in in self._stand_ins.values():
            stand_in.connection.close(True)
        self._stand_ins.clear()
