"""A disk under SQLite that has no space, when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import apsw


class FullDisk(apsw.VFS):
    """SQLite's own file system, but for writes while ``is_full``, or after ``full_after`` more of them. ``error`` is what they raise."""

    def __init__(self, below: str) -> None:
        self.below = below
        self.is_full = False
        self.full_after = -1
        self.on_sync: Callable[[str], object] = lambda _name: None
        self.error: type[apsw.Error] = apsw.FullError
        super().__init__("full-disk", below)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _File(self, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, disk: FullDisk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__(disk.below, name, flags)

    def xSync(self, flags: int) -> None:
        self._disk.on_sync(self._name)
        super().xSync(flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        disk = self._disk
        if disk.full_after == 0:
            disk.is_full = True
        disk.full_after -= 1
        if disk.is_full:
            raise self._disk.error("the test's disk is full")
        super().xWrite(data, offset)


@contextmanager
def full_disk() -> Iterator[FullDisk]:
    """Every connection opened inside writes to this disk."""
    before = apsw.vfs_names()[0]
    disk = FullDisk(before)
    apsw.set_default_vfs("full-disk")
    try:
        yield disk
    finally:
        apsw.set_default_vfs(before)
        disk.unregister()
