"""``host.sqlite3`` when the folder is opened: taken as it is, made, or made again from the rooms' files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import apsw

from storage.database import open_reader, remove_database
from storage.disk import Disk
from storage.errors import FolderUnusable
from storage.host import Host
from storage.keys import RoomKey
from storage.names import DATABASE_SUFFIX, key_of
from storage.record import Alarm
from storage.recovery import FoundJournal, Progress
from storage.replay import read_room_row
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
    try:
        connection = open_reader(str(file))
        try:
            cursor = connection.cursor()
            row = read_room_row(cursor)
            waits = bool(cursor.execute("SELECT 1 FROM sqlite_schema WHERE name = 'tells'").fetchall()) and bool(
                cursor.execute("SELECT 1 FROM tells LIMIT 1").fetchall()
            )
        finally:
            connection.close(True)
    except apsw.Error as error:
        if _is_unborn(error, key, found):
            return
        if key is None:
            found.faults.append(f"{file} is damaged ({error}) and its room's name cannot be read")
        else:
            host.set_aside(key, 0, f"its file is damaged: {error}")
        return
    kind, name, epoch, generation, *_ = row
    alarm = Alarm(*row[6:9]) if row[6] is not None else None
    host.put(RoomKey(kind, name), generation, epoch, alarm, waits)
    marker = marker_path(file)
    if marker.exists():
        host.set_aside(RoomKey(kind, name), generation, marker.read_text("utf-8", "replace").splitlines()[0])


def _is_unborn(error: apsw.Error, key: RoomKey | None, found: FoundJournal) -> bool:
    """An empty file whose first commit never reached the disk: the journal has its records, or it never was a room."""
    return isinstance(error, apsw.SQLError) and (key is None or key not in found.keys or next(found.records(key)).number == 1)


def _room_files(folder: Path) -> Iterator[Path]:
    return (folder / "rooms").glob(f"*/*/*{DATABASE_SUFFIX}")


def _has_bytes(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _move_away(path: Path) -> None:
    number = 1
    while path.with_name(f"host.sqlite3.damaged-{number}").exists():
        number += 1
    os.rename(path, path.with_name(f"host.sqlite3.damaged-{number}"))
