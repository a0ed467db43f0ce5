"""Bringing the rooms forward from the journal when a folder is opened.

Two passes. The first reads every segment once and notes where each room's records are (eight bytes a record); the second
opens each room once and applies what it lacks in one transaction. A record is applied only if it is the next of the file's
history, so recovery may be interrupted anywhere and done again.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

from storage.disk import Disk
from storage.errors import FolderUnusable
from storage.journal import Segment
from storage.keys import RoomKey
from storage.record import FRAME, Body, Flag, decode_body
from storage.segment import Contents, parse

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, how much there is."""

_READ_BYTES = 1024


class FoundJournal:
    """The journal as a crash left it: its segments, oldest first, and where each room's records are.

    ``next_number`` and ``next_batch`` are what the journal goes on with. ``faults`` are damages, one sentence each.
    """

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.next_number = 1
        self.next_batch = 1
        self.folder_ids: set[str] = set()
        self.faults: list[str] = []
        self.record_count = 0
        self.reborn: dict[RoomKey, int] = {}
        """Rooms with a record of their destruction, and the generation that the name begins after the last one."""
        self._places: dict[RoomKey, array[int]] = {}
        self._descriptors: list[int] = []

    @property
    def keys(self) -> list[RoomKey]:
        """Every room with a record."""
        return list(self._places)

    def records(self, key: RoomKey) -> Iterator[Body]:
        """The room's records since its last destruction, oldest first, read from the disk one by one."""
        for place in self._places.get(key, ()):
            yield _read_record(self._descriptors[place >> 40], place & 0xFFFFFFFFFF)

    def close(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = []

    def _add(self, path: Path, contents: Contents) -> None:
        assert contents.header is not None
        segment = Segment(contents.header.number, path)
        place = len(self._descriptors) << 40
        self._descriptors.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        for offset, body in contents.records:
            key = RoomKey(body.kind, body.name)
            places = self._places.get(key)
            if places is None:
                places = self._places[key] = array("Q")
            if body.flags & Flag.DESTROYED:
                self.reborn[key] = body.generation + 1
                del places[:]
            else:
                places.append(place | offset)
            segment.highest[key] = (body.generation, body.number)
            if body.flags & Flag.FORGETS:
                segment.forgets.add(key)
        self.record_count += len(contents.records)
        self.segments.append(segment)
        self.folder_ids.add(contents.header.folder_id)
        self.next_batch = contents.next_batch
        self.faults.extend(contents.faults)


def find_journal(folder: Path, progress: Progress, disk: Disk | None) -> FoundJournal:
    """Read the journal in ``folder``. With a ``disk`` the torn tail of the last segment is cut off, unused segments are deleted and what
    is left is synced; without one nothing is touched. Raises ``FolderUnusable``.
    """
    found = FoundJournal()
    paths = sorted(folder.glob("*.journal"))
    used = [path for path in paths if _is_used(path)]
    for done, path in enumerate(paths):
        progress("reading the journal", done, len(paths))
        found.next_number = max(found.next_number, _number(path) + 1)
        if path in used:
            _read_segment(found, path, last=path == used[-1], disk=disk)
        elif disk is not None:
            disk.unlink(path)
    if disk is not None:
        disk.sync_folder(folder)
    progress("reading the journal", len(paths), len(paths))
    return found


def _read_segment(found: FoundJournal, path: Path, *, last: bool, disk: Disk | None) -> None:
    contents = parse(path.read_bytes())
    header = contents.header
    if header is None:
        _drop_headless(found, path, last=last, disk=disk)
        return
    if found.segments and header.first_batch != found.next_batch:
        found.faults.append(f"between segment {found.segments[-1].number} and {header.number} records are missing")
    found._add(path, contents)
    if contents.torn and not last:
        found.faults.append(f"segment {header.number} is damaged at byte {contents.end} and after")
    if disk is not None:
        _settle(path, contents, disk, cut=last and contents.torn)


def _drop_headless(found: FoundJournal, path: Path, *, last: bool, disk: Disk | None) -> None:
    """The first append to the segment was torn, so nothing in it was durable; if others follow, it is damage."""
    if not last:
        found.faults.append(f"{path.name} has no readable header")
    elif disk is not None:
        disk.unlink(path)


def _settle(path: Path, contents: Contents, disk: Disk, *, cut: bool) -> None:
    """What was read is on the disk, and what was torn is gone, before anyone acts on it."""
    descriptor = disk.open(path, os.O_RDWR)
    try:
        if cut:
            disk.truncate(descriptor, contents.end)
        disk.fdatasync(descriptor)
    finally:
        disk.close(descriptor)


def _is_used(path: Path) -> bool:
    with path.open("rb") as file:
        return any(file.read(64))


def _number(path: Path) -> int:
    if not path.stem.isdigit():
        raise FolderUnusable(path, "it is not a segment of the journal")
    return int(path.stem)


def _read_record(descriptor: int, offset: int) -> Body:
    data = os.pread(descriptor, _READ_BYTES, offset)
    length, _ = FRAME.unpack_from(data)
    if FRAME.size + length > len(data):
        data = os.pread(descriptor, FRAME.size + length, offset)
    return decode_body(memoryview(data)[FRAME.size : FRAME.size + length])
