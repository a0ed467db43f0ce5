"""What rooms, the journal and everything else take on the disk. Reads sizes and times of files, and opens none."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from storage.keys import RoomKey
from storage.names import DATABASE_SUFFIX, room_path

COUNTING_SECONDS = 1.0
"""How long the rooms' files are counted at most."""


class Footprint(NamedTuple):
    """One room: bytes on the disk, and when they were last written in Unix milliseconds; zeros while it is in the journal only."""

    size_bytes: int
    last_active_ms: int


class FolderFootprint(NamedTuple):
    """A data folder. ``complete`` is false if there was no time to count all the rooms' files."""

    rooms: int
    rooms_bytes: int
    complete: bool
    journal_bytes_by_segment: dict[int, int]
    host_bytes: int
    free_bytes: int
    total_bytes: int


def footprints(folder: Path, keys: Iterable[RoomKey]) -> list[Footprint]:
    """Of each of ``keys``, in their order. Blocking."""
    return [_footprint(folder / room_path(key)) for key in keys]


def folder_footprint(folder: Path, seconds: float = COUNTING_SECONDS) -> FolderFootprint:
    """Of all of it, counting for no longer than ``seconds``. Blocking. Raises ``OSError`` if there is no such folder."""
    rooms, rooms_bytes, complete = _count_rooms(folder / "rooms", monotonic() + seconds)
    disk = os.statvfs(folder)
    return FolderFootprint(
        rooms=rooms,
        rooms_bytes=rooms_bytes,
        complete=complete,
        journal_bytes_by_segment=_segments(folder / "journal"),
        host_bytes=_footprint(folder / "host.sqlite3").size_bytes,
        free_bytes=disk.f_bavail * disk.f_frsize,
        total_bytes=disk.f_blocks * disk.f_frsize,
    )


def _footprint(path: Path) -> Footprint:
    size_bytes = last_active_ms = 0
    for each in (path, path.with_name(path.name + "-wal")):
        try:
            status = each.stat()
        except FileNotFoundError:
            continue
        size_bytes += status.st_size
        last_active_ms = max(last_active_ms, status.st_mtime_ns // 1_000_000)
    return Footprint(size_bytes, last_active_ms)


def _count_rooms(folder: Path, until: float) -> tuple[int, int, bool]:
    rooms = size_bytes = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                size_bytes += os.stat(os.path.join(path, name)).st_size
            except FileNotFoundError:  # it was just destroyed
                continue
            rooms += name.endswith(DATABASE_SUFFIX)
        if monotonic() > until:
            return rooms, size_bytes, False
    return rooms, size_bytes, True


def _segments(folder: Path) -> dict[int, int]:
    found = {}
    for path in sorted(folder.glob("*.journal")):
        try:
            found[int(path.stem)] = path.stat().st_size
        except (FileNotFoundError, ValueError):
            continue
    return found
