"""How SQLite is opened: one writing connection a room, readers and checkpointers beside it.

Write-ahead log, ``synchronous=NORMAL``: a power cut may take the last commits (the journal has them), never consistency.
Closing neither checkpoints nor syncs; ``Retirement`` does both in a worker thread.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import apsw

from storage.disk import NO_SPACE, make_folders
from storage.errors import StorageError, StorageFull
from storage.guard import Guard
from storage.schema import APPLICATION_ID, BASE_SCHEMA, FORMAT_VERSION

_BUSY_MS = 2_000
_STATEMENTS_KEPT = 64
_PROGRESS_STEPS = 20_000
_PAGES_KEPT = 16_384
"""Changed pages stay in memory up to this many (64 MiB), so that a full disk shows at COMMIT and not in the middle of a turn."""


def open_writer(path: str) -> apsw.Connection:
    """The one writing connection of a file that exists. Touches nothing until the first statement."""
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=_STATEMENTS_KEPT)
    _configure(connection)
    connection.execute(f"PRAGMA synchronous=NORMAL; PRAGMA cache_spill={_PAGES_KEPT}")
    return connection


def create(path: str, application_id: int = APPLICATION_ID) -> apsw.Connection:
    """A new file, empty, in WAL mode, readable by this user only. It is not synced: until it is, the journal can make it again.

    Its one page is written without SQLite, which would make a rollback journal for it. ``first_commit_done`` is to follow the
    first commit. Raises ``OSError`` and ``apsw.Error``.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)  # the log and -shm get the same mode
    try:
        os.write(descriptor, _first_page(application_id))
    finally:
        os.close(descriptor)
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=_STATEMENTS_KEPT)
    try:
        _configure(connection)
        connection.execute(f"PRAGMA synchronous=OFF; PRAGMA cache_spill={_PAGES_KEPT}")
    except BaseException:
        connection.close(True)
        raise
    return connection


def create_room_file(path: str) -> apsw.Connection:
    """A new file for a room, with its folders. What stands there is removed. Raises ``StorageFull`` or ``StorageError``."""
    try:
        make_folders(Path(os.path.dirname(path)))
        remove_database(path)
        return create(path)
    except (OSError, apsw.Error) as error:
        full = isinstance(error, apsw.FullError) or (isinstance(error, OSError) and error.errno in NO_SPACE)
        raise (StorageFull if full else StorageError)(f"{path} cannot be made: {error}") from error


def remove_database(path: Path | str) -> None:
    """The database goes first: a log without it is nothing."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{path}{suffix}")


@cache
def _first_page(application_id: int) -> bytes:
    """An empty database that says of itself what it is. Bytes 18 and 19 are 2 in WAL mode (SQLite file format, 1.3)."""
    connection = apsw.Connection(":memory:")
    connection.execute(f"PRAGMA application_id={application_id}; PRAGMA user_version={FORMAT_VERSION}")
    page = bytearray(connection.serialize("main"))
    connection.close()
    page[18:20] = b"\x02\x02"
    return bytes(page)


def first_commit_done(connection: apsw.Connection) -> None:
    """From here on the file that ``create`` made is like any other.

    SQLite syncs the head of a log that it begins again, lest old frames behind it come back; a new log has none.
    """
    connection.execute("PRAGMA synchronous=NORMAL")


def in_memory() -> apsw.Connection:
    """A database that stands in for a file not yet made."""
    connection = apsw.Connection(":memory:", statementcachesize=_STATEMENTS_KEPT)
    _configure(connection)
    connection.execute(BASE_SCHEMA)
    return connection


def open_reader(path: str) -> apsw.Connection:
    """A connection that only reads, beside a running server or without one. Its closing folds nothing back."""
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.set_busy_timeout(_BUSY_MS)
    return connection


def open_checkpointer(path: str) -> apsw.Connection:
    """A second connection that folds a file's log back into it, in a worker thread. It never waits for the writer.

    Raises ``apsw.BusyError`` while the writer opens or closes the file.
    """
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.wal_autocheckpoint(0)
        connection.execute("PRAGMA schema_version").get  # noqa: B018  the log is found only by a first statement
    except BaseException:
        connection.close(True)
        raise
    return connection


def cut_log(connection: apsw.Connection) -> None:
    """Fold the log back and make it empty, if nobody reads from it now; with SQLite's own syncs. No transaction may be open."""
    connection.set_busy_timeout(0)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.set_busy_timeout(_BUSY_MS)


def limit(connection: apsw.Connection, guard: Guard, interrupted: Callable[[], bool], row_bytes_max: int) -> None:
    """Put authors' SQL on ``connection`` under ``guard`` and under the time limit that ``interrupted`` tells."""
    connection.authorizer = guard.authorize
    connection.set_progress_handler(interrupted, _PROGRESS_STEPS)
    connection.limit(apsw.SQLITE_LIMIT_LENGTH, row_bytes_max)


def _configure(connection: apsw.Connection) -> None:
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.wal_autocheckpoint(0)
    connection.set_busy_timeout(_BUSY_MS)
    connection.execute("PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON")
