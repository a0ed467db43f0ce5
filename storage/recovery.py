"""Bringing the rooms forward from the journal when a folder is opened.

Two passes. The first reads every segment once and notes where each room's records are (eight bytes a record); the second
opens each room once and applies what it lacks in one transaction. A record is applied only if it is the next of the file's
history, so recovery may be interrupted anywhere and done again.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from storage.disk import Disk
from storage.errors import FolderUnusable, SyncFailed
from storage.journal import Segment
from storage.keys import RoomKey
from storage.record import FRAME, Body, Flag, decode_body
from storage.segment import Contents, Header, parse

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
        self._torn: int | None = None

    @property
    def keys(self) -> list[RoomKey]:
        """Every room with a record."""
        return list(self._places)

    def records(self, key: RoomKey) -> Iterator[Body]:
        """The room's records since its last destruction, oldest first, read from the disk one by one."""
        for place in self._places.get(key, ()):
            yield _read_record(self._descriptors[place >> 40], place & 0xFFFFFFFFFF)

    def written_ms(self, key: RoomKey) -> int:
        """When the last segment with a record of the room was written to, in Unix milliseconds; 0 if there is none."""
        for segment in reversed(self.segments):
            if key in segment.highest:
                return os.stat(segment.path).st_mtime_ns // 1_000_000
        return 0

    def close(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = []

    def read(self, path: Path, descriptor: int, disk: Disk | None) -> None:
        """Take the next segment in, and its descriptor, which is open to read."""
        number = _number(path)
        contents = parse(read_segment(descriptor), number)
        if contents.faults and disk is None:  # perhaps it was read while it was written to
            contents = parse(read_segment(descriptor), number)
        if contents.header is None:
            os.close(descriptor)
            self.faults.extend(contents.faults)
            self._headless(path, contents, disk)
            return
        self._check_order(contents.header)
        if disk is not None:
            _settle(path, disk)
        self._add(path, descriptor, contents)

    def cut_tail(self, disk: Disk) -> None:
        """What is torn at the end of the last segment never was durable: nobody is to read it again."""
        if self._torn is not None:
            _settle(self.segments[-1].path, disk, self._torn)

    def _headless(self, path: Path, contents: Contents, disk: Disk | None) -> None:
        """Allocated ahead, or its first append was torn: nothing in it was ever durable."""
        if disk is not None and not contents.faults:
            disk.unlink(path)

    def _check_order(self, header: Header) -> None:
        """A segment that follows proves that the one before it was whole."""
        if self._torn is not None:
            self.faults.append(f"segment {self.segments[-1].number} is damaged at byte {self._torn} and after")
        if self.segments and header.first_batch != self.next_batch:
            self.faults.append(f"between segment {self.segments[-1].number} and {header.number} records are missing")

    def _add(self, path: Path, descriptor: int, contents: Contents) -> None:
        assert contents.header is not None
        segment = Segment(contents.header.number, path)
        place = len(self._descriptors) << 40
        self._descriptors.append(descriptor)
        for offset, body in contents.records:
            self._note(segment, place | offset, body)
        self.record_count += len(contents.records)
        self.segments.append(segment)
        if contents.header.folder_id:
            self.folder_ids.add(contents.header.folder_id)
        self.next_batch = contents.next_batch
        self.faults.extend(contents.faults)
        self._torn = contents.end if contents.torn else None

    def _note(self, segment: Segment, place: int, body: Body) -> None:
        key = RoomKey(body.kind, body.name)
        places = self._places.get(key)
        if places is None:
            places = self._places[key] = array("Q")
        if body.flags & Flag.DESTROYED:
            self.reborn[key] = body.generation + 1
            del places[:]
        else:
            places.append(place)
        segment.highest[key] = (body.generation, body.number)
        if body.flags & Flag.FORGETS:
            segment.forgets.add(key)


def find_journal(folder: Path, progress: Progress, disk: Disk | None) -> FoundJournal:
    """Read the journal in ``folder``. With a ``disk`` the torn tail of the last segment is cut off, unused segments are deleted and what
    is left is synced; without one nothing is touched. Raises ``FolderUnusable``.
    """
    found = FoundJournal()
    paths = sorted(folder.glob("*.journal"))
    found.next_number = max([1, *(_number(path) + 1 for path in paths)])
    for done, (path, descriptor) in enumerate(_opened(paths)):
        progress("reading the journal", done, len(paths))
        found.read(path, descriptor, disk)
    if disk is not None:
        found.cut_tail(disk)
        disk.sync_folder(folder)
    progress("reading the journal", len(paths), len(paths))
    return found


def _opened(paths: Sequence[Path]) -> list[tuple[Path, int]]:
    """The segments that a server beside us has not retired yet, oldest first, each open to read.

    It retires the oldest first, so they are opened the newest first: what is open then follows on nothing that is missing.
    """
    opened: list[tuple[Path, int]] = []
    try:
        for path in reversed(paths):
            opened.append((path, os.open(path, os.O_RDONLY | os.O_CLOEXEC)))
    except FileNotFoundError:
        pass
    except BaseException:
        for _, descriptor in opened:
            os.close(descriptor)
        raise
    return opened[::-1]


def _settle(path: Path, disk: Disk, end: int | None = None) -> None:
    """What was read is on the disk, before anyone acts on it; and what is torn behind ``end`` is gone."""
    descriptor = disk.open(path, os.O_RDWR)
    try:
        if end is not None:
            disk.truncate(descriptor, end)
        disk.fdatasync(descriptor)
    except OSError as error:
        raise SyncFailed(f"{path} did not reach the disk: {error.strerror}") from error
    finally:
        disk.close(descriptor)


def read_segment(descriptor: int) -> bytes:
    """A segment of any size: more than 2 GiB are not read at once."""
    parts = []
    offset = 0
    while part := os.pread(descriptor, 1 << 30, offset):
        parts.append(part)
        offset += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


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
