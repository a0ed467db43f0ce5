"""``host.sqlite3``: which rooms there are, when their alarms are due, which have unsent tells.

It follows the rooms' records: what it says of a room is never later than the room's own truth, and if it is lost it is
made again from the files. Changes are kept in an open transaction, like a room's; ``commit`` does not sync.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from storage.database import create, first_commit_done, open_writer
from storage.keys import RoomKey
from storage.record import Alarm, Flag, Record

HOST_APPLICATION_ID = 0x524F4F48
_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE folder(id TEXT NOT NULL, former_id TEXT);
CREATE TABLE room(
  kind TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, epoch TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('live', 'set_aside', 'destroyed')), reason TEXT,
  alarm_ms INTEGER, tells_wait INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(kind, name)) WITHOUT ROWID;
CREATE INDEX room_alarm ON room(alarm_ms) WHERE alarm_ms IS NOT NULL;
CREATE INDEX room_tells ON room(kind, name) WHERE tells_wait;
CREATE INDEX room_set_aside ON room(kind, name) WHERE state = 'set_aside';
"""

_PUT = """
INSERT INTO room(kind, name, generation, epoch, state, alarm_ms, tells_wait) VALUES(?, ?, ?, ?, 'live', ?, ?)
ON CONFLICT DO UPDATE SET generation = excluded.generation, epoch = excluded.epoch, state = excluded.state, reason = NULL,
  alarm_ms = excluded.alarm_ms, tells_wait = excluded.tells_wait
"""
_DESTROY = """
INSERT INTO room(kind, name, generation, epoch, state) VALUES(?, ?, ?, '', 'destroyed')
ON CONFLICT DO UPDATE SET
  generation = excluded.generation, epoch = '', state = excluded.state, reason = NULL, alarm_ms = NULL, tells_wait = 0
"""
_SET_ASIDE = """
INSERT INTO room(kind, name, generation, epoch, state, reason) VALUES(?, ?, ?, '', 'set_aside', ?)
ON CONFLICT DO UPDATE SET state = excluded.state, reason = excluded.reason, alarm_ms = NULL, tells_wait = 0
"""
_COLUMNS = "kind, name, generation, epoch, state, reason, alarm_ms, tells_wait"


class RegistryRow(NamedTuple):
    """What the host knows of one room. ``state``: ``live``, ``set_aside`` (with a ``reason``) or ``destroyed``.

    ``generation`` of a destroyed room is that of the history which the name begins next.
    """

    key: RoomKey
    generation: int
    epoch: str
    state: str
    reason: str | None
    alarm_ms: int | None
    tells_wait: bool


