"""Derived tables: what a kind can make again from its other tables, such as an index to search in. They are in no record.

They are written in the same transaction as the turns they follow from, so the file is never ahead with them; when a transaction
is lost, or a file brought forward by the journal, they stay behind until the kind catches up.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import apsw

from storage.guard import Mode
from storage.turns import Turns

DerivedTables = Sequence[str]
"""The statements that make a kind's derived tables. When they change, the tables are dropped and made anew, empty."""

_OBJECTS = """
SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') AND name LIKE 'derived\\_%' ESCAPE '\\'
ORDER BY type = 'table', sql NOT LIKE 'create virtual%'
"""
_IS_MADE = "SELECT 1 FROM sqlite_schema WHERE name = ?"


class Derived:
    """Makes the derived tables of one room, before the first statement that touches them after the file was opened."""

    __slots__ = ("_is_damaged", "_mark", "_turns", "schema")

    def __init__(self, turns: Turns, schema: DerivedTables) -> None:
        self._turns = turns
        self.schema = schema
        self._is_damaged = False
        self._mark = f"derived_by_{sha256(';'.join(schema).encode()).hexdigest()[:16]}"

    @property
    def are_any(self) -> bool:
        """Whether the kind has any."""
        return bool(self.schema)

    def need(self) -> None:
        """The tables are to be read or written. Raises what ``RoomStorage.sql`` raises."""
        turns = self._turns
        if not turns.file_stands or (turns.derived_stand and not self._is_damaged):
            return
        try:
            if self._is_damaged or not turns.read(_IS_MADE, (self._mark,)):
                self._make()
        except apsw.Error as error:
            raise turns.failure(error, "making derived tables") from error
        finally:
            turns.guard.mode = Mode.OWN
        self._is_damaged = False
        turns.derived_stand = True

    def damaged(self) -> None:
        """They cannot be read. The next statement finds them empty."""
        self._is_damaged = True
        self._turns.derived_number = -1

    def _make(self) -> None:
        turns = self._turns
        if not turns.staged:
            turns.stage()
        turns.derives = True
        assert turns.cursor is not None
        cursor = turns.cursor
        drop_derived(cursor)
        turns.guard.mode = Mode.DERIVING
        for statement in self.schema:
            cursor.execute(statement)
        cursor.execute(f"CREATE TABLE {self._mark}(made)")


def drop_derived(cursor: apsw.Cursor) -> None:
    """Drop every derived table, in the transaction that is open; ``secure_delete`` takes their text from the disk."""
    for what, name in cursor.execute(_OBJECTS).fetchall():
        quoted = str(name).replace('"', '""')
        cursor.execute(f'DROP {what} IF EXISTS "{quoted}"')
