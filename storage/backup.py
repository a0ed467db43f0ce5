"""Copying a data folder while a server uses it: every room as of one and the same moment, and nothing disturbed.

1. The journal is held from here on (``KeptJournal``), whatever its owner retires.
2. The registry and every room's file are copied, one after the other, each as of its last commit, through SQLite.
3. What the journal got meanwhile is copied. With it the restored server brings every file to this one moment, as after a crash.
4. All other files are copied: what the rooms name of them was there before the rooms named it.
5. ``SHA256SUMS`` lists all; once everything is synced, ``backup.json`` says that the backup is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import apsw
import msgspec

from storage.database import open_reader
from storage.disk import NO_SPACE, Disk, make_folders
from storage.errors import BackupFailed, BackupUnusable, FolderUnusable, StorageFull
from storage.host import registry_rows
from storage.kept_journal import KeptJournal
from storage.manifest import FORMAT, MANIFEST_FILE, LeftOut, Manifest, Sums, digest_of
from storage.names import DATABASE_SUFFIX, key_of, room_path
from storage.recovery import Progress
from storage.set_aside import marker_path

_PAGES_A_STEP = 1024
_WHOLE_BYTES = 16 * 1024 * 1024
"""A room of up to this is copied through memory: SQLite syncs each copy that it makes by itself, ten times the time of a small one."""


_COPIED_OTHERWISE = ("rooms", "journal", "lock", "lost+found")
_HOST = "host.sqlite3"


def back_up(folder: Path, target: Path, progress: Progress, disk: Disk | None = None) -> Manifest:
    """Copy the data folder ``folder`` into ``target``, which is made or is empty. A server may be running. Blocking.

    The manifest says which rooms were left out, and why: those that are set aside or whose file is damaged.

    Raises ``FolderUnusable`` (nothing to copy), ``BackupUnusable`` (``target`` is not empty; nothing was done), ``StorageFull`` and
    ``BackupFailed`` (``target`` holds half a backup, without ``backup.json``).
    """
    if not (folder / "journal").is_dir():
        raise FolderUnusable(folder, "there is no data folder")
    _make_empty(target, folder)
    try:
        with contextlib.closing(_Backup(folder, target, progress, disk or Disk())) as backup:
            return backup.run()
    except apsw.FullError as error:
        raise StorageFull(f"no space in {target}: {error}") from error
    except OSError as error:
        if error.errno in NO_SPACE:
            raise StorageFull(f"no space in {target}: {error.strerror}") from error
        raise BackupFailed(str(error)) from error


def _make_empty(target: Path, folder: Path) -> None:
    if target.resolve().is_relative_to(folder.resolve()):
        raise BackupUnusable(target, "it is inside the data folder")
    try:
        make_folders(target)
        if any(target.iterdir()):
            raise BackupUnusable(target, "it is not empty")
    except OSError as error:
        raise BackupUnusable(target, str(error)) from error


class _Backup:
    def __init__(self, folder: Path, target: Path, progress: Progress, disk: Disk) -> None:
        self._folder = folder
        self._target = target
        self._progress = progress
        self._disk = disk
        self._file_system = disk.open(target, os.O_RDONLY)
        self._sums = Sums(target)
        self._rooms = 0
        self._left_out: dict[str, LeftOut] = {}
        self._journal = KeptJournal(folder / "journal", self._write)

    def close(self) -> None:
        self._journal.close()
        self._sums.close()
        self._disk.close(self._file_system)

    def run(self) -> Manifest:
        make_folders(self._target / "rooms")
        make_folders(self._target / "journal")  # what can be read like a data folder
        self._copy_host()
        self._copy_rooms()
        self._journal.finish()
        for fault in self._journal.faults:
            self._left_out[fault] = LeftOut("journal", fault)
        self._count_journaled()
        self._copy_others()
        self._sums.close()
        self._sync()
        return self._say_whole()

    def _copy_host(self) -> None:
        """The registry, and the rooms that it says are set aside. If it cannot be read, restoring makes it again from the files."""
        source = self._folder / _HOST
        if not _has_bytes(source):
            return
        try:
            if self._copy_database(source, _HOST):
                with contextlib.closing(open_reader(str(source))) as connection:
                    for row in registry_rows(connection, None):
                        if row.state == "set_aside":
                            self._leave_out(self._folder / room_path(row.key), f"it is set aside: {row.reason}")
        except (apsw.NotADBError, apsw.CorruptError, apsw.SQLError) as error:
            (self._target / _HOST).unlink(missing_ok=True)
            self._left_out[_HOST] = LeftOut(_HOST, f"{error}; restoring makes it again from the rooms' files")

    def _copy_rooms(self) -> None:
        total = sum(len(names) for _, names in _room_folders(self._folder))
        done = 0
        for folder, names in _room_folders(self._folder):
            for name in names:
                self._progress("copying rooms", done, max(done, total))
                self._copy_room(folder / name)
                self._journal.look()
                done += 1
        self._progress("copying rooms", done, done)

    def _copy_room(self, source: Path) -> None:
        relative = source.relative_to(self._folder).as_posix()
        if not _has_bytes(source):
            return  # its records are in the journal, or it is set aside
        if marker_path(source).exists():
            self._leave_out(source, "it is set aside")
            return
        try:
            if self._copy_database(source, relative):
                self._rooms += 1
                self._left_out.pop(str(source), None)
        except (apsw.NotADBError, apsw.CorruptError, apsw.SQLError, apsw.IOError, apsw.CantOpenError, apsw.BusyError) as error:
            (self._target / relative).unlink(missing_ok=True)
            if source.exists():  # else it was destroyed meanwhile
                self._leave_out(source, f"its file cannot be read: {error}")

    def _copy_database(self, source: Path, relative: str) -> bool:
        """As of its last commit; False if nothing was ever committed to it. Raises ``apsw.Error``; ``CorruptError`` for a damaged one."""
        with contextlib.closing(open_reader(str(source))) as connection:
            connection.execute("BEGIN")
            if not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall():
                return False
            for (fault,) in connection.execute("PRAGMA quick_check(1)"):
                if fault != "ok":
                    raise apsw.CorruptError(str(fault))
            if _size(connection) <= _WHOLE_BYTES:
                self._write(relative, connection.serialize("main"))
            else:
                _copy_pages(connection, self._made(relative), self._journal.look)
                self._add(relative)
        return True

    def _copy_others(self) -> None:
        """Secrets, uploads, whatever else there is."""
        for path in _other_files(self._folder):
            self._progress("copying files", self._sums.files, 0)
            relative = path.relative_to(self._folder).as_posix()
            with contextlib.suppress(FileNotFoundError):
                with path.open("rb") as source, self._made(relative).open("wb") as copy:
                    while chunk := source.read(1024 * 1024):
                        copy.write(chunk)
                self._add(relative)

    def _write(self, relative: str, data: bytes) -> None:
        self._made(relative).write_bytes(data)
        self._sums.add(relative, hashlib.sha256(data).hexdigest(), len(data))

    def _made(self, relative: str) -> Path:
        """A new file of the backup, for this user only."""
        path = self._target / relative
        make_folders(path.parent)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        return path

    def _add(self, relative: str) -> None:
        path = self._target / relative
        digest = digest_of(path)
        assert digest is not None
        self._sums.add(relative, digest, path.stat().st_size)

    def _leave_out(self, source: Path, what: str) -> None:
        key = key_of(source)
        where = source.relative_to(self._folder).as_posix() if key is None else str(key)
        self._left_out.setdefault(str(source), LeftOut(where, what))

    def _count_journaled(self) -> None:
        """Rooms that have no file yet, and files of rooms that were destroyed since."""
        for key, stands in self._journal.rooms():
            path = room_path(key)
            copied = (self._target / path).exists()
            if stands and not copied and str(self._folder / path) not in self._left_out:
                self._rooms += 1
            elif copied and not stands:
                self._rooms -= 1

    def _sync(self) -> None:
        self._progress("syncing", 0, 0)
        if not self._disk.sync_file_system(self._file_system):
            for path in self._target.rglob("*"):
                self._disk.sync_file(path)
        self._disk.sync_folder(self._target)

    def _say_whole(self) -> Manifest:
        manifest = Manifest(
            format=FORMAT,
            made=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            rooms=self._rooms,
            files=self._sums.files,
            size_bytes=self._sums.size_bytes,
            left_out=list(self._left_out.values()),
            sums_sha256=self._sums.sha256,
        )
        path = self._made(MANIFEST_FILE + ".new")
        path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        self._disk.sync_file(path)
        path.rename(self._target / MANIFEST_FILE)
        self._disk.sync_folder(self._target)
        return manifest


def _size(connection: apsw.Connection) -> int:
    return int(connection.pragma("page_count")) * int(connection.pragma("page_size"))


def _copy_pages(source: apsw.Connection, target: Path, look: Callable[[], None]) -> None:
    with contextlib.closing(apsw.Connection(str(target), flags=apsw.SQLITE_OPEN_READWRITE)) as copy:
        copy.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF")  # synced later, with all others
        with copy.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(_PAGES_A_STEP)
                look()


def _room_folders(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Each folder of rooms' files with their names, a folder at a time: there may be many."""
    for parent in sorted((folder / "rooms").glob("*/*")):
        yield parent, sorted(name for name in os.listdir(parent) if name.endswith(DATABASE_SUFFIX))


def _other_files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        if here == folder:
            folders[:] = [name for name in folders if name not in _COPIED_OTHERWISE]
            names = [name for name in names if name not in _COPIED_OTHERWISE and not name.startswith(_HOST)]
        yield from [here / name for name in sorted(names) if (here / name).is_file() and not (here / name).is_symlink()]


def _has_bytes(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False
