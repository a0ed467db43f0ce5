"""What a backup says of itself: ``SHA256SUMS``, which ``sha256sum --check`` reads too, and ``backup.json``, written last of all."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from storage.errors import BackupUnusable

SUMS_FILE = "SHA256SUMS"
MANIFEST_FILE = "backup.json"
FORMAT = 1

_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)\n")


class LeftOut(msgspec.Struct, frozen=True):
    """A room, or a part of the folder, that a backup does not have: where it is, and why. As text it is one line."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}".replace("\n", " ")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``backup.json``. Without it a backup is half made. ``made`` is UTC; ``sums_sha256`` is that of ``SHA256SUMS``."""

    format: int
    made: str
    rooms: int
    files: int
    size_bytes: int
    left_out: list[LeftOut]
    sums_sha256: str


class Sums:
    """``SHA256SUMS`` while it is written, a line a file."""

    def __init__(self, folder: Path) -> None:
        self.files = 0
        self.size_bytes = 0
        self._hash = hashlib.sha256()
        self._file: IO[bytes] = os.fdopen(os.open(folder / SUMS_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    @property
    def sha256(self) -> str:
        """Of all lines so far."""
        return self._hash.hexdigest()

    def add(self, relative: str, digest: str, size_bytes: int) -> None:
        line = f"{digest}  {relative}\n".encode("utf-8", "surrogateescape")
        self._file.write(line)
        self._hash.update(line)
        self.files += 1
        self.size_bytes += size_bytes

    def close(self) -> None:
        self._file.close()


def read_manifest(folder: Path) -> Manifest:
    """What the backup in ``folder`` says of itself. Raises ``BackupUnusable``."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST_FILE).read_bytes(), type=Manifest)
    except FileNotFoundError:
        half = (folder / SUMS_FILE).exists()
        raise BackupUnusable(folder, "it is half made: it has no backup.json" if half else "there is no backup.json") from None
    except (msgspec.DecodeError, OSError) as error:
        raise BackupUnusable(folder, f"backup.json cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise BackupUnusable(folder, f"it has format {manifest.format}; this program reads {FORMAT}")
    return manifest


def read_sums(folder: Path, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The files of the backup, each with the SHA-256 it should have. Raises ``BackupUnusable`` if the list itself is damaged."""
    if digest_of(folder / SUMS_FILE) != manifest.sums_sha256:
        raise BackupUnusable(folder, "SHA256SUMS is not the one that was written")
    with (folder / SUMS_FILE).open(encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
        for line in lines:
            match = _LINE.fullmatch(line)
            if match is None or _leads_out(match[2]):
                raise BackupUnusable(folder, f"SHA256SUMS has a line that names no file of it: {line!r}")
            yield match[2], match[1]


def digest_of(path: Path) -> str | None:
    """The SHA-256 of a file in hex; None if there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _leads_out(relative: str) -> bool:
    return relative.startswith("/") or ".." in relative.split("/")
