"""Files that strangers send for pictures: by name, what makes each."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo


def encoded(kind: str, size: tuple[int, int] = (300, 200), mode: str = "RGB", **options: object) -> bytes:
    """A sound picture."""
    written = BytesIO()
    Image.effect_noise(size, 60).convert(mode).save(written, kind, **options)
    return written.getvalue()


def png_of(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A PNG that says it is so large, whatever it holds."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(pixels)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _text_bomb() -> bytes:
    info = PngInfo()
    info.add_itxt("x", "A" * (90 << 20), zip=True)
    return encoded("PNG", pnginfo=info)


def _gif_bomb() -> bytes:
    return (
        b"GIF89a"
        + struct.pack("<HH", 65_535, 65_535)
        + b"\x80\x00\x00"
        + bytes(6)
        + b","
        + struct.pack("<HHHH", 0, 0, 65_535, 65_535)
        + b"\x00\x02\x02\x44\x01\x00;"
    )


TOO_MANY_PIXELS: dict[str, Callable[[], bytes]] = {
    "a PNG that says 50,000 × 50,000": lambda: png_of(50_000, 50_000),
    "a PNG that says 2 thousand million wide": lambda: png_of(2**31 - 1, 1),
    "a PNG that really is 12,000 × 12,000": lambda: encoded_flat(12_000, 12_000),
    "a GIF that says 65,535 × 65,535": _gif_bomb,
}

NO_PICTURES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"\n",
    "text": lambda: b"hello, world",
    "SVG with a script": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "HTML": lambda: b"<!doctype html><script>alert(1)</script>",
    "a PNG cut in half": lambda: encoded("PNG")[: len(encoded("PNG")) // 2],
    "a JPEG cut in half": lambda: encoded("JPEG")[: len(encoded("JPEG")) // 2],
    "a WebP cut in half": lambda: encoded("WEBP")[: len(encoded("WEBP")) // 2],
    "a GIF of a header": lambda: b"GIF89a",
    "a PNG of a header": lambda: b"\x89PNG\r\n\x1a\n",
    "a PNG without a pixel": lambda: png_of(0, 0),
    "a PNG that holds less than it says": lambda: png_of(200, 200, b"\0\1"),
    "a PNG with a text of 90 MiB": _text_bomb,
    "a BMP": lambda: encoded("BMP"),
    "a TIFF": lambda: encoded("TIFF"),
    "an ICO": lambda: encoded("ICO"),
    "an EPS, which would run Ghostscript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n",
    "an MPO in disguise": lambda: b"\xff\xd8\xff\xe2\x00\x04MP",
    "noise behind a PNG's signature": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
}

SOUND: dict[str, Callable[[], bytes]] = {
    "a PNG": lambda: encoded("PNG"),
    "a JPEG": lambda: encoded("JPEG"),
    "a grey JPEG": lambda: encoded("JPEG", mode="L"),
    "a JPEG for print": lambda: encoded("JPEG", mode="CMYK"),
    "a WebP": lambda: encoded("WEBP"),
    "a GIF": lambda: encoded("GIF"),
    "a PNG of two colours": lambda: encoded("PNG", mode="1"),
    "a PNG with a palette": lambda: encoded("PNG", mode="P"),
    "a PNG one pixel high": lambda: encoded_flat(8_000, 1),
    "a JPEG that is HTML too": lambda: encoded("JPEG") + b"<html><script>alert(1)</script></html>",
    "a photograph of 24 million pixels": lambda: encoded_flat(5_712, 4_284, "JPEG"),
}


def encoded_flat(width: int, height: int, kind: str = "PNG") -> bytes:
    """A picture of one colour: small, however many pixels it has."""
    written = BytesIO()
    Image.new("L", (width, height), 90).save(written, kind)
    return written.getvalue()
