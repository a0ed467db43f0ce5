"""``host.sqlite3`` when the folder is opened: taken as it is, made, or made again from the rooms' files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import apsw

from storage.database import remove_database
from storage.disk import Disk
from storage.errors import FolderUnusable
from storage.host import Host
from storage.keys import RoomKey
from storage.names import DATABASE_SUFFIX, key_of
from storage.recovery import FoundJournal, Progress
from storage.registration import register
from storage.set_aside import marker_path

_ROOMS_A_COMMIT = 1000


def open_host(folder: Path, found: FoundJournal, disk: Disk, progress: Progress) -> Host:
    """The folder's host. Raises ``FolderUnusable`` if the journal is another folder's."""
    path = folder / "host.sqlite3"
    try:
        if _has_bytes(path):
            host = Host.open(path)
            _check_owner(folder, found, host)
            return host
    except (apsw.NotADBError, apsw.CorruptError, apsw.SQLError) as error:
        found.faults.append(f"host.sqlite3 is damaged ({error}); it was moved away and made again")
        _move_away(path)
    return _rebuild(folder, path, found, disk, progress)


def _check_owner(folder: Path, found: FoundJournal, host: Host) -> None:
    foreign = found.folder_ids - {host.folder_id, host.former_folder_id}
    if foreign:
        host.close()
        raise FolderUnusable(folder / "journal", f"it belongs to another data folder ({', '.join(sorted(foreign))})")


def _rebuild(folder: Path, path: Path, found: FoundJournal, disk: Disk, progress: Progress) -> Host:
    """Its folder id is a new one, so that no name begins again with an epoch it had before."""
    if len(found.folder_ids) > 1:
        raise FolderUnusable(folder / "journal", "it holds segments of several data folders")
    new = path.with_name("host.sqlite3.new")
    remove_database(new)
    remove_database(path)
    host = Host.create(new, next(iter(found.folder_ids), None))
    for done, file in enumerate(_room_files(folder)):
        if done % _ROOMS_A_COMMIT == 0:
            progress("listing rooms", done, 0)
            host.commit()
        _register(file, host, found)
    host.commit()
    host.close()
    _put_in_place(new, path, disk)
    return Host.open(path)


def _put_in_place(new: Path, path: Path, disk: Disk) -> None:
    """Folded into one file and synced, it gets its name: half a registry is never seen."""
    connection = apsw.Connection(str(new))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    os.rename(new, path)
    disk.sync_folder(path.parent)


def _register(file: Path, host: Host, found: FoundJournal) -> None:
    key = key_of(file)
    reason = _marked_reason(file)
    try:
        if file.stat().st_size == 0:
            raise apsw.SQLError("it is empty")
        key = register(file, host)
    except apsw.Error as error:
        if reason is None and _is_unborn(file, error, key, found):
            return
        reason = reason or f"its file is damaged: {error}"
    if reason is not None and key is not None:
        host.set_aside(key, 0, reason)
    elif reason is not None:
        found.faults.append(f"{file.name}: {reason}; which room it is cannot be read")


def _marked_reason(file: Path) -> str | None:
    marker = marker_path(file)
    return (marker.read_text("utf-8", "replace").splitlines() or ["no reason was noted"])[0] if marker.exists() else None


def _is_unborn(file: Path, error: apsw.Error, key: RoomKey | None, found: FoundJournal) -> bool:
    """Nothing was ever committed to the file, or nothing of it reached the disk: then the journal has all of the room's records."""
    if not isinstance(error, apsw.SQLError):
        return False
    first = next(found.records(key), None) if key is not None else None
    if first is not None:
        return first.number == 1
    log = file.with_name(file.name + "-wal")
    return not log.exists() or log.stat().st_size == 0


def _room_files(folder: Path) -> Iterator[Path]:
    return (folder / "rooms").glob(f"*/*/*{DATABASE_SUFFIX}")


def _has_bytes(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _move_away(path: Path) -> None:
    number = 1
    while path.with_name(f"host.sqlite3.damaged-{number}").exists():
        number += 1
    os.rename(path, path.with_name(f"host.sqlite3.damaged-{number}"))
