"""What a file is, by its content alone: neither its name nor what its uploader says of it is believed. Pure but for reading the file.

A type is only given where it does no harm that the bytes may be something else besides: files are served with ``nosniff``, and as
attachments unless they are pictures that were decoded. HTML, SVG and scripts are text.
"""

from __future__ import annotations

import codecs
from typing import BinaryIO

UNKNOWN = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""What browsers may show in place, once a decoder has found them whole."""

HEAD_BYTES = 64
_PIECE_BYTES = 1 << 20

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_MP4_BRANDS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"}


def type_of(file: BinaryIO) -> str:
    """The media type, as the first bytes show it; text if all of it is. Of a picture it is only what it claims to be."""
    file.seek(0)
    found = type_by_head(file.read(HEAD_BYTES))
    if found is None:
        file.seek(0)
        found = TEXT if is_text(file) else UNKNOWN
    return found


def type_by_head(head: bytes) -> str | None:
    """The type that these first bytes belong to."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:11] == b"M4A" else "video/mp4" if head[8:12] in _MP4_BRANDS else UNKNOWN
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in head else "video/x-matroska"
    return next((media_type for beginning, media_type in _BEGINNINGS if head.startswith(beginning)), None)


def is_text(file: BinaryIO) -> bool:
    """Whether the rest of the file is UTF-8 without a NUL."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(_PIECE_BYTES):
            if b"\0" in piece:
                return False
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
