"""Where uploaded files lie, beside the rooms. Blocking.

``files/<xx>/<folder>/<id>``: one folder a room's history, one file an upload, its bytes as they came. The room mints both names (lower-case
hex), keeps what the file is called and what it is, and alone knows which are still wanted. ``files/incoming/`` holds what is just coming;
what a crash left there is deleted at the next start.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from storage import make_folders

FOLDER = "files"
INCOMING = "incoming"

_PLAIN = re.compile(r"[0-9a-f]{16,64}", re.ASCII)


class FileStore:
    """``root`` is the data folder. Every method may raise ``OSError``."""

    def __init__(self, root: Path) -> None:
        self._root = root / FOLDER
        self._incoming = self._root / INCOMING

    def open(self) -> None:
        """Make the folders, and delete what was coming when the process ended. To be called once, by the one who owns the data folder."""
        shutil.rmtree(self._incoming, ignore_errors=True)
        make_folders(self._incoming)

    def begin(self, name: str) -> BinaryIO:
        """A new file that is coming, to be written. Its name is nobody else's."""
        return open(self.incoming(name), "xb", opener=_private)

    def incoming(self, name: str) -> Path:
        """Where a file lies that is coming."""
        return self._incoming / _plain(name)

    def keep(self, name: str, folder: str, file_id: str) -> None:
        """What came is wanted: put it, synced already, where it stays. On return a power cut does not take it back."""
        place = self._folder(folder)
        made = not place.exists()
        make_folders(place)
        os.rename(self.incoming(name), place / _plain(file_id))
        _sync(place)
        if made:
            _sync(place.parent)
            _sync(self._root)

    def drop(self, name: str) -> None:
        """What came is not wanted, or was kept."""
        with contextlib.suppress(FileNotFoundError):
            self.incoming(name).unlink()

    def read(self, folder: str, file_id: str) -> BinaryIO:
        """The open file: it can be read to its end also if it is removed meanwhile. Raises ``FileNotFoundError``."""
        return (self._folder(folder) / _plain(file_id)).open("rb")

    def remove(self, folder: str, ids: Iterable[str]) -> None:
        """Delete these files; those that are not there are no mistake."""
        place = self._folder(folder)
        for file_id in ids:
            with contextlib.suppress(FileNotFoundError):
                (place / _plain(file_id)).unlink()
        with contextlib.suppress(FileNotFoundError):
            _sync(place)

    def remove_folder(self, folder: str) -> None:
        """Delete every file of one history of a room."""
        place = self._folder(folder)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(place)
            _sync(place.parent)

    def _folder(self, folder: str) -> Path:
        return self._root / _plain(folder)[-2:] / folder


def _plain(name: str) -> str:
    """The name, which is one of ours. Nothing that a stranger chose ever becomes part of a path."""
    if _PLAIN.fullmatch(name) is None:
        raise ValueError(f"{name!r} names no file of ours")
    return name


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
