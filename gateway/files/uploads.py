"""Taking a file in: from a request's body to the disk as it comes, then looked at. Never more of it in memory than a piece."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import BinaryIO, NamedTuple

import trio
from starlette.requests import Request

from gateway.errors import refusal
from gateway.files.content import PICTURES, UNKNOWN, type_of
from gateway.files.files import Files
from gateway.files.form import NO_FILE, FormFile
from gateway.pictures import Pictures
from rooms import Refusal

PIECE_BYTES = 1 << 18
FORM_BYTES = 1 << 16
"""What a form may have beside the file."""

UPLOADS_MAX = 256
UPLOADS_PER_USER_MAX = 4
OVERLOADED = refusal("overloaded", "Too many uploads at once, try again later")
DISK_FULL = refusal("storage_full")


class Came(NamedTuple):
    """A file that came: where it lies until it is kept, and what it is."""

    incoming: str
    name: str
    size: int
    media_type: str
    width: int | None = None
    height: int | None = None


class Uploads:
    """So many at once, of all users and of each. ``file_bytes_max``: a larger file is refused, at the latest when it has grown so far."""

    def __init__(self, files: Files, pictures: Pictures, file_bytes_max: int, new_id: Callable[[], str]) -> None:
        self._files = files
        self._pictures = pictures
        self._file_bytes_max = file_bytes_max
        self._new_id = new_id
        self._running = 0
        self._running_by_user: Counter[str] = Counter()

    @asynccontextmanager
    async def taken_in(self, request: Request, user: str) -> AsyncIterator[Came | Refusal]:
        """The file in the request, or why it is refused. What was not kept by the end of the block is deleted."""
        if self._running >= UPLOADS_MAX or self._running_by_user[user] >= UPLOADS_PER_USER_MAX:
            yield OVERLOADED
            return
        incoming = self._new_id()
        self._running += 1
        self._running_by_user[user] += 1
        try:
            yield await self._take_in(request, incoming)
        finally:
            self._running -= 1
            self._running_by_user -= Counter([user])
            await self._files.drop(incoming)  # noqa: ASYNC102 -- it shields itself

    async def _take_in(self, request: Request, incoming: str) -> Came | Refusal:
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._file_bytes_max + FORM_BYTES:
            return self._too_large
        form = FormFile(request.headers.get("content-type", ""))
        if form.fault is not None:
            return form.fault
        try:
            with await self._files.begin(incoming) as file:
                return await self._write(request, form, file) or await self._look(incoming, form.name, file)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                return DISK_FULL
            raise

    async def _write(self, request: Request, form: FormFile, file: BinaryIO) -> Refusal | None:
        """Synced on return."""
        waiting = bytearray()
        size = 0
        async for data in request.stream():
            piece = form.feed(data)
            size += len(piece)
            waiting += piece
            if form.fault is not None:
                return form.fault
            if size > self._file_bytes_max:
                return self._too_large
            if len(waiting) >= PIECE_BYTES:
                await trio.to_thread.run_sync(file.write, bytes(waiting))
                waiting.clear()
        fault = form.end()
        if fault is None and size == 0:
            fault = NO_FILE
        if fault is None:
            await trio.to_thread.run_sync(_finish, file, bytes(waiting))
        return fault

    async def _look(self, incoming: str, name: str, file: BinaryIO) -> Came | Refusal:
        path = self._files.store.incoming(incoming)
        size, media_type = await trio.to_thread.run_sync(_look_at, path)
        if media_type not in PICTURES:
            return Came(incoming, name, size, media_type)
        measured = await self._pictures.measured(file.name, size)
        if isinstance(measured, Refusal):
            return measured
        if measured is None or measured.media_type != media_type:
            return Came(incoming, name, size, UNKNOWN)
        return Came(incoming, name, size, media_type, measured.width, measured.height)

    @property
    def _too_large(self) -> Refusal:
        return refusal("too_large", f"A file may have {self._file_bytes_max} bytes")


def _finish(file: BinaryIO, rest: bytes) -> None:
    file.write(rest)
    file.flush()
    os.fsync(file.fileno())


def _look_at(path: os.PathLike[str]) -> tuple[int, str]:
    with open(path, "rb") as file:
        return os.fstat(file.fileno()).st_size, type_of(file)
