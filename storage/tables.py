"""The tables of a room's file: storage's own, then the kind's, brought up to date by its migrations."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from storage.errors import MigrationFailed, StorageError
from storage.keys import RoomKey
from storage.schema import BASE_SCHEMA, DEFER_FOREIGN_KEYS, DELETE_KEYS, ENFORCE_FOREIGN_KEYS, MAKE, MIGRATED, RESERVED_TABLES
from storage.sql import Sql
from storage.turns import Turns

Migrations = Sequence[str | Sequence[str]]
"""The steps that make a kind's tables, numbered from 1; each is SQL, or a sequence of statements. Steps are only ever added."""

_OBJECTS = """
SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
ORDER BY type = 'table', sql NOT LIKE 'create virtual%'
"""


class Tables:
    """Makes, migrates and empties the tables of one room, as part of its turns.

    ``migrated`` is the number of migration steps that the file has taken.
    """

    __slots__ = ("_before", "_filled", "_migrations", "_sql", "_turns", "changed", "migrated", "steps")

    def __init__(self, turns: Turns, sql: Sql, migrations: Migrations) -> None:
        self._turns = turns
        self._sql = sql
        self._migrations = migrations
        self.steps = len(migrations)
        self.migrated = 0
        self.changed = False
        """Whether the turn took steps."""
        self._filled = 0
        self._before = 0

    def fill(self, epoch: str, generation: int) -> None:
        """Make everything in a new file."""
        turns = self._turns
        turns.write_script(BASE_SCHEMA)
        turns.write(MAKE, turns.key.kind, turns.key.name, epoch, generation)
        self.migrated = 0
        self.migrate()
        self._filled = len(turns.operations or ())

    def migrate(self) -> None:
        """Take the steps that the file lacks. Raises ``MigrationFailed``; the turn is to be rolled back."""
        steps = self._migrations[self.migrated :]
        if self.migrated > len(self._migrations):
            reason = f"it has {self.migrated} steps, this program knows {len(self._migrations)}"
            raise MigrationFailed(self._turns.key, reason)
        if not steps:
            return
        self._before, self.changed = self.migrated, True
        for number, step in enumerate(steps, self.migrated + 1):
            self._take(number, step)
        self.migrated = len(self._migrations)
        self._turns.write(MIGRATED, self.migrated)

    def keep(self) -> None:
        """The turn ended well."""
        self.changed = False

    def rollback(self) -> None:
        """The turn raised."""
        if self.changed:
            self.migrated, self.changed = self._before, False

    def only_filled(self) -> bool:
        """Whether the turn wrote nothing but the tables of a new file."""
        return len(self._turns.operations or ()) == self._filled

    def empty(self) -> None:
        """Remove every key and row: the author's tables are dropped, and the kind's made again."""
        turns = self._turns
        if not turns.file_stands:
            return
        turns.write(DELETE_KEYS)
        objects = [(what, name) for what, name in turns.read(_OBJECTS) if name not in RESERVED_TABLES]
        if not objects:
            return
        turns.write(DEFER_FOREIGN_KEYS)
        for what, name in objects:
            self._drop(what, name)
        turns.forget_derived()
        turns.write(ENFORCE_FOREIGN_KEYS)
        for number, step in enumerate(self._migrations[: self.migrated], 1):
            self._take(number, step)

    def _drop(self, what: str, name: str) -> None:
        quoted = name.replace('"', '""')
        self._turns.write_script(f'DROP {what.upper()} IF EXISTS "{quoted}"')

    def _take(self, number: int, step: str | Sequence[str]) -> None:
        for statement in _statements(step):
            try:
                self._sql.run_script(statement)
            except StorageError as error:
                raise MigrationFailed(self._turns.key, f"step {number}: {error}") from error


def make_tables(connection: apsw.Connection, key: RoomKey, migrations: Migrations) -> None:
    """Make a kind's tables on ``connection``, which has none. Raises ``MigrationFailed``, in the name of ``key``."""
    for number, step in enumerate(migrations, 1):
        for statement in _statements(step):
            try:
                connection.execute(statement)
            except apsw.Error as error:
                raise MigrationFailed(key, f"step {number}: {error}") from error


def _statements(step: str | Sequence[str]) -> Sequence[str]:
    return (step,) if isinstance(step, str) else step
