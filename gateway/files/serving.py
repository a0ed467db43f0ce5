"""Giving a file out again: whole, or the one range that was asked for (RFC 9110 §14)."""

from __future__ import annotations

import re
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote

import trio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.files.content import PICTURES

PIECE_BYTES = 1 << 16
SAFETY_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "cache-control": "private, no-cache",
    "accept-ranges": "bytes",
}

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)
_UNPLAIN = re.compile(r"[^A-Za-z0-9._ -]", re.ASCII)


class Span(NamedTuple):
    """``size`` bytes from ``start`` on."""

    start: int
    size: int


class FileAnswer(Response):
    """The bytes of an open file, which is closed with it. ``span`` is what of it was asked for; ``None``: all."""

    def __init__(self, file: BinaryIO, described: dict[str, Any], span: Span | None) -> None:
        whole = Span(0, described["size"])
        self._file = file
        self._span = span or whole
        headers = {**headers_of(described), "content-length": str(self._span.size)}
        if span is not None:
            headers["content-range"] = f"bytes {span.start}-{span.start + span.size - 1}/{whole.size}"
        super().__init__(None, 200 if span is None else 206, headers)
        self.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- ASGI's signature
        """As ASGI wants it."""
        with self._file:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            left = 0 if scope["method"] == "HEAD" else self._span.size
            self._file.seek(self._span.start)
            while left > 0:
                piece = await trio.to_thread.run_sync(self._file.read, min(PIECE_BYTES, left))
                if not piece:
                    raise EOFError("the file is shorter than it was")
                left -= len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})


def headers_of(described: dict[str, Any]) -> dict[str, str]:
    """What is said of a file whenever it is given out. Only decoded pictures are shown in place; a picture's bytes never change."""
    media_type, name = described["type"], described["name"]
    place = "inline" if media_type in PICTURES else "attachment"
    plain = _UNPLAIN.sub("_", name)
    encoded = quote(name, safe="")
    return {
        **SAFETY_HEADERS,
        "content-type": media_type,
        "content-disposition": f"{place}; filename=\"{plain}\"; filename*=UTF-8''{encoded}",
        "etag": etag_of(described["id"]),
    }


def etag_of(file_id: str) -> str:
    """A file never changes, so its id is its tag."""
    return f'"{file_id}"'


def span_of(header: str | None, size: int) -> Span | bool | None:
    """The one range that a header asks for, of ``size`` bytes. ``None``: all of it is wanted, or what is asked for is not answered
    in parts (several ranges, another unit). ``False``: there is no such part.
    """
    found = _RANGE.fullmatch((header or "").strip().lower())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        wanted = min(int(found[2]), size)
        return Span(size - wanted, wanted) if wanted else False
    start = int(found[1])
    end = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < start:
        return None  # not a range at all
    return Span(start, end - start + 1) if start < size else False
