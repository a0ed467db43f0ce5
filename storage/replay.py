"""Doing again what a record says, the one way in which a file is brought forward; and reading how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from storage.derived import drop_derived
from storage.record import VIOLATED, Body, Flag, operations_of
from storage.schema import BUILT_IN, READ_ROOM


def apply_body(cursor: apsw.Cursor, body: Body) -> None:
    """Do all that ``body``'s turn wrote, inside the transaction that is open. Raises ``apsw.Error``; then the rest was not done.

    What the turn deleted from derived tables is in no record: if it was to leave the disk, they go as a whole.
    """
    for operation in operations_of(body):
        _apply(cursor, operation)
    if body.flags & Flag.FORGETS:
        drop_derived(cursor)


def read_room_row(cursor: apsw.Cursor) -> Any:
    """The one row of the table ``room``."""
    return cursor.execute(READ_ROOM).fetchone()


def tells_wait(cursor: apsw.Cursor) -> bool:
    """Whether the file holds tells that are not known to have been received."""
    made = cursor.execute("SELECT 1 FROM sqlite_schema WHERE name = 'tells'").fetchall()
    return bool(made) and bool(cursor.execute("SELECT 1 FROM tells LIMIT 1").fetchall())


def _apply(cursor: apsw.Cursor, operation: Sequence[Any]) -> None:
    first = operation[0]
    if type(first) is str:
        cursor.execute(first, operation[1:]).fetchall()
    elif first == VIOLATED:
        _violate(cursor, operation)
    else:
        cursor.execute(BUILT_IN[first], operation[1:])


def _violate(cursor: apsw.Cursor, operation: Sequence[Any]) -> None:
    try:
        cursor.execute(operation[1], operation[2:]).fetchall()
    except apsw.ConstraintError:
        return
    raise apsw.SQLError(f"a statement that violated a constraint no longer does: {operation[1]}")
