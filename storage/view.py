"""A room as it is, for reading commands: its file, brought forward by the journal in a copy if it is behind. Changes nothing.

Works beside a running server, without one, and after a crash that no server has seen yet. The journal is read before the
file is opened: what is retired in between is in the file.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from storage.database import open_reader
from storage.errors import FolderUnusable, NoHistory, RoomSetAside, RoomUnknown
from storage.host import RegistryRow, registry_row
from storage.keys import RoomKey
from storage.names import room_path
from storage.record import Alarm, Body
from storage.recovery import FoundJournal, find_journal
from storage.replay import apply_body, read_room_row
from storage.schema import RESERVED_TABLES
from storage.values import decode_value


class Undecodable(bytes):
    """A stored value that is not one of ours."""


ENTRY_BYTES_MAX = 65_536
"""How much of one value a page of keys shows: values may have two megabytes each."""

_SEQ_MAX = 2**63 - 1
_ENTRIES = """SELECT key, substr(value, 1, ?), length(value) FROM kv
    WHERE key >= ? AND (key > ? OR ?) AND substr(key, 1, length(?)) = ? ORDER BY key LIMIT ?"""


def _decoded(value: bytes, size_bytes: int) -> Any:
    if size_bytes > len(value):
        return Undecodable(value)
    try:
        return decode_value(value)
    except ValueError:
        return Undecodable(value)


class RoomView:
    """One room, read only. ``number`` is that of the last turn shown; ``journaled`` how many of them the file lacks."""

    def __init__(self, key: RoomKey, connection: apsw.Connection, path: Path, journaled: int) -> None:
        row = read_room_row(connection.cursor())
        self.key = key
        self.path = path
        self.journaled = journaled
        self.epoch: str = row[2]
        self.generation: int = row[3]
        self.number: int = row[4] + journaled
        self.alarm = Alarm(*row[6:9]) if row[6] is not None else None
        self._connection = connection

    @property
    def size_bytes(self) -> int:
        """The database and its write-ahead file."""
        return sum([_stat(path)[0] for path in _files(self.path)])

    @property
    def last_active_ms(self) -> int:
        """When the room's file was last written, in Unix milliseconds; 0 if the room is in the journal only."""
        return max([_stat(path)[1] for path in _files(self.path)])

    def rows(self, sql: str, *parameters: Any) -> Iterator[tuple[Any, ...]]:
        """The rows of any reading statement. Raises ``apsw.Error``."""
        return self._connection.execute(sql, parameters)

    def tables(self) -> dict[str, int]:
        """The kind's own tables and how many rows each has."""
        names = self.rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') ORDER BY name")
        own = [name for (name,) in names if name not in RESERVED_TABLES and not name.startswith("sqlite_")]
        return {name: self._count(name) for name in own}

    def keys(self) -> int:
        """How many keys are stored."""
        return self._count("kv")

    def values(self) -> Iterator[tuple[str, Any]]:
        """Every key with its value, in order; what cannot be decoded comes as ``Undecodable``."""
        for key, value in self.rows("SELECT key, value FROM kv ORDER BY key"):
            try:
                yield key, decode_value(value)
            except ValueError:
                yield key, Undecodable(value)

    def entries(self, *, prefix: str = "", after: str | None = None, limit: int) -> Iterator[tuple[str, Any, int]]:
        """A page of keys that begin with ``prefix`` and follow ``after``: each with its value and how many bytes that is.

        What is larger than ``ENTRY_BYTES_MAX`` or cannot be decoded comes as ``Undecodable``, cut to that size.
        """
        for key, value, size_bytes in self.rows(_ENTRIES, ENTRY_BYTES_MAX, prefix, after or "", after is None, prefix, prefix, limit):
            yield key, _decoded(value, size_bytes), size_bytes

    def page(self, *, before: int | None, limit: int) -> list[dict[str, Any]]:
        """The last ``limit`` rows of ``messages`` with ``seq`` below ``before`` (``None``: of all), ascending. Raises ``NoHistory``."""
        sql = "SELECT * FROM (SELECT * FROM messages WHERE seq < ? ORDER BY seq DESC LIMIT ?) ORDER BY seq"
        try:
            cursor = self._connection.execute(sql, (_SEQ_MAX if before is None else before, limit))
        except apsw.SQLError as error:
            raise NoHistory(self.key) from error
        return [dict(zip([column[0] for column in cursor.get_description()], row, strict=True)) for row in cursor]

    def unsent_tells(self) -> int:
        """How many tells wait to be received."""
        made = list(self.rows("SELECT 1 FROM sqlite_schema WHERE name = 'tells'"))
        return self._count("tells") if made else 0

    def messages(self) -> int | None:
        """How many rows the table ``messages`` has; None if there is none."""
        made = list(self.rows("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'messages'"))
        return self._count("messages") if made else None

    def history(self, *, tail: int | None, after: int) -> Iterator[dict[str, Any]]:
        """Rows of ``messages`` with ``seq`` above ``after``, ascending; only the last ``tail`` of them, if given. Raises ``NoHistory``."""
        order = "SELECT * FROM messages WHERE seq > ? ORDER BY seq"
        try:
            if tail is None:
                cursor = self._connection.execute(order, (after,))
            else:
                cursor = self._connection.execute(
                    "SELECT * FROM (SELECT * FROM messages WHERE seq > ? ORDER BY seq DESC LIMIT ?) ORDER BY seq", (after, tail)
                )
        except apsw.SQLError as error:
            raise NoHistory(self.key) from error
        for row in cursor:
            yield dict(zip([column[0] for column in cursor.get_description()], row, strict=True))

    def _count(self, table: str) -> int:
        quoted = table.replace('"', '""')
        return int(next(self.rows(f'SELECT count(*) FROM "{quoted}"'))[0])


