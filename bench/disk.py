"""What the disk below a folder does by itself: the figure without which a durable server's figures say nothing."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

APPEND_BYTES = 4096


@dataclass(frozen=True)
class DiskFigures:
    """How long one 4 KiB append and its ``fdatasync`` take, and on what."""

    file_system: str
    p50_us: float
    p99_us: float

    def __str__(self) -> str:
        return f"4 KiB append + fdatasync on {self.file_system}: p50 {self.p50_us:.0f} µs, p99 {self.p99_us:.0f} µs"


def probe(folder: Path, samples: int = 300) -> DiskFigures:
    """Writes ``samples`` blocks into a file allocated ahead, as a journal does, and removes it."""
    name = folder / "disk-probe"
    descriptor = os.open(name, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, samples * APPEND_BYTES)
        os.fsync(descriptor)
        took_us = [_append(descriptor, i) for i in range(samples)]
    finally:
        os.close(descriptor)
        name.unlink()
    quantiles = statistics.quantiles(took_us, n=100)
    return DiskFigures(_file_system(folder), quantiles[49], quantiles[98])


def _append(descriptor: int, index: int) -> float:
    begin = time.perf_counter()
    os.pwrite(descriptor, b"x" * APPEND_BYTES, index * APPEND_BYTES)
    os.fdatasync(descriptor)
    return (time.perf_counter() - begin) * 1e6


def _file_system(folder: Path) -> str:
    """The type of the deepest mount above the folder; ``?`` where the system does not say."""
    path = str(folder.resolve())
    best = ("", "?")
    try:
        mounts = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return "?"
    for line in mounts:
        _, point, kind, *_ = line.split()
        if (path + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1]
