"""What an author's SQL may do. Pure: SQLite asks, this answers.

A record is replayed as statements, so a writing statement may use nothing that differs the next time (random numbers, the
clock, the connection's counters), and no statement may touch transactions, other files or storage's own tables. Derived tables
are in no record: a statement that is replayed may neither write nor read them, and one that writes them may write nothing else.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import apsw

from storage.schema import RESERVED_TABLES, is_derived


class Mode(IntEnum):
    """Whose statement is being prepared. ``IntEnum``: it is hashed without Python."""

    OWN = 0
    """Storage's own: everything goes."""
    READING = 1
    WRITING = 2
    EXAMINED = 3
    """Prepared only, to learn which of the others it is."""
    DERIVING = 4
    """Writes derived tables."""


UNREPEATABLE = frozenset(
    """random randomblob date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp
    last_insert_rowid changes total_changes sqlite_version sqlite_source_id""".split()  # noqa: SIM905
)
_NEVER = frozenset(("load_extension",))
_PRAGMAS = frozenset(
    """table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list foreign_key_check
    quick_check integrity_check data_version""".split()  # noqa: SIM905
)
_MODULES = frozenset(("fts5", "fts5vocab"))

_REFUSED = {
    apsw.SQLITE_ATTACH: "other files cannot be attached",
    apsw.SQLITE_DETACH: "other files cannot be attached",
    apsw.SQLITE_TRANSACTION: "a turn is the transaction; BEGIN, COMMIT and ROLLBACK are not for rooms",
    apsw.SQLITE_SAVEPOINT: "a turn is the transaction; savepoints are not for rooms",
    apsw.SQLITE_CREATE_TEMP_TABLE: "temporary tables do not outlive a turn",
    apsw.SQLITE_CREATE_TEMP_INDEX: "temporary tables do not outlive a turn",
    apsw.SQLITE_CREATE_TEMP_VIEW: "temporary views do not outlive a turn",
    apsw.SQLITE_CREATE_TEMP_TRIGGER: "temporary triggers do not outlive a turn",
}
# Where SQLite names the table of an action that changes it.
_TABLE_FIRST = frozenset(
    (apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE, apsw.SQLITE_DROP_TABLE, apsw.SQLITE_CREATE_TABLE, apsw.SQLITE_CREATE_VIEW)
)
_TABLE_SECOND = frozenset((apsw.SQLITE_ALTER_TABLE, apsw.SQLITE_CREATE_INDEX, apsw.SQLITE_CREATE_TRIGGER))
_WRITES_FIRST = _TABLE_FIRST | {apsw.SQLITE_CREATE_VTABLE, apsw.SQLITE_DROP_VTABLE, apsw.SQLITE_DROP_VIEW, apsw.SQLITE_ANALYZE}
_WRITES_SECOND = _TABLE_SECOND | {apsw.SQLITE_DROP_INDEX, apsw.SQLITE_DROP_TRIGGER}

REPLAYED_AND_DERIVED = "a statement that is journaled can neither write nor read derived tables, which are not"


class Guard:
    """A connection's authorizer. ``mode`` is ``OWN`` but while an author's statement runs; ``reason`` says what was refused last."""

    __slots__ = ("functions", "mode", "read", "reason", "written")

    def __init__(self) -> None:
        self.mode = Mode.OWN
        self.reason = ""
        self.functions: list[str] = []
        self.written: set[bool] = set()
        self.read: set[bool] = set()

    def examine(self) -> None:
        """Prepare only. ``functions``: those that cannot be repeated; ``written``, ``read``: whether the tables are derived."""
        self.mode, self.reason = Mode.EXAMINED, ""
        self.functions, self.written, self.read = [], set(), set()

    def authorize(self, action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
        """SQLite's callback: ``SQLITE_OK`` or ``SQLITE_DENY``."""
        if self.mode is Mode.OWN:
            return apsw.SQLITE_OK
        first, second = first or "", second or ""
        reason = _objection(self.mode, action, first, second)
        if reason is not None:
            self.reason = reason
            return apsw.SQLITE_DENY
        if self.mode is Mode.EXAMINED:
            self._note(action, first, second)
        return apsw.SQLITE_OK

    def _note(self, action: int, first: str, second: str) -> None:
        if action == apsw.SQLITE_FUNCTION and second.lower() in UNREPEATABLE:
            self.functions.append(second.lower())
        table, is_written = _table(action, first, second)
        if table is not None:
            (self.written if is_written else self.read).add(is_derived(table))


@lru_cache(maxsize=4096)
def _objection(mode: Mode, action: int, first: str, second: str) -> str | None:
    """Kept: SQLite asks some thirty times while a room wakes, of each column again, and an answer takes 1 µs."""
    if action in _REFUSED:
        return _REFUSED[action]
    if action == apsw.SQLITE_FUNCTION:
        return _function_objection(mode, second.lower())
    if action == apsw.SQLITE_PRAGMA:
        return None if first.lower() in _PRAGMAS else "pragmas are not for rooms"
    if action in (apsw.SQLITE_CREATE_VTABLE, apsw.SQLITE_DROP_VTABLE):
        return None if second.lower() in _MODULES else f"virtual tables of {second} are not for rooms"
    if (action in _TABLE_FIRST and first.lower() in RESERVED_TABLES) or (action in _TABLE_SECOND and second.lower() in RESERVED_TABLES):
        return "the tables room, kv, tells and tells_received are storage's own"
    table, is_written = _table(action, first, second)
    if table is None:
        return None
    derived = is_derived(table)
    if (mode is Mode.WRITING and derived) or (mode is Mode.DERIVING and is_written and not derived):
        return REPLAYED_AND_DERIVED
    return None


def _function_objection(mode: Mode, name: str) -> str | None:
    if name in _NEVER:
        return f"{name}() is not for rooms"
    return unrepeatable(name) if mode is Mode.WRITING and name in UNREPEATABLE else None


def _table(action: int, first: str, second: str) -> tuple[str | None, bool]:
    """The table that the action touches, and whether it writes it; ``None``: none, or SQLite's own catalogue, which is neither kind."""
    is_written = action in _WRITES_FIRST or action in _WRITES_SECOND
    if action == apsw.SQLITE_READ or action in _WRITES_FIRST:
        table = first
    elif is_written:
        table = second
    else:
        return None, False
    return (None if table.startswith("sqlite_") else table), is_written


def unrepeatable(function: str) -> str:
    """Why a writing statement may not use ``function``."""
    return f"{function} differs when the turn is replayed; bind its value as a parameter instead"
