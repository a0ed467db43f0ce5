"""Strangers' pictures, made small and harmless in a process of their own.

A process and not a thread: image decoders are native code that has been broken by hostile files again and again, and in this process
they would break beside every key and every room. It gets no environment, no descriptor but its pipes, and limits it cannot lift.
It costs a tenth of a second, which nobody notices who changes their picture.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import IO, NamedTuple

import trio

from gateway.picture_worker import INPUT_BYTES_MAX, MEASURE, MEASURED_BYTES_MAX, SIDE, TOO_MANY_PIXELS
from rooms import Refusal

PICTURE_BYTES_MAX = INPUT_BYTES_MAX
SMALL_BYTES_MAX = 4 * SIDE * SIDE + 4_096
PICTURES_AT_ONCE = 2
PICTURES_WAITING_MAX = 20
PICTURE_SECONDS = 20.0

TOO_LARGE = Refusal("too_large", f"A picture may have {PICTURE_BYTES_MAX >> 20} MiB and 32 million pixels")
NO_PICTURE = Refusal("bad_message", "The avatar is no whole PNG, JPEG, WebP or GIF picture")
OVERLOADED = Refusal("overloaded", "Too many pictures at once, try again later")

_WORKER = Path(__file__).with_name("picture_worker.py")


class Measured(NamedTuple):
    """A whole picture."""

    media_type: str
    width: int
    height: int


class Pictures:
    """Two at a time; a few more wait."""

    def __init__(self) -> None:
        self._limiter = trio.CapacityLimiter(PICTURES_AT_ONCE)

    async def small(self, data: bytes) -> bytes | Refusal:
        """The picture as a WebP of at most 256×256, upright, without metadata; or why not."""
        if len(data) > PICTURE_BYTES_MAX:
            return TOO_LARGE
        if self._limiter.statistics().tasks_waiting >= PICTURES_WAITING_MAX:
            return OVERLOADED
        async with self._limiter:
            return await _small(data)

    async def measured(self, path: str, size_bytes: int) -> Measured | Refusal | None:
        """What the picture in a file is, once all of it was decoded; ``None`` if that cannot be done within the limits."""
        if size_bytes > MEASURED_BYTES_MAX:
            return None
        if self._limiter.statistics().tasks_waiting >= PICTURES_WAITING_MAX:
            return OVERLOADED
        async with self._limiter:
            with await trio.to_thread.run_sync(open, path, "rb") as file:
                status, written = await _worked(MEASURE, stdin=file)
        return _measured(written) if status == 0 else None


async def _small(data: bytes) -> bytes | Refusal:
    status, written = await _worked(data=data)
    if status == TOO_MANY_PIXELS:
        return TOO_LARGE
    return written if status == 0 and _is_webp(written) else NO_PICTURE


async def _worked(*arguments: str, data: bytes | None = None, stdin: IO[bytes] | int = subprocess.PIPE) -> tuple[int | None, bytes]:
    """How the worker ended, and what it wrote; it is given ``data``, or reads ``stdin`` itself."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-I", str(_WORKER), *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
    )
    written = b""
    try:
        with trio.move_on_after(PICTURE_SECONDS):
            async with trio.open_nursery() as nursery:
                if data is not None:
                    nursery.start_soon(_feed, process, data)
                written = await _read(process)
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
    return process.returncode, written


async def _feed(process: trio.Process, data: bytes) -> None:
    assert process.stdin is not None
    try:
        async with process.stdin:
            await process.stdin.send_all(data)
    except trio.BrokenResourceError:
        return  # it has seen enough


async def _read(process: trio.Process) -> bytes:
    """What it says, but no more than a picture has."""
    assert process.stdout is not None
    written = b""
    async with process.stdout:
        while len(written) <= SMALL_BYTES_MAX and (piece := await process.stdout.receive_some()):
            written += piece
    return written


def _measured(written: bytes) -> Measured | None:
    """``PNG 640 480``."""
    words = written.decode("ascii", "replace").split(" ")
    if len(words) != 3 or not (words[1].isdecimal() and words[2].isdecimal()):
        return None
    return Measured(f"image/{words[0].lower()}", int(words[1]), int(words[2]))


def _is_webp(data: bytes) -> bool:
    return len(data) <= SMALL_BYTES_MAX and data[:4] == b"RIFF" and data[8:12] == b"WEBP"
