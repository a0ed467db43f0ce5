"""What is kept beside the file of a room that is set aside: why, and the records that it could not take.

``<file>.set-aside`` is a line of text; while it stands the room is not served. ``<file>.records`` holds records as the journal
does, one after the other, perhaps some twice. The file itself is never touched.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from storage.disk import Disk, make_folders
from storage.keys import RoomKey
from storage.record import FRAME
from storage.segment import parse


def marker_path(path: Path) -> Path:
    return path.with_name(path.name + ".set-aside")


def records_path(path: Path) -> Path:
    return path.with_name(path.name + ".records")


def mark(path: Path, reason: str, disk: Disk) -> None:
    """Say beside the room's file why it is not served. Raises ``OSError``."""
    _append(marker_path(path), reason.encode("utf-8", "replace") + b"\n", disk)


def keep_records(segment: Path, paths: Mapping[RoomKey, Path], disk: Disk) -> None:
    """Copy the records of the rooms in ``paths`` out of a segment that is about to go, and sync them. Raises ``OSError``."""
    data = segment.read_bytes()
    kept: dict[RoomKey, list[bytes]] = {}
    for offset, body in parse(data, int(segment.stem)).records:
        key = RoomKey(body.kind, body.name)
        if key in paths:
            length, _ = FRAME.unpack_from(data, offset)
            kept.setdefault(key, []).append(data[offset : offset + FRAME.size + length])
    for key, records in kept.items():
        _append(records_path(paths[key]), b"".join(records), disk)


def _append(path: Path, data: bytes, disk: Disk) -> None:
    make_folders(path.parent)
    descriptor = disk.open(path, os.O_RDWR | os.O_CREAT)
    try:
        disk.write_whole(descriptor, data, os.fstat(descriptor).st_size)
        disk.fdatasync(descriptor)
    finally:
        disk.close(descriptor)
    disk.sync_folder(path.parent)