class Host:
    """The open ``host.sqlite3``. Used on one thread.

    ``committed_records`` counts the records that concern the host and are in the file; ``Retirement`` compares it.
    """

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self.path = path
        self.wal = path.with_name(path.name + "-wal")
        self.trouble: str | None = None
        self._connection = connection
        self._cursor = connection.cursor()
        self._begun = False
        self._since_commit: list[tuple[str, Sequence[Any]]] = []
        self._applied_records = 0
        self.committed_records = 0
        self.set_aside_reasons = {
            RoomKey(kind, name): reason
            for kind, name, reason in self._cursor.execute("SELECT kind, name, reason FROM room WHERE state = 'set_aside'")
        }
        ids: Any = self._cursor.execute("SELECT id, former_id FROM folder").fetchone()
        self.folder_id: str = ids[0]
        self.former_folder_id: str | None = ids[1]

    @classmethod
    def open(cls, path: Path) -> Host:
        """Open the file that exists. Raises ``apsw.Error`` if any page of it is damaged: of 100,000 rooms that takes 50 ms to see."""
        connection = open_writer(str(path))
        try:
            found: list[Any] = connection.execute("PRAGMA quick_check(1)").fetchall()
            if found != [("ok",)]:
                raise apsw.CorruptError(str(found[0][0]))
            return cls(connection, path)
        except BaseException:
            connection.close(True)
            raise

    @classmethod
    def create(cls, path: Path, former_folder_id: str | None) -> Host:
        """Make a new, empty one, with a folder id of its own."""
        connection = create(str(path), HOST_APPLICATION_ID)
        connection.execute(_SCHEMA)
        connection.execute("INSERT INTO folder VALUES(?, ?)", (secrets.token_hex(16), former_folder_id))
        connection.execute("COMMIT")
        first_commit_done(connection)
        return cls(connection, path)

    def apply(self, records: Iterable[Record]) -> None:
        """Take note of records that have become durable, in their order."""
        for record in records:
            if record.for_host:
                self._apply(record)
                self._applied_records += 1

    def due(self, now_ms: int, limit: int) -> list[tuple[RoomKey, int]]:
        """Up to ``limit`` rooms whose alarm is due, and when it was, the longest due first."""
        rows = self._cursor.execute("SELECT kind, name, alarm_ms FROM room WHERE alarm_ms <= ? ORDER BY alarm_ms LIMIT ?", (now_ms, limit))
        return [(RoomKey(kind, name), alarm_ms) for kind, name, alarm_ms in rows]

    def next_due(self) -> int | None:
        """When the next alarm of any room is due."""
        row = self._cursor.execute("SELECT alarm_ms FROM room WHERE alarm_ms IS NOT NULL ORDER BY alarm_ms LIMIT 1").fetchone()
        return None if row is None else int(row[0])

    def unsent(self) -> Iterator[RoomKey]:
        """Rooms with tells that are not known to have been received."""
        after = RoomKey("", "")
        while True:
            rows: list[Any] = self._cursor.execute(
                "SELECT kind, name FROM room WHERE tells_wait AND (kind, name) > (?, ?) ORDER BY kind, name LIMIT 100", after
            ).fetchall()
            if not rows:
                return
            for row in rows:
                after = RoomKey(*row)
                yield after

    def row(self, key: RoomKey) -> RegistryRow | None:
        """What is known of one room; None if it never wrote."""
        row = self._cursor.execute(f"SELECT {_COLUMNS} FROM room WHERE kind = ? AND name = ?", key).fetchone()
        return None if row is None else registry_row(row)

    def rooms(self, kind: str | None = None, after: RoomKey | None = None) -> Iterator[RegistryRow]:
        """Every room that is known, by kind and name, read a page at a time; of one kind, or those that follow ``after``, if given."""
        return registry_rows(self._cursor.connection, kind, after)

    def is_set_aside(self, key: RoomKey) -> str | None:
        """Why the room cannot be served, or None."""
        return self.set_aside_reasons.get(key)

    def set_aside(self, key: RoomKey, generation: int, reason: str) -> None:
        """The room is not served until an operator has looked at it."""
        self.set_aside_reasons[key] = reason
        self._change(_SET_ASIDE, (*key, generation, reason))

    def put(self, key: RoomKey, generation: int, epoch: str, alarm: Alarm | None, tells_wait: bool) -> None:
        """What the room's file says."""
        self.set_aside_reasons.pop(key, None)
        self._change(_PUT, (*key, generation, epoch, alarm and alarm.at_ms, tells_wait))

    def destroyed(self, key: RoomKey, generation: int) -> None:
        """The room was destroyed; if the name is used again, that is ``generation``."""
        self.set_aside_reasons.pop(key, None)
        self._change(_DESTROY, (*key, generation))

    def commit(self) -> bool:
        """Put the changes into the file, unsynced. False: there is no space (``trouble`` says so); nothing is lost, ask again later."""
        if not self._since_commit:
            return True
        try:
            self._stand_up()
            self._cursor.execute("COMMIT")
        except apsw.Error as error:
            self.trouble = str(error)
            self._lie_down()
            with contextlib.suppress(apsw.Error):
                self._stand_up()
            return False
        self._begun = False
        self._since_commit = []
        self.trouble = None
        self.committed_records = self._applied_records
        return True

    def close(self) -> None:
        """Let the file go; ``commit`` first."""
        self._lie_down()
        self._connection.close(True)

    def _apply(self, record: Record) -> None:
        key, flags = record.key, record.flags
        if flags & Flag.DESTROYED:
            self.destroyed(key, record.generation + 1)
            return
        if flags & Flag.MADE:
            self.put(key, record.generation, record.epoch, record.alarm, bool(flags & Flag.TELLS_WAIT))
            return
        if flags & Flag.ALARM_CHANGED:
            self._change("UPDATE room SET alarm_ms = ? WHERE kind = ? AND name = ?", (record.alarm and record.alarm.at_ms, *key))
        if flags & (Flag.TELLS_WAIT | Flag.TELLS_DONE):
            self._change("UPDATE room SET tells_wait = ? WHERE kind = ? AND name = ?", (bool(flags & Flag.TELLS_WAIT), *key))

    def _change(self, sql: str, parameters: Sequence[Any]) -> None:
        self._since_commit.append((sql, parameters))
        try:
            if self._begun and self._connection.in_transaction:
                self._cursor.execute(sql, parameters)
            else:
                self._stand_up()
        except apsw.Error as error:
            self.trouble = str(error)
            self._lie_down()

    def _stand_up(self) -> None:
        """Be in a transaction that has every change since the last commit."""
        if self._begun and self._connection.in_transaction:
            return
        self._cursor.execute("BEGIN IMMEDIATE")
        self._begun = True
        for sql, parameters in self._since_commit:
            self._cursor.execute(sql, parameters)

    def _lie_down(self) -> None:
        if self._begun and self._connection.in_transaction:
            with contextlib.suppress(apsw.Error):
                self._cursor.execute("ROLLBACK")
        self._begun = False


def registry_rows(connection: apsw.Connection, kind: str | None, begin_after: RoomKey | None = None) -> Iterator[RegistryRow]:
    """Rows of the registry, a page at a time, so that their number costs no memory."""
    after: Any = max(begin_after or ("", ""), ("", "") if kind is None else (kind, ""))
    while True:
        page = connection.execute(
            f"SELECT {_COLUMNS} FROM room WHERE (kind, name) > (?, ?) AND (? IS NULL OR kind = ?) ORDER BY kind, name LIMIT 500",
            (*after, kind, kind),
        ).fetchall()
        if not page:
            return
        for row in page:
            yield registry_row(row)
        after = page[-1][:2]


def registry_row(row: Sequence[Any]) -> RegistryRow:
    kind, name, generation, epoch, state, reason, alarm_ms, tells_wait = row
    return RegistryRow(RoomKey(kind, name), generation, epoch, state, reason, alarm_ms, bool(tells_wait))
