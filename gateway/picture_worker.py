"""The process that opens a stranger's picture. Run by ``gateway/pictures.py`` as a script; imports nothing of the server.

Reads a picture from stdin, writes a WebP of at most 256×256 to stdout and ends with 0; one that is refused ends with ``NO_PICTURE`` or
``TOO_MANY_PIXELS``. With the argument ``measure`` it writes what the picture is, once it was decoded: its format, width and height.
What it may use is limited before a byte of the picture is looked at. Pillow is imported here alone, and only when this runs: the
server reads the numbers of this file without it.
"""

from __future__ import annotations

import resource
import sys
import warnings
from io import BytesIO
from typing import Any

SIDE = 256
PIXELS_MAX = 32 << 20
SIDE_MAX = 16_384
INPUT_BYTES_MAX = 2 << 20
MEASURED_BYTES_MAX = 64 << 20
MEMORY_BYTES_MAX = 1 << 30
CPU_SECONDS_MAX = 10
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")

MEASURE = "measure"

NO_PICTURE = 3
TOO_MANY_PIXELS = 4


def main() -> int:
    """One picture."""
    _limit()
    from PIL import Image

    measures = MEASURE in sys.argv
    limit = MEASURED_BYTES_MAX if measures else INPUT_BYTES_MAX
    data = sys.stdin.buffer.read(limit + 1)
    if len(data) > limit:
        return TOO_MANY_PIXELS
    try:
        sys.stdout.buffer.write(measured(data) if measures else small(data))
    except Image.DecompressionBombError:
        return TOO_MANY_PIXELS
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, ArithmeticError, LookupError, TypeError):
        return NO_PICTURE
    return 0


def small(data: bytes) -> bytes:
    """The picture, upright and small, as WebP with nothing but its pixels. Of an animation the first frame.

    Raises ``DecompressionBombError`` for too many pixels, before any is decoded; for what is no whole picture, what Pillow raises.
    """
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _opened(data) as opened:
            opened.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG can be decoded at a fraction of its size
            upright = ImageOps.exif_transpose(opened)
            picture = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    plain = Image.new(picture.mode, picture.size)  # takes the pixels and leaves the metadata
    plain.paste(picture)
    written = BytesIO()
    plain.save(written, "WEBP", quality=82, method=4)
    return written.getvalue()


def measured(data: bytes) -> bytes:
    """``PNG 640 480``: what the picture is, if all of it (of an animation the first frame) can be decoded. Raises as ``small``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _opened(data) as opened:
            opened.load()
            return f"{opened.format} {opened.width} {opened.height}".encode("ascii")


def _opened(data: bytes) -> Any:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = PIXELS_MAX  # Pillow itself refuses at twice as many; the exact limit is checked here
    opened = Image.open(BytesIO(data), formats=FORMATS)
    width, height = opened.size
    if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise Image.DecompressionBombError
    return opened


def _limit() -> None:
    """No more memory, time or files than a picture needs; no child, no file written."""
    _set(resource.RLIMIT_AS, MEMORY_BYTES_MAX)
    _set(resource.RLIMIT_CPU, CPU_SECONDS_MAX)
    _set(resource.RLIMIT_FSIZE, 0)
    _set(resource.RLIMIT_NPROC, 0)
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_NOFILE, 16)


def _set(what: int, limit: int) -> None:
    hard = resource.getrlimit(what)[1]
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    try:
        resource.setrlimit(what, (limit, limit))
    except (ValueError, OSError):
        return  # a system that does not know this limit has the others


if __name__ == "__main__":
    sys.exit(main())
