"""The journal of a folder that another process may be writing to, kept from one moment to another though its owner retires segments.

Whoever copies the rooms' files in between, one after the other, has with it what brings all of them to one and the same moment.
Nothing is changed: segments are held by descriptors, which outlive their names.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from storage.errors import BackupFailed
from storage.keys import RoomKey
from storage.record import Flag
from storage.recovery import read_segment
from storage.segment import Contents, parse

_READS = 4
"""A segment that is written to while it is read may look damaged: it is read again so often."""

_SEGMENT = re.compile(r"\d+\.journal").fullmatch
_HELD_MAX = 64
"""Descriptors held at once; a journal that was not retired for long has more segments."""

_IN_USE = 2
"""The newest segments: the one that is written to, and the one allocated ahead. What is older never changes."""


class KeptJournal:
    """Segments that were there when this was made, and those that came since. ``look`` often enough that none comes and goes unseen.

    ``faults``: damage that was found, one sentence each.
    """

    def __init__(self, folder: Path, write: Callable[[str, bytes], None]) -> None:
        self.faults: list[str] = []
        self._folder = folder
        self._write = write
        self._rooms: dict[RoomKey, tuple[int, bool]] = {}
        self._held: dict[int, int] = {}
        self._inodes: dict[int, int] = {}
        self.look()

    def rooms(self) -> Iterator[tuple[RoomKey, bool]]:
        """Every room with a record that was kept, and whether it stands; else it was destroyed."""
        for key, (_, stands) in self._rooms.items():
            yield key, stands

    def look(self) -> None:
        """Take hold of the segments that are new, and write out those that no longer change. Raises ``BackupFailed``."""
        for name in sorted(filter(_SEGMENT, os.listdir(self._folder))):
            with contextlib.suppress(FileNotFoundError):  # retired between the two
                self._hold(self._folder / name)
            if len(self._held) > _HELD_MAX:
                self._keep_old()
        self._keep_old()

    def finish(self) -> None:
        """Write out what is durable now. Raises ``BackupFailed`` if a segment came and went unseen.

        The newest is read first: what an older one held at a later moment follows on nothing that is missing.
        """
        self.look()
        for number in sorted(self._held, reverse=True):
            self._keep(number, self._read(number))
        if self._inodes and len(self._inodes) != max(self._inodes) - min(self._inodes) + 1:
            raise BackupFailed("the journal went on faster than it could be copied; try again when the server is less busy")

    def close(self) -> None:
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held = {}

    def _keep_old(self) -> None:
        for number in sorted(self._held)[:-_IN_USE]:
            self._keep(number, self._read(number))

    def _hold(self, path: Path) -> None:
        number, inode = int(path.stem), os.stat(path).st_ino
        if self._inodes.get(number) == inode:
            return
        if self._inodes and number <= max(self._inodes):
            raise BackupFailed("the server was stopped and started meanwhile, and began its journal anew; try again")
        self._held[number] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._inodes[number] = inode

    def _read(self, number: int) -> tuple[bytes, Contents]:
        for _ in range(_READS):
            data = read_segment(self._held[number])
            contents = parse(data, number)
            if not contents.faults:
                break
        os.fsync(self._held[number])  # a record is copied only once it is durable, though its room has not been told
        return data, contents

    def _keep(self, number: int, found: tuple[bytes, Contents]) -> None:
        data, contents = found
        self.faults.extend(contents.faults)
        if contents.header is not None:
            self._write(f"journal/{number:012d}.journal", data[: contents.end])
        for _, body in contents.records:
            self._note(number, RoomKey(body.kind, body.name), stands=not body.flags & Flag.DESTROYED)
        os.close(self._held.pop(number))

    def _note(self, number: int, key: RoomKey, *, stands: bool) -> None:
        if number >= self._rooms.get(key, (0, False))[0]:
            self._rooms[key] = (number, stands)
