"""When a file of the journal may go: each of its records is in its room's file and in the host's, and both were synced after.

Runs in a worker thread beside the loop. Never opens a database or its ``-shm`` but through SQLite: closing such a descriptor
would drop SQLite's locks. The write-ahead file is another matter: SQLite locks nothing in it.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Protocol

import apsw

from storage.database import open_checkpointer
from storage.disk import NO_DESCRIPTORS, NO_SPACE, Disk
from storage.errors import SyncFailed
from storage.free_memory import give_back_free_memory
from storage.journal import Journal, Segment
from storage.keys import RoomKey
from storage.names import room_path
from storage.set_aside import keep_records
from storage.settings import StorageSettings
from storage.standing import Standing

_CLOSED_WAL_BYTES = 128 * 1024
"""A room that is not open keeps no more than this in its write-ahead file: it is read whole when the room wakes."""

MANY_FILES = 64
"""From here on one sync of the whole file system costs less: 10,000 new files took 1 s instead of 46."""

MANY_CLOSED = 64
"""So many rooms fewer, and it is worth while to look for memory to give back: some 100 KB each, if they had a file."""


class HostProgress(Protocol):
    """What of the host matters here."""

    wal: Path
    committed_records: int
    set_aside_reasons: dict[RoomKey, str]


class Retirement:
    """Syncs what the rooms committed and lets finished segments go. ``standings`` has every room with a record in the journal."""

    def __init__(self, folder: Path, journal: Journal, host: HostProgress, settings: StorageSettings, disk: Disk) -> None:
        self._folder = folder
        self._journal = journal
        self._host = host
        self._settings = settings
        self._disk = disk
        self._running = threading.Lock()
        self._standings: dict[RoomKey, Standing] = {}
        self._standings_lock = threading.Lock()
        self._standings_max = 1000
        self._trims: dict[RoomKey, Standing] = {}
        self._were_open = 0
        self._descriptor = disk.open(folder, os.O_RDONLY)

    def close(self) -> None:
        self._disk.close(self._descriptor)

    def standing(self, key: RoomKey) -> Standing:
        """The standing of a room that is about to be opened or was brought forward."""
        with self._standings_lock:
            standing = self._standings.get(key)
            if standing is None:
                standing = self._standings[key] = Standing(key, f"{self._folder}/{room_path(key)}")
            standing.open = True
            return standing

    def run(self) -> None:
        """Retire what can be retired, cut write-ahead files that have grown, allocate the next segment. Raises ``SyncFailed``."""
        with self._running:
            if self._journal.forgets:
                self._journal.seal()
            self._retire_all()
            self._cut_logs()
            self._give_back_memory()
            self._drop_standings()
            self._journal.prepare()

    def finish(self) -> None:
        """The process ends and every room is closed: leave the next start nothing to bring forward, and the disk no deleted text."""
        with self._running:
            self._journal.seal()
            self._retire_all()
            self._cut_due_logs()
            self._disk.sync_file(self._host.wal)

    def _retire_all(self) -> None:
        """Segments go oldest first, up to one that is still needed."""
        try:
            while self._journal.sealed and self._retire(self._journal.sealed[0]):
                pass
        except OSError as error:
            if error.errno not in (*NO_SPACE, *NO_DESCRIPTORS):
                raise SyncFailed(f"the data folder did not reach the disk: {error.strerror}") from error

    def _retire(self, segment: Segment) -> bool:
        """Let ``segment`` go if all that it says is elsewhere on the disk. Whether it went."""
        if self._host.committed_records < segment.host_records:
            return False
        waiting = self._waiting(segment)
        if waiting is None or not self._sync_all(waiting):
            return False
        self._disk.sync_file(self._host.wal)
        self._keep_set_aside(segment)
        self._cut_forgotten(segment)
        self._cut_due_logs()  # before nothing says any more what is to be forgotten, unless a room is busy just now
        self._journal.forget(segment)
        return True

    def _waiting(self, segment: Segment) -> list[Standing] | None:
        """The rooms whose file is to be synced first; None if one has not committed what the segment says."""
        waiting = []
        for key, mark in list(segment.highest.items()):
            if key in self._host.set_aside_reasons:
                continue
            standing = self._standings.get(key)
            if standing is None or standing.committed < mark:
                return None
            if standing.synced < mark:
                waiting.append(standing)
        return waiting

    def _sync_all(self, waiting: list[Standing]) -> bool:
        """What all these rooms committed reaches the disk: with one call if they are many, else file by file. False: not yet."""
        if len(waiting) < MANY_FILES:
            return all(self._sync(standing) for standing in waiting)
        marks = [(standing, standing.committed) for standing in waiting]
        made = [standing for standing in waiting if standing.made]
        for standing in made:
            standing.made = False
        if not self._disk.sync_file_system(self._descriptor):
            for standing in made:
                standing.made = True
            return all(self._sync(standing) for standing in waiting)
        for standing, mark in marks:
            standing.synced = mark
        return True

    def _sync(self, standing: Standing) -> bool:
        """What the room committed until now reaches the disk. False if that must wait for the room to be quieter."""
        mark = standing.committed
        if standing.made:
            standing.made = False
            if os.path.exists(standing.database) and not self._checkpoint(standing, "PASSIVE"):
                standing.made = True
                return False
            self._sync_folders(Path(os.path.dirname(standing.database)))
        elif not self._disk.sync_file(standing.wal) and not os.path.exists(standing.database):
            self._sync_folders(Path(os.path.dirname(standing.database)))
        standing.synced = mark
        return True

    def _checkpoint(self, standing: Standing, mode: str) -> bool:
        """Fold the write-ahead file back, with SQLite's own syncs. False if the room was too busy for all of it, or its file is damaged:
        then it is set aside when it is opened next."""
        try:
            connection = open_checkpointer(standing.database)
        except apsw.CantOpenError:
            return not os.path.exists(standing.database)
        except (apsw.BusyError, apsw.LockedError, apsw.FullError, *_DAMAGE):
            return False
        try:
            frames, folded = connection.wal_checkpoint(mode=_MODES[mode])
        except (apsw.BusyError, apsw.LockedError, apsw.FullError, *_DAMAGE):
            return False
        except apsw.IOError as error:
            raise SyncFailed(f"the file of {standing.key} did not reach the disk: {error}") from error
        finally:
            connection.close(True)
        return frames == folded

    def _keep_set_aside(self, segment: Segment) -> None:
        keys = [key for key in segment.highest if key in self._host.set_aside_reasons]
        if keys:
            keep_records(segment.path, {key: self._folder / room_path(key) for key in keys}, self._disk)

    def _cut_forgotten(self, segment: Segment) -> None:
        for key in segment.forgets:
            standing = self._standings.get(key)
            if standing is not None and os.path.exists(standing.database):
                self._trims[key] = standing

    def _cut_logs(self) -> None:
        """Keep write-ahead files small, and empty where text was deleted."""
        for standing in list(self._standings.values()):
            come = (standing.committed, standing.derived)
            if standing.looked != come:
                standing.looked = come
                if _size(standing.wal) > (self._settings.wal_bytes_max if standing.open else _CLOSED_WAL_BYTES):
                    self._trims[standing.key] = standing
        self._cut_due_logs()

    def _cut_due_logs(self) -> None:
        for key, standing in list(self._trims.items()):
            if _size(standing.wal) == 0 or self._checkpoint(standing, "TRUNCATE"):
                del self._trims[key]
                standing.trim = False
            else:
                standing.trim = standing.open

    def _give_back_memory(self) -> None:
        """When many rooms were closed: what SQLite kept for them."""
        are_open = sum([standing.open for standing in list(self._standings.values())])
        self._were_open = max(self._were_open, are_open)
        if self._were_open - are_open >= MANY_CLOSED:
            self._were_open = are_open
            give_back_free_memory()

    def _drop_standings(self) -> None:
        """Forget rooms that are closed and that no segment names: one that just came and went has committed what is not yet synced."""
        if len(self._standings) < self._standings_max:
            return
        named = self._journal.named()
        for key, standing in list(self._standings.items()):
            with self._standings_lock:
                is_done = not standing.open and not standing.tail and standing.synced == standing.committed
                if is_done and key not in named and key not in self._trims:
                    del self._standings[key]
        self._standings_max = max(1000, 2 * len(self._standings))

    def _sync_folders(self, lowest: Path) -> None:
        for folder in (lowest, *lowest.parents):
            if folder.exists():
                self._disk.sync_folder(folder)
            if folder == self._folder:
                return


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


_DAMAGE = (apsw.CorruptError, apsw.NotADBError)
_MODES = {"PASSIVE": apsw.SQLITE_CHECKPOINT_PASSIVE, "TRUNCATE": apsw.SQLITE_CHECKPOINT_TRUNCATE}
