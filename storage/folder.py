"""The data folder: its one owner, and the door to everything in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Mapping
from pathlib import Path

import apsw

from storage.bring_forward import bring_all_forward
from storage.database import remove_database
from storage.derived import DerivedTables
from storage.disk import Disk, make_folders
from storage.errors import FolderInUse, FolderUnusable, RoomSetAside, StorageError, StorageFull
from storage.host import Host
from storage.journal import Journal
from storage.keys import RoomKey
from storage.manifest import SUMS_FILE
from storage.readmission import readmit
from storage.rebuild import open_host
from storage.recovery import Progress, find_journal
from storage.retirement import Retirement
from storage.room_file import RoomFile
from storage.set_aside import mark
from storage.settings import StorageSettings
from storage.stand_in import StandIns
from storage.standing import Standing
from storage.statements import Statements
from storage.tables import Migrations

RESTORING = "restoring"
"""A folder in the data folder while a backup is restored into it."""

_NO_MIGRATIONS: Migrations = ()
_NO_DERIVED: DerivedTables = ()
_NOT_SERVED = {
    SUMS_FILE: "it is a backup; `rooms restore` makes a data folder of it",
    RESTORING: "a restore into it was not finished; empty it and restore again",
}


def no_progress(_what: str, _done: int, _total: int) -> None:
    """For callers who do not want to know."""


class DataFolder:
    """``./data``, owned by one process at a time.

    ``journal``: where records become durable. ``host``: what is known of all rooms. ``faults``: damage found in the journal
    when the folder was opened, one sentence each.
    """

    def __init__(
        self,
        path: Path,
        lock: int,
        host: Host,
        journal: Journal,
        retirement: Retirement,
        settings: StorageSettings,
        migrations: Mapping[str, Migrations],
        derived: Mapping[str, DerivedTables],
    ) -> None:
        self.path = path
        self.host = host
        self.journal = journal
        self.folder_id: str = host.folder_id
        self.faults: list[str] = []
        self._lock = lock
        self._retirement = retirement
        self._settings = settings
        self._migrations = migrations
        self._derived = derived
        self._statements = Statements(settings.statement_bytes_max)
        self._stand_ins = StandIns(settings.row_bytes_max)
        self._disk = Disk()

    @classmethod
    def open(
        cls,
        path: Path,
        settings: StorageSettings | None = None,
        *,
        migrations: Mapping[str, Migrations] | None = None,
        derived: Mapping[str, DerivedTables] | None = None,
        progress: Progress | None = None,
        disk: Disk | None = None,
    ) -> DataFolder:
        """Make or take the folder, and bring every room that a crash left behind forward. Blocking.

        Interrupted anywhere, it can be done again.

        Raises ``FolderInUse``, ``FolderUnusable``, ``StorageFull`` (no space to bring rooms forward).
        """
        settings = settings or StorageSettings()
        disk = disk or Disk()
        lock = _take(path)
        try:
            return cls._open(path, lock, settings, migrations or {}, derived or {}, progress or no_progress, disk)
        except apsw.FullError as error:
            os.close(lock)
            raise StorageFull(f"no space to open {path}: {error}") from error
        except (OSError, apsw.Error) as error:
            os.close(lock)
            raise FolderUnusable(path, str(error)) from error
        except BaseException:
            os.close(lock)
            raise

    @classmethod
    def _open(
        cls,
        path: Path,
        lock: int,
        settings: StorageSettings,
        migrations: Mapping[str, Migrations],
        derived: Mapping[str, DerivedTables],
        progress: Progress,
        disk: Disk,
    ) -> DataFolder:
        journal_folder = path / "journal"
        found = find_journal(journal_folder, progress, disk)
        try:
            host = open_host(path, found, disk, progress)
            _sync_names(path, disk)
            journal = Journal(
                journal_folder, host.folder_id, settings, disk, number=found.next_number, batch=found.next_batch, sealed=found.segments
            )
            retirement = Retirement(path, journal, host, settings, disk)
            try:
                readmit(path, host)
                bring_all_forward(found, host, retirement, disk, progress)
                journal.prepare()
            except BaseException:
                retirement.close()
                host.close()
                raise
        finally:
            found.close()
        folder = cls(path, lock, host, journal, retirement, settings, migrations, derived)
        folder.faults = found.faults
        return folder

    def room(self, key: RoomKey) -> RoomFile:
        """Open a room's file, or begin one that never wrote. One at a time for each room.

        Raises ``RoomSetAside``; ``StorageError`` if the file cannot be opened now (no descriptors left, no space).
        """
        reason = self.host.is_set_aside(key)
        if reason is not None:
            raise RoomSetAside(key, reason)
        row = self.host.row(key)
        standing = self._retirement.standing(key)
        if standing.damage is not None:
            raise self._set_aside(standing, row.generation if row else 0, standing.damage)
        if standing.ends_destroyed:
            remove_database(standing.database)
            standing.destroyed()
        generation = max(row.generation if row else 0, standing.committed[0])
        known = row is not None and row.state == "live" and row.generation == generation and not standing.begins_in_tail
        migrations = self._migrations.get(key.kind, _NO_MIGRATIONS)
        derived = self._derived.get(key.kind, _NO_DERIVED)
        file = RoomFile(standing, self.folder_id, generation, migrations, derived, self._settings, self._statements, self._stand_ins)
        try:
            if self._stands(standing, generation, known=known):
                self._open_file(file, standing, known=known)
            file.take_up(standing.tail)
        except BaseException:
            file.close()
            raise
        return file

    def retire(self) -> None:
        """Sync what rooms committed, let finished segments of the journal go, keep write-ahead files small, allocate ahead.

        Blocking; run it in a worker thread, about once a second and at least every half minute. Raises ``SyncFailed``: fatal.
        """
        self._retirement.run()

    def close(self) -> None:
        """Every room has been closed: everything is on the disk, and another process may take the folder. Raises ``SyncFailed``."""
        try:
            self.host.commit()
            self._retirement.finish()
            self.journal.close()
        finally:
            self._stand_ins.close()
            self._retirement.close()
            self.host.close()
            os.close(self._lock)

    def _stands(self, standing: Standing, generation: int, *, known: bool) -> bool:
        """Whether there is a file to open. Raises ``RoomSetAside`` if there should be and is not."""
        try:
            size_bytes = os.stat(standing.database).st_size
        except FileNotFoundError:
            if not known:
                return False
            raise self._set_aside(standing, generation, "its file is missing") from None
        except OSError as error:
            raise StorageError(f"{standing.key} cannot be opened: {error}") from error
        if size_bytes == 0:
            if known:
                raise self._set_aside(standing, generation, "its file is empty")
            remove_database(standing.database)
        return size_bytes > 0

    def _open_file(self, file: RoomFile, standing: Standing, *, known: bool) -> None:
        try:
            file.open()
        except RoomSetAside as error:
            raise self._set_aside(standing, file.generation, error.reason) from error
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise self._set_aside(standing, file.generation, f"its file is damaged: {error}") from error
        except apsw.SQLError as error:
            if known:
                raise self._set_aside(standing, file.generation, f"its file holds no room: {error}") from error
            file.start_over()
        except apsw.FullError as error:
            raise StorageFull(f"{file.key} cannot be opened: {error}") from error
        except apsw.Error as error:
            raise StorageError(f"{file.key} cannot be opened: {error}") from error
        else:
            if not known:
                self.host.put(file.key, file.generation, file.epoch, file.alarm.now, file.tells.waiting)

    def _set_aside(self, standing: Standing, generation: int, reason: str) -> RoomSetAside:
        standing.open = False
        with contextlib.suppress(OSError):  # the host knows it too
            mark(standing.path, reason, self._disk)
        self.host.set_aside(standing.key, generation, reason)
        self.host.commit()
        return RoomSetAside(standing.key, reason)


def _sync_names(path: Path, disk: Disk) -> None:
    """The folder and what was made in it keep their names through a power cut."""
    disk.sync_folder(path)
    with contextlib.suppress(PermissionError):  # not every folder that can be entered can be read
        disk.sync_folder(path.absolute().parent)


def _take(path: Path) -> int:
    """Make the folder if need be and lock it; the lock ends with the process."""
    for name, reason in _NOT_SERVED.items():
        if (path / name).exists():
            raise FolderUnusable(path, reason)
    try:
        for folder in (path, path / "rooms", path / "journal"):
            make_folders(folder)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FolderUnusable(path, str(error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise FolderInUse(path) from error
    return lock
