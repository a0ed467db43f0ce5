"""``rooms check``: is every file whole, and does each agree with the others? Nothing is changed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from storage.database import open_reader
from storage.errors import RoomSetAside, RoomUnknown
from storage.host import registry_rows
from storage.keys import RoomKey
from storage.names import DATABASE_SUFFIX, key_of, room_path
from storage.replay import read_room_row
from storage.schema import APPLICATION_ID
from storage.set_aside import marker_path
from storage.view import Reader


class Fault(NamedTuple):
    """One thing that is wrong: where, and what. As text it is one line."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}".replace("\n", " ")


def check_folder(folder: Path) -> Iterator[Fault]:
    """Every fault in the folder, as it is found: the journal's checksums and order, every database's integrity and numbers, the registry.

    Reads every page of every file. A server may be running. Raises ``FolderUnusable``.
    """
    with contextlib.closing(Reader(folder)) as reader:
        yield from [Fault("journal", fault) for fault in reader.journal.faults]
        yield from _check_host(reader)
        for path in sorted((folder / "rooms").glob(f"*/*/*{DATABASE_SUFFIX}")):
            yield from _check_file(reader, path)
        yield from _check_registry(reader)


def _check_host(reader: Reader) -> Iterator[Fault]:
    where = "host.sqlite3"
    if reader.host is None:
        yield Fault(where, str(reader.host_fault))
        return
    try:
        yield from [Fault(where, what) for what in _integrity(reader.host)]
        ids: Any = reader.host.execute("SELECT id, former_id FROM folder").fetchone()
    except apsw.Error as error:
        yield Fault(where, str(error))
        return
    if reader.journal.folder_ids - set(ids):
        yield Fault("journal", "it belongs to another data folder")


def _check_file(reader: Reader, path: Path) -> Iterator[Fault]:
    where = str(path.relative_to(reader.folder))
    if marker_path(path).exists() or path.stat().st_size == 0:
        return  # said by the registry; and SQLite would delete the log beside an empty file
    try:
        with contextlib.closing(open_reader(str(path))) as connection:
            faults = _integrity(connection)
            if faults:
                yield from [Fault(where, what) for what in faults]
                return
            yield from [Fault(where, what) for what in _contents(reader, path, connection)]
    except apsw.Error as error:
        if path.exists():
            yield Fault(where, str(error))


def _integrity(connection: apsw.Connection) -> list[str]:
    rows = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
    return [] if rows == ["ok"] else rows


def _contents(reader: Reader, path: Path, connection: apsw.Connection) -> Iterator[str]:
    if not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall():
        yield from _missing_tables(reader, key_of(path))
        return
    application: Any = connection.execute("PRAGMA application_id").fetchone()
    if application[0] != APPLICATION_ID:
        yield "it is not a room's file"
        return
    row: Any = read_room_row(connection.cursor())
    if row is None:
        yield "it has no row for the room"
        return
    key = RoomKey(row[0], row[1])
    if reader.folder / room_path(key) != path:
        yield f"it is the file of {key}, which belongs elsewhere"
    number = row[4]
    for body in reader.journal.records(key):
        if body.generation == row[3] and body.number > number:
            if body.number != number + 1:
                yield f"record {number + 1} is missing: the next is {body.number}"
                return
            number = body.number


def _missing_tables(reader: Reader, key: RoomKey | None) -> Iterator[str]:
    """A file that was made and never committed to is no fault, unless its room is known."""
    row = reader.row(key) if key is not None else None
    if key is not None and row is not None and row.state == "live" and next(reader.journal.records(key), None) is None:
        yield "its tables are missing"


def _check_registry(reader: Reader) -> Iterator[Fault]:
    if reader.host is None:
        return
    try:
        for row in registry_rows(reader.host, None):
            if row.state == "set_aside":
                yield Fault(str(row.key), f"it is set aside: {row.reason}")
            elif row.state == "live" and _is_empty(reader.folder / room_path(row.key)):
                yield from _check_missing(reader, row.key)
    except apsw.Error as error:
        yield Fault("host.sqlite3", str(error))


def _check_missing(reader: Reader, key: RoomKey) -> Iterator[Fault]:
    try:
        with reader.room(key):
            return
    except RoomSetAside as error:
        yield Fault(str(key), error.reason)
    except RoomUnknown:
        return  # destroyed since


def _is_empty(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0
