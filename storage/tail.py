"""The records of one room that its file has not committed: kept in memory, to be done again if the open transaction is lost."""

from __future__ import annotations

import apsw

from storage.record import Alarm, Flag, Record, body_of
from storage.replay import apply_body


class Tail:
    """In order, the turns above the last commit."""

    __slots__ = ("records", "size_bytes")

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.size_bytes = 0

    def add(self, record: Record) -> None:
        self.records.append(record)
        self.size_bytes += len(record.data)

    def cut(self, durable: int) -> None:
        """Forget the records above ``durable``."""
        self.records = [record for record in self.records if record.number <= durable]
        self.size_bytes = sum([len(record.data) for record in self.records])

    @property
    def is_destroyed(self) -> bool:
        """Whether the room's last record is among them."""
        return bool(self.records) and self.records[-1].flags & Flag.DESTROYED != 0

    def alarm(self, committed: Alarm | None) -> Alarm | None:
        """The alarm after these turns, if it was ``committed`` before them."""
        for record in reversed(self.records):
            if record.alarm_changed:
                return record.alarm
        return committed

    def replay(self, cursor: apsw.Cursor) -> None:
        """Do them again, in the transaction that is open."""
        for record in self.records:
            apply_body(cursor, body_of(record.data))
