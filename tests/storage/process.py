"""A server's part in storage, played by hand: it opens rooms, makes their turns durable, commits, and dies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from storage import DataFolder, JournalFull, Migrations, Record, RoomFile, RoomKey, StorageSettings
from storage.disk import Disk

LOBBY = RoomKey("rooms", "lobby")
MESSAGES = "CREATE TABLE messages(seq INTEGER PRIMARY KEY, sender TEXT, body TEXT)"
MIGRATIONS: Mapping[str, Migrations] = {"rooms": [MESSAGES]}
SMALL = StorageSettings(segment_bytes=64 * 1024)


class Process:
    """One server process on ``path``. ``open`` rooms are kept; ``records`` are those that are not yet in the journal."""

    def __init__(
        self,
        path: Path,
        settings: StorageSettings = SMALL,
        *,
        migrations: Mapping[str, Migrations] = MIGRATIONS,
        derived: Mapping[str, Sequence[str]] | None = None,
        disk: Disk | None = None,
    ) -> None:
        self.path = path
        self.folder = DataFolder.open(path, settings, migrations=migrations, derived=derived, disk=disk)
        self.rooms: dict[RoomKey, RoomFile] = {}
        self.waiting: list[Record] = []

    def room(self, key: RoomKey = LOBBY) -> RoomFile:
        if key not in self.rooms:
            self.rooms[key] = self.folder.room(key)
        return self.rooms[key]

    @contextmanager
    def turn(self, key: RoomKey = LOBBY) -> Iterator[RoomFile]:
        """One turn. If the body raises, the turn is rolled back and the error goes on."""
        file = self.room(key)
        file.begin()
        try:
            yield file
            record = file.end()
        except BaseException:
            file.rollback()
            raise
        if record is not None:
            self.waiting.append(record)

    def put(self, name: str, value: object, key: RoomKey = LOBBY) -> None:
        """A turn that puts one value."""
        with self.turn(key) as file:
            file.storage.put(name, value)

    def sync(self) -> None:
        """Make every turn so far durable, and let the host know. On ``JournalFull`` they are undone."""
        try:
            self.folder.journal.append(self.waiting)
        except JournalFull:
            first = {record.key: record.number for record in reversed(self.waiting)}
            for key, number in first.items():
                self.rooms[key].undo(number - 1)
            raise
        finally:
            records, self.waiting = self.waiting, []
        self.folder.host.apply(records)

    def commit(self) -> bool:
        """Put every turn so far into the files, and the host's changes too. Whether all had space."""
        self.sync()
        done = [file.commit(file.number) for file in self.rooms.values()]
        return self.folder.host.commit() and all(done)

    def commit_only(self, *keys: RoomKey) -> None:
        """Put the turns of some rooms into their files."""
        self.sync()
        for key in keys:
            self.rooms[key].commit(self.rooms[key].number)

    def hibernate(self, key: RoomKey = LOBBY) -> None:
        """Commit and close one room."""
        self.commit()
        self.rooms.pop(key).close()

    def hibernate_full(self, key: RoomKey = LOBBY) -> None:
        """Close one room though its file has no space for its turns."""
        self.sync()
        self.rooms.pop(key).close()

    def stop(self) -> None:
        """Stop in good order."""
        self.commit()
        for file in self.rooms.values():
            file.close()
        self.folder.close()

    def crash(self, into: Path) -> Path:
        """What would be on the disk if the process were killed now: a copy of the files as they lie, without SQLite's shared memory."""
        shutil.copytree(self.path, into, ignore=shutil.ignore_patterns("*-shm"))
        return into

    def retire(self) -> None:
        """Let every segment that is done go, also the one in use."""
        self.folder.journal.seal()
        self.folder.retire()

    @property
    def segments(self) -> list[Path]:
        """Files of the journal that hold records."""
        return [path for path in sorted((self.path / "journal").iterdir()) if path.read_bytes().strip(b"\0")]
