"""One file of the journal, as bytes: how it is laid out and what a reader may believe of it. Pure.

A segment is a header, then batches, then zeros. A batch is what one append wrote: a header and whole records. Batches are
numbered from 1 through all segments, without gaps; since one append at a time is written and synced, a batch proves that
all before it reached the disk. So what is broken at the very end is a torn tail, and what is broken before it is damage.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from zlib import crc32

from storage.record import FRAME, Body, decode_body

_HEADER = struct.Struct("<8sHHIQ16sQI")
_MAGIC = b"ROOMSJNL"
_VERSION = 1
HEADER_BYTES = 64

_BATCH = struct.Struct("<4sIQI")
_BATCH_MAGIC = b"rmBt"
BATCH_BYTES = _BATCH.size


def encode_header(number: int, folder_id: str, first_batch: int, *, relaxed: bool) -> bytes:
    """The first bytes of segment ``number`` of the folder; ``folder_id`` is 32 hex digits."""
    head = _HEADER.pack(_MAGIC, _VERSION, int(relaxed), 0, number, bytes.fromhex(folder_id), first_batch, 0)[:-4]
    return (head + struct.pack("<I", crc32(head))).ljust(HEADER_BYTES, b"\0")


def encode_batch(segment: int, number: int, records: bytes) -> bytes:
    """Whole records, ready to be appended as batch ``number``."""
    return _BATCH.pack(_BATCH_MAGIC, len(records), number, _batch_crc(segment, number, len(records))) + records


def _batch_crc(segment: int, number: int, length: int) -> int:
    return crc32(struct.pack("<QQI", segment, number, length))


@dataclass(frozen=True)
class Header:
    number: int
    folder_id: str
    first_batch: int
    relaxed: bool
    """Batches were not synced one after the other: a later one proves nothing of an earlier one."""


@dataclass
class Contents:
    """What a segment holds.

    ``records``: offset and body of each whole record. ``end``: where the last whole batch ends. ``batches``: how many were
    seen. ``next_batch``: the number after the last one. ``torn``: what follows ``end`` is the rest of an append that never
    was durable. ``faults``: damage, one sentence each, with its offset.
    """

    header: Header | None
    records: list[tuple[int, Body]] = field(default_factory=list)
    end: int = 0
    batches: int = 0
    next_batch: int = 0
    torn: bool = False
    faults: list[str] = field(default_factory=list)


def parse_header(data: bytes | memoryview) -> Header | None:
    """The header, or None if the segment was allocated but never written to (or its first append was torn)."""
    if len(data) < HEADER_BYTES:
        return None
    magic, version, relaxed, _, number, folder_id, first_batch, checksum = _HEADER.unpack_from(data)
    if magic != _MAGIC or version != _VERSION or crc32(data[: _HEADER.size - 4]) != checksum:
        return None
    return Header(number, folder_id.hex(), first_batch, bool(relaxed))


def parse(data: bytes, number: int) -> Contents:
    """All that ``data``, the whole segment ``number``, holds.

    A segment without a readable header whose first append was torn holds nothing; one that holds two batches had a header once.
    """
    header = parse_header(data)
    if header is not None and header.number != number:
        return Contents(None, faults=[f"segment {number} says that it is segment {header.number}"])
    if header is None:
        return _parse_headless(data, number)
    contents = Contents(header, end=HEADER_BYTES, next_batch=header.first_batch)
    offset: int | None = HEADER_BYTES
    while offset is not None:
        offset = _parse_batch(data, offset, contents)
    return contents


def _parse_headless(data: bytes, number: int) -> Contents:
    if data.count(0) == len(data):
        return Contents(None)
    contents = Contents(Header(number, "", 1, relaxed=False), end=HEADER_BYTES, next_batch=1)
    offset = _after_fault(data, 0, contents)
    while offset is not None:
        offset = _parse_batch(data, offset, contents)
    return contents if contents.faults and contents.batches > 1 else Contents(None, torn=True)


def _parse_batch(data: bytes, offset: int, contents: Contents) -> int | None:
    """Add one batch to ``contents``. Returns where the next begins, or None at the end."""
    assert contents.header is not None
    length = _batch_length(data, offset, contents.header.number, contents.next_batch)
    if length is None:
        if not any(data[offset : offset + BATCH_BYTES]) and _find_batch(data, offset, contents) is None:
            return None
        return _after_fault(data, offset, contents)
    records_before = len(contents.records)
    contents.next_batch += 1
    contents.batches += 1
    start = offset + BATCH_BYTES
    end = start + length
    whole_to = _parse_records(data, start, end, contents)
    if whole_to == end:
        contents.end = end
        return end
    following = _after_fault(data, whole_to, contents)
    if following is None:
        _forget_batch(contents, records_before)
    return following


def _forget_batch(contents: Contents, records_before: int) -> None:
    """The last batch is torn: it never was durable, and no part of it is kept."""
    del contents.records[records_before:]
    contents.next_batch -= 1
    contents.batches -= 1


def _batch_length(data: bytes, offset: int, segment: int, number: int) -> int | None:
    if offset + BATCH_BYTES > len(data):
        return None
    magic, length, found, checksum = _BATCH.unpack_from(data, offset)
    if magic != _BATCH_MAGIC or found != number or checksum != _batch_crc(segment, number, length):
        return None
    return int(length)


def _parse_records(data: bytes, offset: int, end: int, contents: Contents) -> int:
    """Add the whole records between ``offset`` and ``end``; returns where the first broken one begins, or ``end``."""
    view = memoryview(data)
    append = contents.records.append
    broken_at = end
    while offset < end:
        length, checksum = FRAME.unpack_from(data, offset) if offset + FRAME.size <= len(data) else (0, 0)
        start = offset + FRAME.size
        if not length or start + length > min(end, len(data)):
            return min(broken_at, offset)
        body = view[start : start + length]
        if crc32(body) == checksum:
            append((offset, decode_body(body)))
        else:
            broken_at = min(broken_at, offset)
        offset = start + length
    return broken_at


def _after_fault(data: bytes, offset: int, contents: Contents) -> int | None:
    """What is at ``offset`` is broken: damage if a later batch proves that it was whole once, else a torn tail."""
    assert contents.header is not None
    found = _find_batch(data, offset, contents)
    if found is None or contents.header.relaxed:
        contents.torn = True
        return None
    position, number = found
    contents.faults.append(f"segment {contents.header.number} is damaged between bytes {offset} and {position}")
    contents.next_batch = number
    return position


def _find_batch(data: bytes, offset: int, contents: Contents) -> tuple[int, int] | None:
    """The next batch header after ``offset`` whose number is not below the one expected."""
    assert contents.header is not None
    position = data.find(_BATCH_MAGIC, offset)
    while position >= 0:
        if position + BATCH_BYTES <= len(data):
            _, length, number, checksum = _BATCH.unpack_from(data, position)
            if number >= contents.next_batch and checksum == _batch_crc(contents.header.number, number, length):
                return position, number
        position = data.find(_BATCH_MAGIC, position + 1)
    return None
