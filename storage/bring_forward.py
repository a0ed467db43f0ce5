"""Applying to one room's file the records that it lacks, at start-up."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from typing import Any

import apsw

from storage.database import create_room_file, first_commit_done, open_writer, remove_database
from storage.disk import Disk
from storage.errors import StorageFull
from storage.host import Host
from storage.record import Alarm, Body
from storage.recovery import FoundJournal, Progress
from storage.replay import apply_body, read_room_row, tells_wait
from storage.retirement import Retirement
from storage.schema import SET_NUMBER
from storage.set_aside import mark
from storage.standing import Standing

_ROOMS_A_COMMIT = 1000


class Damaged(Exception):
    """The room cannot be brought forward. Its file is as it was."""


def bring_all_forward(found: FoundJournal, host: Host, retirement: Retirement, disk: Disk, progress: Progress) -> None:
    """Bring every room that the journal names forward, and the host with it. Raises ``StorageFull``; then it can be done again."""
    keys = found.keys
    for done, key in enumerate(keys):
        if host.is_set_aside(key) is None:
            standing = retirement.standing(key)
            _bring_or_set_aside(standing, found, host, disk)
            standing.open = False
        if done % _ROOMS_A_COMMIT == 0:
            progress("bringing rooms forward", done, len(keys))
            _commit(host)
    _commit(host)
    progress("bringing rooms forward", len(keys), len(keys))


def _commit(host: Host) -> None:
    if not host.commit():
        raise StorageFull(f"no space for host.sqlite3: {host.trouble}")


def _bring_or_set_aside(standing: Standing, found: FoundJournal, host: Host, disk: Disk) -> None:
    row = host.row(standing.key)
    generation = row.generation if row is not None else 0
    try:
        if standing.key in found.reborn:
            generation = max(generation, found.reborn[standing.key])
            _finish_destroy(standing, generation, host)
        _bring(standing, generation, found.records(standing.key), host)
    except apsw.FullError as error:
        raise StorageFull(f"no space to bring {standing.key} forward: {error}") from error
    except (apsw.Error, Damaged) as error:
        reason = str(error)
        mark(standing.path, reason, disk)
        host.set_aside(standing.key, generation, reason)


def _finish_destroy(standing: Standing, generation: int, host: Host) -> None:
    """A crash may have come between the record of the destruction and the removal of the file."""
    if _generation_of(standing.database) < generation:
        remove_database(standing.database)
        standing.made = True
    standing.committed = (generation, 0)
    host.destroyed(standing.key, generation)


def _generation_of(path: str) -> int:
    """Of the history that the file holds; -1 if there is none to be read."""
    if not _has_bytes(path):
        return -1
    connection = open_writer(path)
    try:
        row = read_room_row(connection.cursor())
        return -1 if row is None else int(row[3])
    except (apsw.SQLError, apsw.NotADBError, apsw.CorruptError):
        return -1
    finally:
        connection.close(True)


def _bring(standing: Standing, generation: int, records: Iterable[Body], host: Host) -> None:
    records = (body for body in records if body.generation >= generation)
    first = next(iter(records), None)
    if first is None:
        return
    with contextlib.closing(_open(standing, first)) as connection:
        cursor = connection.cursor()
        row = _row_or_none(cursor)
        if row is None and first.number != 1:
            raise Damaged(f"its file is empty and its records begin at {first.number}")
        if row is not None and row[:2] != tuple(standing.key):
            raise Damaged(f"the file is that of {row[0]}/{row[1]}")
        generation, number = (first.generation, 0) if row is None else (row[3], row[4])
        cursor.execute("BEGIN IMMEDIATE")
        reached = _apply(cursor, generation, number, first, records)
        if reached != number:
            cursor.execute(SET_NUMBER, (reached,))
            cursor.execute("COMMIT")
        else:
            cursor.execute("ROLLBACK")
        first_commit_done(connection)
        row = read_room_row(cursor)
        alarm = Alarm(*row[6:9]) if row[6] is not None else None
        host.put(standing.key, row[3], row[2], alarm, tells_wait(cursor))
    standing.committed = (generation, reached)


def _open(standing: Standing, first: Body) -> apsw.Connection:
    path = standing.database
    if _has_bytes(path):
        standing.made = first.number == 1
        return open_writer(path)
    if first.number != 1:
        what = "empty" if os.path.exists(path) else "missing"
        raise Damaged(f"its file is {what} and its records begin at {first.number}")
    standing.made = True
    return create_room_file(path)


def _row_or_none(cursor: apsw.Cursor) -> tuple[Any, ...] | None:
    """The row of ``room``; None if the file holds no tables at all: its first commit never reached the disk."""
    if not cursor.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall():
        return None
    row = read_room_row(cursor)
    if row is None:
        raise Damaged("its file has no row for the room")
    return tuple(row)


def _apply(cursor: apsw.Cursor, generation: int, number: int, first: Body, rest: Iterable[Body]) -> int:
    """Apply what comes after ``number``; the number of the last record applied."""
    body: Body | None = first
    records = iter(rest)
    while body is not None:
        if body.generation > generation:
            raise Damaged(f"its file is of generation {generation}, its records of {body.generation}")
        if body.generation == generation and body.number > number:
            if body.number != number + 1:
                raise Damaged(f"record {number + 1} is missing: the next is {body.number}")
            apply_body(cursor, body)
            number = body.number
        body = next(records, None)
    return number


def _has_bytes(path: str) -> bool:
    try:
        return os.stat(path).st_size > 0
    except FileNotFoundError:
        return False
