"""A disk that fails, or stops for ever, at the k-th call that changes something."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from storage.disk import Disk


class Stopped(BaseException):
    """The process was killed here."""


class FailingDisk(Disk):
    """Counts calls. At call ``at`` (from 1) it raises ``OSError(error)``, or ``Stopped`` if ``error`` is None, once or from then on.

    ``short``: a write that fails has first written half of its bytes. ``kinds`` are the calls that count.
    """

    KINDS = ("open", "pwrite", "fdatasync", "truncate", "unlink", "sync_folder")

    def __init__(
        self, at: int = 0, error: int | None = None, *, kinds: Sequence[str] = KINDS, short: bool = True, lasting: bool = False
    ) -> None:
        self.calls = 0
        self._at = at
        self._error = error
        self._kinds = kinds
        self._short = short
        self._lasting = lasting

    def heal(self) -> None:
        """No call fails any more."""
        self._at = 0

    def open(self, path: Path, flags: int) -> int:
        self._count("open", writing=bool(flags & (os.O_CREAT | os.O_RDWR)))
        return super().open(path, flags)

    def pwrite(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        try:
            self._count("pwrite")
        except BaseException:
            if self._short:
                super().pwrite(descriptor, data[: len(data) // 2], offset)
            raise
        return super().pwrite(descriptor, data, offset)

    def fdatasync(self, descriptor: int) -> None:
        self._count("fdatasync")
        super().fdatasync(descriptor)

    def truncate(self, descriptor: int, length: int) -> None:
        self._count("truncate")
        super().truncate(descriptor, length)

    def unlink(self, path: Path) -> None:
        self._count("unlink")
        super().unlink(path)

    def sync_folder(self, path: Path) -> None:
        self._count("sync_folder")
        super().sync_folder(path)

    def _count(self, kind: str, *, writing: bool = True) -> None:
        if kind not in self._kinds or not writing:
            return
        self.calls += 1
        if self._at and (self.calls == self._at or (self._lasting and self.calls > self._at)):
            if self._error is None:
                raise Stopped(f"{kind} is call {self.calls}")
            raise OSError(self._error, os.strerror(self._error))


class ShortDisk(Disk):
    """Writes no more than seven bytes at once."""

    def pwrite(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        return super().pwrite(descriptor, data[:7], offset)


FULL = errno.ENOSPC
BROKEN = errno.EIO
