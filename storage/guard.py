"""What an author's SQL may do. Pure: SQLite asks, this answers.

A record is replayed as statements, so a writing statement may use nothing that differs the next time (random numbers, the
clock, the connection's counters), and no statement may touch transactions, other files or storage's own tables.
"""

from __future__ import annotations

from enum import Enum

import apsw

from storage.schema import RESERVED_TABLES


class Mode(Enum):
    """Whose statement is being prepared."""

    OWN = 0
    """Storage's own: everything goes."""
    READING = 1
    WRITING = 2
    EXAMINED = 3
    """Prepared only, to learn which of the two it is."""


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


class Guard:
    """A connection's authorizer. ``mode`` is ``OWN`` but while an author's statement runs; ``reason`` says what was refused last."""

    __slots__ = ("functions", "mode", "reason")

    def __init__(self) -> None:
        self.mode = Mode.OWN
        self.reason = ""
        self.functions: list[str] = []

    def authorize(self, action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
        """SQLite's callback: ``SQLITE_OK`` or ``SQLITE_DENY``."""
        if self.mode is Mode.OWN:
            return apsw.SQLITE_OK
        reason = self._objection(action, first or "", second or "")
        if reason is None:
            return apsw.SQLITE_OK
        self.reason = reason
        return apsw.SQLITE_DENY

    def _objection(self, action: int, first: str, second: str) -> str | None:
        if action in _REFUSED:
            return _REFUSED[action]
        if action == apsw.SQLITE_FUNCTION:
            return self._function_objection(second.lower())
        if action == apsw.SQLITE_PRAGMA:
            return None if first.lower() in _PRAGMAS else "pragmas are not for rooms"
        if action in (apsw.SQLITE_CREATE_VTABLE, apsw.SQLITE_DROP_VTABLE):
            return None if second.lower() in _MODULES else f"virtual tables of {second} are not for rooms"
        if (action in _TABLE_FIRST and first.lower() in RESERVED_TABLES) or (action in _TABLE_SECOND and second.lower() in RESERVED_TABLES):
            return "the tables room, kv, tells and tells_received are storage's own"
        return None

    def _function_objection(self, name: str) -> str | None:
        if name in _NEVER:
            return f"{name}() is not for rooms"
        if name not in UNREPEATABLE:
            return None
        if self.mode is Mode.EXAMINED:
            self.functions.append(name)
            return None
        return None if self.mode is Mode.READING else unrepeatable(name)


def unrepeatable(function: str) -> str:
    """Why a writing statement may not use ``function``."""
    return f"{function} differs when the turn is replayed; bind its value as a parameter instead"
