"""Turns staged in one open SQLite transaction, and the list of what each has written.

A turn that writes nothing touches SQLite not at all. The transaction stays open over many turns; ``RoomFile`` says when it commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

import apsw

from storage.database import limit
from storage.errors import RoomSetAside, SqlFailed, StorageError, StorageFull
from storage.failures import dooms, translated
from storage.guard import Guard
from storage.keys import RoomKey
from storage.record import Operation
from storage.schema import BUILT_IN
from storage.settings import StorageSettings

if TYPE_CHECKING:
    from storage.stand_in import StandIn


class Owner(Protocol):
    """Supplies a connection to a room that has none yet, and hears what is wrong with one that it has."""

    sql_deadline: float | None

    def make_file(self) -> None:
        """The first write: make the room's file and ``Turns.use`` it."""

    def fill_file(self) -> None:
        """The first write's turn is open: write the tables, as a part of it."""

    def stand_in(self) -> StandIn:
        """SQL is to be read: the empty tables of the room's kind."""

    def found_damage(self, reason: str) -> None:
        """SQLite found the file damaged."""


class Turns:
    """What the storage objects of a room write through. At most one turn is open at a time."""

    __slots__ = (
        "_has_savepoint",
        "_owner",
        "begun",
        "connection",
        "cursor",
        "derived_number",
        "derived_stand",
        "derives",
        "derives_in_memory",
        "doomed",
        "failed",
        "file_stands",
        "forgets",
        "full",
        "guard",
        "key",
        "operations",
        "savepoints",
        "settings",
        "staged",
    )

    def __init__(self, key: RoomKey, settings: StorageSettings, owner: Owner) -> None:
        self.key = key
        self.settings = settings
        self._owner = owner
        self.guard = Guard()
        self.connection: apsw.Connection | None = None
        self.cursor: apsw.Cursor | None = None
        self.file_stands = False
        self.operations: list[Operation] | None = None
        self._has_savepoint = False
        self.staged = False
        """The turn has written."""
        self.begun = False
        """A transaction was begun; ``stands`` says whether it is still there."""
        self.savepoints = False
        """Writing turns have a savepoint each. They cost a turn 1.5 µs, so they are taken once a turn of this room has raised."""
        self.failed = False
        """SQLite reported an error since somebody asked whether the transaction stands."""
        self.doomed: StorageError | None = None
        self.full: StorageFull | None = None
        """Why nothing may be written, though what is there can be read."""
        self.forgets = False
        self.derives = False
        """Whether the open transaction holds writes to derived tables."""
        self.derives_in_memory = False
        """Whether virtual tables may hold some of these in memory yet."""
        self.derived_stand = False
        self.derived_number = -1
        """The room's turn that the derived tables have followed up to; -1: unknown."""

    def begin(self) -> None:
        """A turn begins."""
        assert self.operations is None, "a turn is open"
        self.operations = []
        self.forgets = False

    def check(self) -> None:
        """Raise what makes it impossible for the turn to end well."""
        if self.doomed is not None:
            raise self.doomed
        if self.staged and self.connection is not None and self.connection.status(apsw.SQLITE_DBSTATUS_DEFERRED_FKS)[0]:
            raise SqlFailed("FOREIGN KEY constraint failed", "the end of the turn", constraint=True)

    def release(self) -> None:
        """The turn ended well: its savepoint becomes part of the transaction."""
        if self.staged:
            if self._has_savepoint:
                assert self.cursor is not None
                self.cursor.execute("RELEASE turn")
                self._has_savepoint = False
            self.staged = False
        self.operations = None

    def rollback(self) -> bool:
        """Nothing of the turn stays. ``False``: without a savepoint, the transaction is to be rolled back and its earlier turns done again.

        If SQLite gave the whole transaction up, that is for ``RoomFile.undo`` to mend.
        """
        undone = True
        if self.staged:
            self.forget_derived()
            if self.stands():
                undone = self._has_savepoint
                if undone:
                    assert self.cursor is not None
                    self.cursor.execute("ROLLBACK TO turn")
                    self.cursor.execute("RELEASE turn")
        self.staged = self._has_savepoint = False
        self.savepoints = True
        self.operations = None
        self.doomed = None
        return undone

    def give_up(self) -> None:
        """Forget the turn that is open, if one is, and roll the transaction back."""
        self.operations = None
        self.doomed = None
        self.staged = self._has_savepoint = False
        if self.begun and self.stands():
            assert self.cursor is not None
            self.cursor.execute("ROLLBACK")
        self.begun = self.derives = False
        self.forget_derived()

    def stands(self) -> bool:
        """Whether the transaction that was begun is still open."""
        return not self.begun or (self.connection is not None and self.connection.in_transaction)

    def use(self, connection: apsw.Connection) -> None:
        """Stage on ``connection``, the room's file, from now on."""
        self.guard = Guard()
        limit(connection, self.guard, self._past_deadline, self.settings.row_bytes_max)
        self.connection = connection
        self.cursor = connection.cursor()
        self.file_stands = True

    def drop_connection(self) -> None:
        """Close it; a transaction that is open is rolled back by that."""
        connection, self.connection, self.cursor = self.connection, None, None
        self.file_stands = self.begun = self.staged = self._has_savepoint = self.derives = False
        self.forget_derived()
        if connection is not None:
            connection.close(True)

    def need_connection(self) -> apsw.Connection:
        """A connection to read from with one statement: the file's, or a stand-in's."""
        if self.connection is not None:
            return self.connection
        stand_in = self._owner.stand_in()
        stand_in.reader = self
        if self.cursor is None:
            self.guard = stand_in.guard
            self.cursor = stand_in.connection.cursor()
        return stand_in.connection

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Rows of storage's own tables; of a room that has no file, none."""
        if not self.file_stands:
            return []
        try:
            return self.cursor.execute(sql, parameters).fetchall()  # type: ignore[union-attr]
        except apsw.Error as error:
            raise self.failure(error, sql) from error

    def write(self, code: int, *parameters: Any) -> None:
        """One of storage's own statements, by its number in ``schema.BUILT_IN``."""
        if not self.staged:
            self.stage()
        sql = BUILT_IN[code]
        try:
            self.cursor.execute(sql, parameters)  # type: ignore[union-attr]
        except apsw.Error as error:
            raise self.failure(error, sql) from error
        self.operations.append((code, *parameters))  # type: ignore[union-attr]

    def write_script(self, sql: str) -> None:
        """Statements of storage's own that make or drop tables."""
        if not self.staged:
            self.stage()
        try:
            self.cursor.execute(sql)  # type: ignore[union-attr]
        except apsw.Error as error:
            raise self.failure(error, sql) from error
        self.operations.append((sql,))  # type: ignore[union-attr]

    def stage(self) -> None:
        """The turn's first write: from here on it has a transaction, in a file."""
        assert self.operations is not None, "writes belong into a turn"
        if self.full is not None:
            self.doomed = self.doomed or self.full
        if self.doomed is not None:
            raise self.doomed
        new = not self.file_stands
        if new:
            self.drop_connection()
            self._owner.make_file()
        try:
            if not self.begun:
                self.cursor.execute("BEGIN IMMEDIATE")  # type: ignore[union-attr]
                self.begun = True
            if self.savepoints:
                self.cursor.execute("SAVEPOINT turn")  # type: ignore[union-attr]
                self._has_savepoint = True
        except apsw.Error as error:
            raise self.failure(error, "BEGIN") from error
        self.staged = True
        if new:
            self._owner.fill_file()

    def abandon_rows(self) -> None:
        """Leave a statement whose rows were not all taken."""
        assert self.cursor is not None
        connection = self.cursor.connection
        self.cursor.close(True)
        self.cursor = connection.cursor()

    def failure(self, error: apsw.Error, statement: str) -> StorageError:
        """What an error of SQLite is to the author. If the turn cannot end well after it, that is remembered."""
        self.failed = True
        failure = translated(error, self.key, statement, refusal=self.guard.reason, row_bytes_max=self.settings.row_bytes_max)
        if dooms(error) or not self.stands():
            self.doomed = failure
        if isinstance(failure, RoomSetAside):
            self._owner.found_damage(failure.reason)
        return failure

    def forget_derived(self) -> None:
        """What was known of derived tables is to be found out again."""
        self.derived_stand = False
        self.derived_number = -1

    @property
    def deadline(self) -> float | None:
        """When SQL is stopped, in ``time.perf_counter()`` seconds."""
        return self._owner.sql_deadline

    def _past_deadline(self) -> bool:
        deadline = self._owner.sql_deadline
        return deadline is not None and perf_counter() > deadline
