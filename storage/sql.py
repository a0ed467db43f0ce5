"""The author's SQL: one statement a call, checked, run, and written down for the record."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import apsw

from storage.derived import Derived
from storage.errors import NotStorable, SqlFailed, TooManyRows
from storage.guard import Mode
from storage.record import VIOLATED
from storage.schema import DERIVED_PREFIX
from storage.statements import DERIVED, WRITES, Statements
from storage.turns import Turns

Rows = list[tuple[Any, ...]]

_FLUSH = "SAVEPOINT derived_flush; RELEASE derived_flush"
"""Has virtual tables write what they hold in memory. They do that with statements of their own, at the beginning of any savepoint, also
of that which SQLite opens within an author's statement: there the guard would take them for the author's."""

_PLAIN = frozenset((int, str, bytes, float, type(None)))


class Sql:
    """Runs authors' statements in the turns of one room. ``Turns`` decides when a transaction is needed."""

    __slots__ = ("_derived", "_rows_max", "_statements", "_turns")

    def __init__(self, turns: Turns, statements: Statements, rows_max: int, derived: Derived) -> None:
        self._turns = turns
        self._derived = derived
        self._statements = statements
        self._rows_max = rows_max

    def run(self, statement: str, parameters: Sequence[Any]) -> Rows:
        """The rows of one statement. The promise is ``RoomStorage.sql``'s."""
        turns = self._turns
        if turns.doomed is not None:
            raise turns.doomed
        if not _PLAIN.issuperset(map(type, parameters)):
            parameters = tuple([_plain(parameter) for parameter in parameters])
        try:
            use = self._statements.use_by_text.get(statement)
            if use is None or turns.connection is None:
                use = self._learn(statement, parameters)
            if use & DERIVED:
                return self._derive(use, statement, parameters)
            if use:
                return self._write(statement, parameters)
            return self._step(Mode.READING, statement, parameters)
        except (OverflowError, UnicodeEncodeError) as error:
            raise NotStorable(f"cannot bind this parameter: {error}") from error

    def _learn(self, statement: str, parameters: Sequence[Any]) -> int:
        """What ``statement`` does, and a connection to do it on."""
        connection = self._turns.need_connection()
        use = self._statements.use_by_text.get(statement)
        if use is None:
            if DERIVED_PREFIX in statement.lower():
                self._derived.need()
            use = self._statements.use(connection, self._turns.guard, statement, parameters)
        return use

    def run_script(self, script: str) -> None:
        """A step of the author's migrations: statements without parameters, under the same rules."""
        turns = self._turns
        if not turns.staged:
            turns.stage()
        self._step(Mode.WRITING, script, ())
        turns.operations.append((script,))  # type: ignore[union-attr]

    def _write(self, statement: str, parameters: Sequence[Any]) -> Rows:
        turns = self._turns
        if not turns.staged:
            turns.stage()
        if turns.derives_in_memory:
            turns.derives_in_memory = False
            self._step(Mode.OWN, _FLUSH, ())
        operations = turns.operations
        assert operations is not None
        operation = (statement, *parameters)
        try:
            rows = self._step(Mode.WRITING, statement, parameters)
        except SqlFailed as error:
            if error.constraint:
                operations.append((VIOLATED, *operation))
            raise
        except TooManyRows:
            operations.append(operation)
            raise
        operations.append(operation)
        return rows

    def _derive(self, use: int, statement: str, parameters: Sequence[Any]) -> Rows:
        """A statement over derived tables: no part of the turn's record."""
        turns = self._turns
        self._derived.need()
        if not use & WRITES:
            return self._step(Mode.READING, statement, parameters)
        if not turns.file_stands:
            return []  # nothing was ever written that something could follow from
        if not turns.staged:
            turns.stage()
        turns.derives = turns.derives_in_memory = True
        return self._step(Mode.DERIVING, statement, parameters)

    def _step(self, mode: Mode, statement: str, parameters: Sequence[Any]) -> Rows:
        turns = self._turns
        turns.guard.mode = mode
        try:
            rows = list(islice(turns.cursor.execute(statement, parameters), self._rows_max + 1))  # type: ignore[union-attr]
        except apsw.Error as error:
            if getattr(error, "extendedresult", 0) == apsw.SQLITE_CORRUPT_VTAB and DERIVED_PREFIX in statement.lower():
                self._derived.damaged()
                raise SqlFailed("the derived tables are damaged, and will be made anew", statement) from error
            raise turns.failure(error, statement) from error
        finally:
            turns.guard.mode = Mode.OWN
        if len(rows) > self._rows_max:
            turns.abandon_rows()
            raise TooManyRows(self._rows_max)
        return rows


def _plain(parameter: object) -> Any:
    if type(parameter) in _PLAIN:
        return parameter
    if isinstance(parameter, bool):
        return int(parameter)
    if isinstance(parameter, bytearray | memoryview):
        return bytes(parameter)
    raise NotStorable(f"cannot bind a {type(parameter).__name__}; SQL takes None, int, float, str and bytes")
