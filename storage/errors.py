"""Everything that storage raises.

StorageError
├── the room's author must act (the turn goes on; nothing was written by the call)
│   ├── KeyTooLarge · ValueTooLarge · TooManyKeys · NotStorable
│   ├── SqlRefused · SqlFailed · SqlTimeout · TooManyRows
│   ├── AlarmRefused
│   └── TurnTooLarge            the whole turn must be undone
├── MigrationFailed             a kind's migration does not run, or the file is of a newer program
├── the operator must act
│   ├── StorageFull             heals by itself when space returns
│   │   └── JournalFull
│   ├── RoomSetAside            the room's file is missing or damaged; it was not touched
│   ├── FolderInUse · FolderUnusable
│   ├── BackupUnusable · BackupFailed
│   └── SyncFailed              fatal: the process must end
├── RoomDestroyed               the file was destroyed by an earlier turn
└── RoomUnknown · NoHistory     a reading command asked for what is not there
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from storage.keys import RoomKey


class StorageError(Exception):
    """Storage did not do what was asked."""


class KeyTooLarge(StorageError):
    """A key has more UTF-8 bytes than allowed. Nothing was read or written."""

    def __init__(self, size_bytes: int, max_bytes: int) -> None:
        super().__init__(f"a key of {size_bytes} bytes is larger than {max_bytes} bytes")
        self.size_bytes = size_bytes
        self.max_bytes = max_bytes


class ValueTooLarge(StorageError):
    """An encoded value, a row or a statement has more bytes than allowed. Nothing was written."""

    def __init__(self, size_bytes: int | None, max_bytes: int) -> None:
        size = "a value" if size_bytes is None else f"a value of {size_bytes} bytes"
        super().__init__(f"{size} is larger than {max_bytes} bytes")
        self.size_bytes = size_bytes
        self.max_bytes = max_bytes


class TooManyKeys(StorageError):
    """A call names more keys than allowed. Nothing was read or written."""

    def __init__(self, count: int, max_count: int) -> None:
        super().__init__(f"{count} keys in one call are more than {max_count}")
        self.count = count
        self.max_count = max_count


class NotStorable(StorageError):
    """A key or value would not come back equal. Nothing was written."""


class SqlRefused(StorageError):
    """The statement is not one a room may run. It was not run."""

    def __init__(self, reason: str, statement: str) -> None:
        super().__init__(f"{reason}: {_shortened(statement)}")
        self.reason = reason
        self.statement = statement


class SqlFailed(StorageError):
    """SQLite refused or stopped the statement. What it had changed was taken back, unless it says ``OR FAIL``.

    ``constraint`` is true when a constraint of the author's own tables (UNIQUE, CHECK, …) was violated.
    """

    def __init__(self, reason: str, statement: str, *, constraint: bool = False) -> None:
        super().__init__(f"{reason}: {_shortened(statement)}")
        self.reason = reason
        self.statement = statement
        self.constraint = constraint


class SqlTimeout(StorageError):
    """The statement ran past the turn's time and was stopped. The turn cannot end well any more."""

    def __init__(self, statement: str) -> None:
        super().__init__(f"stopped at the turn's time limit: {_shortened(statement)}")
        self.statement = statement


class TooManyRows(StorageError):
    """A statement or a list has more rows than may be returned at once; say LIMIT. What it wrote stays."""

    def __init__(self, max_count: int) -> None:
        super().__init__(f"more than {max_count} rows at once")
        self.max_count = max_count


class AlarmRefused(StorageError):
    """The time is not one an alarm can be set to. The alarm is as it was."""


class TurnTooLarge(StorageError):
    """The turn wrote more than one record can hold. It must be rolled back."""

    def __init__(self, size_bytes: int, max_bytes: int) -> None:
        super().__init__(f"a turn that wrote {size_bytes} bytes is larger than {max_bytes} bytes")
        self.size_bytes = size_bytes
        self.max_bytes = max_bytes


class MigrationFailed(StorageError):
    """A step of the kind's migrations failed, or the file has more steps than the kind. The file is as it was."""

    def __init__(self, key: RoomKey, reason: str) -> None:
        super().__init__(f"the tables of {key} cannot be brought up to date: {reason}")
        self.key = key
        self.reason = reason


class StorageFull(StorageError):
    """There is no space on the disk. What was promised before stands; nothing of the turn stays. It heals when space returns."""


class JournalFull(StorageFull):
    """The journal could not take the records: none of them is kept."""


class SyncFailed(StorageError):
    """A write did not reach the disk and nobody knows how much of it did. The process must stop, promising nothing."""


class RoomSetAside(StorageError):
    """The room cannot be served: its file is missing, empty or damaged. It was left as it is for the operator to look at."""

    def __init__(self, key: RoomKey, reason: str) -> None:
        super().__init__(f"{key} is set aside: {reason}")
        self.key = key
        self.reason = reason


class RoomDestroyed(StorageError):
    """The room was destroyed by an earlier turn: this file takes no more turns."""

    def __init__(self, key: RoomKey) -> None:
        super().__init__(f"{key} was destroyed")
        self.key = key


class RoomUnknown(StorageError):
    """There is no such room in the folder: it never wrote, or it was destroyed."""

    def __init__(self, key: RoomKey) -> None:
        super().__init__(f"there is no room {key}")
        self.key = key


class NoHistory(StorageError):
    """The room keeps no messages: it has no table ``messages`` with a column ``seq``."""

    def __init__(self, key: RoomKey) -> None:
        super().__init__(f"{key} keeps no history")
        self.key = key


class FolderInUse(StorageError):
    """Another process serves this data folder. Nothing was touched."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"another server uses {path}")
        self.path = path


class FolderUnusable(StorageError):
    """The data folder cannot be used as it is. Nothing was changed."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be used: {reason}")
        self.path = path
        self.reason = reason


class BackupUnusable(StorageError):
    """The folder is no whole backup, or none can be made in it. Nothing was written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be used: {reason}")
        self.path = path
        self.reason = reason


class BackupFailed(StorageError):
    """A backup could not be finished. What was copied is half a backup, without ``backup.json``."""


def _shortened(statement: str) -> str:
    return statement if len(statement) <= 200 else statement[:200] + "…"
