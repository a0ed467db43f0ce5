"""What storage asks of the operating system. Handed in, so that tests can hand in one that fails at the k-th call."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from pathlib import Path

from storage.errors import SyncFailed

NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors that pass when somebody makes room."""

NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)

_ZEROS = bytes(1024 * 1024)


class Disk:
    """The real disk. Every method raises ``OSError`` as the call does, but for syncs whose outcome nobody can know."""

    def open(self, path: Path | str, flags: int) -> int:
        """A descriptor; files are made with mode 0600."""
        return os.open(path, flags | os.O_CLOEXEC, 0o600)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def pwrite(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        """Bytes written: perhaps fewer than given."""
        return os.pwrite(descriptor, data, offset)

    def fdatasync(self, descriptor: int) -> None:
        _fdatasync(descriptor)

    def truncate(self, descriptor: int, length: int) -> None:
        os.ftruncate(descriptor, length)

    def unlink(self, path: Path) -> None:
        """The file is gone; it need not have been there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)

    def sync_folder(self, path: Path) -> None:
        """The names in the folder are on the disk. Raises ``SyncFailed``."""
        descriptor = self.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            raise SyncFailed(f"{path} did not reach the disk: {error.strerror}") from error
        finally:
            self.close(descriptor)

    def sync_file_system(self, folder: int) -> bool:
        """Everything written to the file system that holds ``folder``, a descriptor opened long before, is on the disk.

        False if this platform has no such call (Linux has, and reports what failed since the descriptor was opened). Raises
        ``SyncFailed``.
        """
        if _syncfs is None:
            return False
        if _syncfs(folder):
            raise SyncFailed(f"the data folder did not reach the disk: {os.strerror(ctypes.get_errno())}")
        return True

    def write_whole(self, descriptor: int, data: bytes, offset: int) -> None:
        """All of ``data``, in as many writes as it takes."""
        written = self.pwrite(descriptor, data, offset)
        while written < len(data):
            written += self.pwrite(descriptor, memoryview(data)[written:], offset + written)

    def write_zeros(self, descriptor: int, length: int, offset: int = 0) -> None:
        """Zeros from ``offset``: blocks that are really there, so that later writes change no metadata."""
        while length > 0:
            chunk = _ZEROS if length >= len(_ZEROS) else _ZEROS[:length]
            self.write_whole(descriptor, chunk, offset)
            offset += len(chunk)
            length -= len(chunk)

    def sync_file(self, path: Path | str) -> bool:
        """What was written to the file by anyone is on the disk. False if there is no such file. Raises ``SyncFailed``."""
        try:
            descriptor = self.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            self.fdatasync(descriptor)
        except OSError as error:
            raise SyncFailed(f"{path} did not reach the disk: {error.strerror}") from error
        finally:
            self.close(descriptor)
        return True


def make_folders(path: Path) -> None:
    """The folder and those above it that are missing, for this user only."""
    if not path.is_dir():
        make_folders(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


_syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
_fdatasync = getattr(os, "fdatasync", os.fsync)