class Reader:
    """The folder as it was when the reader was made: its journal, its registry. Close it."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "journal").is_dir():
            raise FolderUnusable(folder, "there is no data folder")
        self.folder = folder
        self.journal: FoundJournal = find_journal(folder / "journal", lambda _what, _done, _total: None, None)
        self.host_fault: str | None = None
        self.host = self._open_host()

    def _open_host(self) -> apsw.Connection | None:
        path = self.folder / "host.sqlite3"
        if _stat(path)[0] == 0:
            self.host_fault = "it is missing or empty; the next start makes it again from the rooms' files"
            return None
        connection = open_reader(str(path))
        try:
            connection.execute("SELECT id FROM folder").fetchall()
        except apsw.Error as error:
            self.host_fault = f"{error}; the next start makes it again from the rooms' files"
            connection.close(True)
            return None
        return connection

    def close(self) -> None:
        self.journal.close()
        if self.host is not None:
            self.host.close(True)

    def row(self, key: RoomKey) -> RegistryRow | None:
        """What the host knows of the room, as of its last commit."""
        if self.host is None:
            return None
        sql = "SELECT kind, name, generation, epoch, state, reason, alarm_ms, tells_wait FROM room WHERE kind = ? AND name = ?"
        row: Any = self.host.execute(sql, key).fetchone()
        return None if row is None else registry_row(row)

    @contextlib.contextmanager
    def room(self, key: RoomKey) -> Iterator[RoomView]:
        """Open one room. Raises ``RoomUnknown``, and ``RoomSetAside`` if it cannot be read."""
        path = self.folder / room_path(key)
        row = self.row(key)
        generation = max(row.generation if row else 0, self.journal.reborn.get(key, 0))
        records = [body for body in self.journal.records(key) if body.generation >= generation]
        try:
            connection, journaled = _open(path, generation, records)
        except (apsw.NotADBError, apsw.CorruptError, apsw.SQLError, apsw.IOError) as error:
            raise RoomSetAside(key, (row and row.reason) or f"its file is damaged: {error}") from error
        if connection is None:
            if records or (row is not None and row.state != "destroyed"):
                raise RoomSetAside(key, (row and row.reason) or "its file is missing or empty")
            raise RoomUnknown(key)
        try:
            yield RoomView(key, connection, path, journaled)
        finally:
            connection.close(True)


def _open(path: Path, generation: int, records: list[Body]) -> tuple[apsw.Connection | None, int]:
    """A connection that shows the room with all its records, and how many of them are in no file yet; None if there is no such room."""
    connection, number = _open_file(path, generation)
    lacking = _next_records(records, number)
    if connection is None and not lacking:
        return None, 0
    if not lacking:
        return connection, 0
    copy = apsw.Connection("")  # a temporary file that SQLite deletes
    if connection is not None:
        _copy(connection, copy)
        connection.close(True)
    copy.execute("PRAGMA foreign_keys=ON; BEGIN")
    cursor = copy.cursor()
    for body in lacking:
        apply_body(cursor, body)
    return copy, len(lacking)


def _open_file(path: Path, generation: int) -> tuple[apsw.Connection | None, int]:
    """The file, in one reading transaction, and its number; None and 0 if it holds nothing of this generation."""
    if _stat(path)[0] == 0:
        return None, 0
    connection = open_reader(str(path))
    try:
        connection.execute("BEGIN")
        empty = not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
        row: Any = None if empty else read_room_row(connection.cursor())
    except BaseException:
        connection.close(True)
        raise
    if row is None or row[3] < generation:
        connection.close(True)
        return None, 0
    return connection, row[4]


def _next_records(records: list[Body], number: int) -> list[Body]:
    """The records that follow on ``number`` without a gap."""
    following = []
    for body in records:
        if body.number == number + 1:
            following.append(body)
            number = body.number
    return following


def _copy(source: apsw.Connection, target: apsw.Connection) -> None:
    with target.backup("main", source, "main") as backup:
        backup.step()


def _files(path: Path) -> tuple[Path, Path]:
    return path, path.with_name(path.name + "-wal")


def _stat(path: Path) -> tuple[int, int]:
    """Size in bytes and time of the last write in Unix ms; zeros if there is no such file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_size, status.st_mtime_ns // 1_000_000
