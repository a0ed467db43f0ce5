"""What a file is by its content."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.files.content import PICTURES, TEXT, UNKNOWN, type_of

HARMLESS = ("application/", "audio/", "video/", "text/plain; charset=utf-8", *PICTURES)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"%PDF-1.4", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (b"\0\0\0\x20ftypavif", UNKNOWN),
        (b"\x1aE\xdf\xa3\x01\x00webm", "video/webm"),
        (b"hello", TEXT),
        ("ünï".encode(), TEXT),
        (b"<html>", TEXT),
        (b"\xef\xbb\xbf<svg>", TEXT),
        (b"a\0b", UNKNOWN),
        (b"\xff\xfea", UNKNOWN),
        ("é".encode()[:1], UNKNOWN),
        (b"a" * 2_000_000 + b"\xff", UNKNOWN),
    ],
)
def test_a_type_is_what_the_bytes_show(content: bytes, media_type: str) -> None:
    assert type_of(BytesIO(content)) == media_type


@given(st.binary(max_size=200))
def test_no_content_is_ever_called_what_a_browser_would_run(content: bytes) -> None:
    found = type_of(BytesIO(content))
    assert found.startswith(HARMLESS)
    assert found not in ("application/xhtml+xml", "application/xml", "application/javascript")
