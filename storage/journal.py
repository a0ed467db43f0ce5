"""The process's commit log: one file after another that only grows, and one sync for all that waits.

Promise: what ``append`` returned from is on the disk, whole; what it raised from is not there at all (``JournalFull``) or
nobody knows and the process must stop (``SyncFailed``). One append at a time; ``seal`` and ``prepare`` may run beside it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from storage.disk import NO_DESCRIPTORS, NO_SPACE, Disk
from storage.errors import JournalFull, SyncFailed
from storage.keys import RoomKey
from storage.record import Flag, Record
from storage.segment import BATCH_BYTES, HEADER_BYTES, encode_batch, encode_header
from storage.settings import StorageSettings

Mark = tuple[int, int]
"""Generation of a room and number of a record in it: how far something has come."""


class Segment:
    """One file of the journal. ``highest`` says how far each room that it names must have come before the file may go.

    ``host_records``: of all records since the journal was opened that concern the host, how many stand in this
    segment or before it. ``forgets``: a turn asked that deleted text leave the disk.
    """

    __slots__ = ("forgets", "highest", "host_records", "number", "path")

    def __init__(self, number: int, path: Path) -> None:
        self.number = number
        self.path = path
        self.highest: dict[RoomKey, Mark] = {}
        self.host_records = 0
        self.forgets: set[RoomKey] = set()


class Journal:
    """Appends records to the segment in use. ``sealed`` are older segments, oldest first, until they are retired."""

    def __init__(
        self, folder: Path, folder_id: str, settings: StorageSettings, disk: Disk, *, number: int, batch: int, sealed: Sequence[Segment]
    ) -> None:
        self.sealed = list(sealed)
        self.batches = 0
        self.records = 0
        self._folder = folder
        self._folder_id = folder_id
        self._settings = settings
        self._relaxed = settings.durability == "relaxed"
        self._disk = disk
        self._number = number
        self._batch = batch
        self._host_records = 0
        self._current: _OpenSegment | None = None
        self._spare: _OpenSegment | None = None
        self._appending = threading.Lock()
        self._preparing = threading.Lock()
        self._broken: SyncFailed | None = None

    @property
    def forgets(self) -> bool:
        """Whether the segment in use holds a record with which deleted text is to leave the disk."""
        current = self._current
        return current is not None and bool(current.segment.forgets)

    def named(self) -> set[RoomKey]:
        """The rooms that have a record in the journal."""
        with self._appending:
            segments = [*self.sealed] if self._current is None else [*self.sealed, self._current.segment]
            return {key for segment in segments for key in segment.highest}

    def append(self, records: Sequence[Record]) -> None:
        """Write ``records`` and sync once. Blocking; run by one worker thread at a time.

        Raises ``JournalFull``: none of them is kept, and the journal is as before. ``SyncFailed``: fatal.
        """
        if not records:
            return
        with self._appending:
            if self._broken is not None:
                raise self._broken
            segment = self._write(b"".join([record.data for record in records]))
            self._note(segment, records)

    def seal(self) -> None:
        """Let the next append begin a new segment, so that the present one can be retired."""
        with self._appending:
            self._seal()

    def prepare(self) -> None:
        """Allocate the next segment ahead. A full disk, or no descriptor, is no error here: the append will say so."""
        with self._preparing:
            if self._spare is None and self._broken is None:
                try:
                    self._spare = self._allocate(self._settings.segment_bytes)
                except JournalFull:
                    return

    def forget(self, segment: Segment) -> None:
        """``segment`` was retired: its file goes."""
        self._disk.unlink(segment.path)
        with self._appending:
            self.sealed.remove(segment)
        self._disk.sync_folder(self._folder)

    def close(self) -> None:
        """Everything appended is synced; descriptors are closed, an unused spare segment is deleted."""
        with self._appending, self._preparing:
            self._seal()
            if self._spare is not None:
                self._disk.close(self._spare.descriptor)
                self._disk.unlink(self._spare.segment.path)
                self._spare = None

    def _write(self, records: bytes) -> _OpenSegment:
        length = len(records) + BATCH_BYTES
        segment = self._current
        if segment is None or segment.offset + length > segment.size_bytes:
            self._seal()
            segment = self._current = self._next_segment(length + HEADER_BYTES)
        batch = encode_batch(segment.segment.number, self._batch, records)
        if segment.offset == 0:
            batch = encode_header(segment.segment.number, self._folder_id, self._batch, relaxed=self._relaxed) + batch
        try:
            self._disk.write_whole(segment.descriptor, batch, segment.offset)
        except OSError as error:
            self._cut_back(segment, len(batch))
            if error.errno in NO_SPACE:
                raise JournalFull(f"the journal cannot grow: {error.strerror}") from error
            raise self._break(error) from error
        if not self._relaxed:
            self._sync(segment)
        segment.offset += len(batch)
        self._batch += 1
        return segment

    def _note(self, segment: _OpenSegment, records: Sequence[Record]) -> None:
        highest = segment.segment.highest
        for record in records:
            highest[record.key] = (record.generation, record.number)
            if record.for_host:
                self._host_records += 1
            if record.flags & Flag.FORGETS:
                segment.segment.forgets.add(record.key)
        segment.segment.host_records = self._host_records
        self.batches += 1
        self.records += len(records)

    def _sync(self, segment: _OpenSegment) -> None:
        try:
            self._disk.fdatasync(segment.descriptor)
        except OSError as error:
            raise self._break(error) from error

    def _cut_back(self, segment: _OpenSegment, length: int) -> None:
        """Wipe what a failed append wrote, so that nobody reads it as a record. If even that fails, nothing is known."""
        try:
            self._disk.write_zeros(segment.descriptor, min(length, segment.size_bytes - segment.offset), segment.offset)
            self._disk.fdatasync(segment.descriptor)
        except OSError as error:
            raise self._break(error) from error

    def _break(self, error: OSError) -> SyncFailed:
        self._broken = SyncFailed(f"the journal did not reach the disk: {error.strerror}")
        return self._broken

    def _seal(self) -> None:
        current, self._current = self._current, None
        if current is None:
            return
        if self._relaxed and self._broken is None:
            self._sync(current)
        self._disk.close(current.descriptor)
        if current.offset:
            self.sealed.append(current.segment)
        else:
            self._disk.unlink(current.segment.path)

    def _next_segment(self, length: int) -> _OpenSegment:
        with self._preparing:
            spare, self._spare = self._spare, None
            if spare is None:
                return self._allocate(max(length, self._settings.segment_bytes))
            if spare.size_bytes < length:
                self._disk.close(spare.descriptor)
                self._disk.unlink(spare.segment.path)
                return self._allocate(length)
            return spare

    def _allocate(self, size_bytes: int) -> _OpenSegment:
        """A new file of zeros, on the disk with its name. Raises ``JournalFull`` and leaves none."""
        path = self._folder / segment_name(self._number)
        descriptor = -1
        try:
            descriptor = self._disk.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            self._disk.write_zeros(descriptor, size_bytes)
            self._disk.fdatasync(descriptor)
            self._disk.sync_folder(self._folder)
        except SyncFailed as error:
            self._broken = error
            raise
        except OSError as error:
            if descriptor >= 0:
                self._disk.close(descriptor)
            self._disk.unlink(path)
            if error.errno in (*NO_SPACE, *NO_DESCRIPTORS):
                raise JournalFull(f"the journal cannot grow: {error.strerror}") from error
            raise self._break(error) from error
        self._number += 1
        return _OpenSegment(Segment(self._number - 1, path), descriptor, size_bytes)


class _OpenSegment:
    __slots__ = ("descriptor", "offset", "segment", "size_bytes")

    def __init__(self, segment: Segment, descriptor: int, size_bytes: int) -> None:
        self.segment = segment
        self.descriptor = descriptor
        self.size_bytes = size_bytes
        self.offset = 0


def segment_name(number: int) -> str:
    return f"{number:012d}.journal"
