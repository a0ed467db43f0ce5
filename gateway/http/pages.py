"""The pages' files, read once at start-up and served from memory: ``/`` and ``/assets/…``.

They are built from ``clients/web``. A page names its script and style with their hash (``chat.js?v=…``), and fonts have it in their
name: what is asked for so never changes, and browsers keep it. Everything else is asked for again, by its tag.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "web"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
COMPRESSED_ALREADY = frozenset({".woff2"})
SAFETY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

_NAMED_BY_HASH = re.compile(r"-[A-Z0-9]{8}\.\w+$")


@dataclass(frozen=True, slots=True)
class Page:
    """One file: its bytes, plain and compressed, its media type, and the tag by which browsers know they have it already."""

    body: bytes
    compressed: bytes | None
    media_type: str
    tag: str
    named_by_hash: bool

    def may_be_kept(self, version: str | None) -> bool:
        """Whether what was asked for is this very content and no other."""
        return self.named_by_hash or version == self.tag


class Pages:
    """Every file of the web folder by its name. There is no path to walk: a name is in the table or it is not."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._pages = {path.name: _read(path) for path in sorted(folder.iterdir()) if path.suffix in TYPES}

    async def index(self, request: Request) -> Response:
        """``GET /``."""
        return self.answer("index.html", request)

    async def asset(self, request: Request) -> Response:
        """``GET /assets/{name}``."""
        return self.answer(request.path_params["name"], request)

    def answer(self, name: str, request: Request) -> Response:
        """The file ``name``, or that the browser has it already. Raises ``HTTPException(404)``."""
        page = self._pages.get(name)
        if page is None:
            raise HTTPException(404)
        headers = {
            **SAFETY_HEADERS,
            "etag": f'W/"{page.tag}"',  # one tag for both codings
            "cache-control": FOR_EVER if page.may_be_kept(request.query_params.get("v")) else ASK_AGAIN,
            "vary": "accept-encoding",
        }
        if page.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if page.compressed is not None and _takes_gzip(request.headers.get("accept-encoding", "")):
            return Response(page.compressed, media_type=page.media_type, headers={**headers, "content-encoding": "gzip"})
        return Response(page.body, media_type=page.media_type, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether ``Accept-Encoding`` names gzip and does not forbid it."""
    for part in accepted.lower().split(","):
        coding, _, quality = part.partition(";")
        if coding.strip() == "gzip":
            return quality.replace(" ", "").rstrip("0") not in ("q=", "q=0.")
    return False


def _read(path: Path) -> Page:
    body = path.read_bytes()
    compressed = None if path.suffix in COMPRESSED_ALREADY else gzip.compress(body, mtime=0)
    return Page(body, compressed, TYPES[path.suffix], sha256(body).hexdigest()[:16], _NAMED_BY_HASH.search(path.name) is not None)
