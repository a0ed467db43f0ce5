"""Making a data folder of a backup. Its rooms begin new epochs: what came after the backup did not happen, and clients are told so.

1. The backup is verified, every byte of it, before anything is written.
2. It is copied into ``<folder>/restoring``, and brought forward from its journal as after a crash.
3. Every room gets a new epoch, derived from the old one, so that what rooms noted of each other's epochs follows.
4. All of it is synced and takes its place; ``restoring`` goes last. A server refuses a folder that has it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from storage.database import open_writer
from storage.disk import NO_SPACE, Disk, make_folders
from storage.epochs import renewed_epoch
from storage.errors import BackupUnusable, FolderInUse, FolderUnusable, StorageError, StorageFull
from storage.folder import RESTORING, DataFolder
from storage.manifest import Manifest, digest_of, read_manifest, read_sums
from storage.names import DATABASE_SUFFIX
from storage.recovery import Progress

_FILES_A_REPORT = 100
_MAY_BE_THERE = {"lock", "lost+found"}


def restore(backup: Path, folder: Path, progress: Progress, disk: Disk | None = None) -> Manifest:
    """Make ``folder``, which is empty or is not there, the data folder that ``backup`` is a copy of. Blocking.

    Raises ``BackupUnusable`` (half made, damaged), ``FolderInUse``, ``FolderUnusable`` (not empty): nothing was written. ``StorageFull``:
    the folder holds a half-made restore, which no server takes.
    """
    disk = disk or Disk()
    manifest = read_manifest(backup)
    _verify(backup, manifest, progress)
    lock = _take(folder)
    try:
        new = folder / RESTORING
        new.mkdir(mode=0o700)
        disk.sync_folder(folder)
        _copy(backup, new, manifest, progress)
        DataFolder.open(new, progress=progress, disk=disk).close()
        _renew(new, progress)
        _sync(new, disk)
        _put_in_place(new, folder, disk)
    except (OSError, apsw.Error) as error:
        full = isinstance(error, apsw.FullError) or (isinstance(error, OSError) and error.errno in NO_SPACE)
        raise (StorageFull if full else StorageError)(f"{folder} could not be restored: {error}") from error
    finally:
        os.close(lock)
    return manifest


def _verify(backup: Path, manifest: Manifest, progress: Progress) -> None:
    for done, (relative, digest) in enumerate(read_sums(backup, manifest)):
        if done % _FILES_A_REPORT == 0:
            progress("verifying", done, manifest.files)
        found = digest_of(backup / relative)
        if found != digest:
            raise BackupUnusable(backup, f"{relative} is {'missing' if found is None else 'not what was written'}")
    progress("verifying", manifest.files, manifest.files)


def _take(folder: Path) -> int:
    """Lock the folder against servers. Raises ``FolderInUse`` and ``FolderUnusable``."""
    try:
        make_folders(folder)
        unexpected = sorted(path.name for path in folder.iterdir() if path.name not in _MAY_BE_THERE)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FolderUnusable(folder, str(error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if unexpected:
            raise FolderUnusable(folder, f"it is not empty: it has {unexpected[0]}")
    except BlockingIOError as error:
        os.close(lock)
        raise FolderInUse(folder) from error
    except BaseException:
        os.close(lock)
        raise
    return lock


def _copy(backup: Path, new: Path, manifest: Manifest, progress: Progress) -> None:
    for done, (relative, _) in enumerate(read_sums(backup, manifest)):
        if done % _FILES_A_REPORT == 0:
            progress("copying", done, manifest.files)
        target = new / relative
        make_folders(target.parent)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as copy, (backup / relative).open("rb") as source:
            shutil.copyfileobj(source, copy, 1024 * 1024)
    progress("copying", manifest.files, manifest.files)


def _renew(new: Path, progress: Progress) -> None:
    """New epochs for all rooms, and a new id for the folder: names that were not in the backup begin with other epochs too."""
    salt = secrets.token_hex(16)
    for done, path in enumerate(_room_files(new)):
        if done % _FILES_A_REPORT == 0:
            progress("beginning new epochs", done, 0)
        with contextlib.suppress(apsw.NotADBError, apsw.CorruptError, apsw.SQLError):  # set aside: nobody is served it
            _renew_room(path, salt)
    with contextlib.closing(_opened(new / "host.sqlite3", salt)) as host:
        host.execute("BEGIN; UPDATE room SET epoch = renewed(epoch) WHERE epoch <> ''")
        host.execute("UPDATE folder SET id = ?, former_id = NULL", (secrets.token_hex(16),))
        host.execute("COMMIT")


def _renew_room(path: Path, salt: str) -> None:
    with contextlib.closing(_opened(path, salt)) as connection:
        received: Any = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'tells_received'").fetchall()
        connection.execute("BEGIN; UPDATE room SET epoch = renewed(epoch)")
        if received:
            connection.execute("UPDATE tells_received SET epoch = renewed(epoch)")
        connection.execute("COMMIT")


def _opened(path: Path, salt: str) -> apsw.Connection:
    """With ``renewed(epoch)`` in its SQL. To be synced later with all others; closing folds the write-ahead file back."""

    def renewed(*epoch: Any) -> str:
        return renewed_epoch(epoch[0], salt)

    connection = open_writer(str(path))
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
    connection.execute("PRAGMA synchronous=OFF")
    connection.create_scalar_function("renewed", renewed, 1, deterministic=True)
    return connection


def _sync(new: Path, disk: Disk) -> None:
    descriptor = disk.open(new, os.O_RDONLY)
    try:
        if not disk.sync_file_system(descriptor):
            for path in new.rglob("*"):
                disk.sync_file(path)
    finally:
        disk.close(descriptor)


def _put_in_place(new: Path, folder: Path, disk: Disk) -> None:
    (new / "lock").unlink()
    for path in sorted(new.iterdir()):
        path.rename(folder / path.name)
    disk.sync_folder(folder)
    new.rmdir()
    disk.sync_folder(folder)


def _room_files(folder: Path) -> Iterator[Path]:
    return (folder / "rooms").glob(f"*/*/*{DATABASE_SUFFIX}")
