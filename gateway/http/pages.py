"""The web chat's files, read once at start-up and served from memory: ``/`` and ``/assets/…``."""

from __future__ import annotations

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
}
SAFETY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One file: its bytes, its media type, and the tag by which browsers know they have it already."""

    body: bytes
    media_type: str
    etag: str


class Pages:
    """Every file of the web folder by its name. There is no path to walk: a name is in the table or it is not."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._pages = {path.name: _read(path) for path in sorted(folder.iterdir()) if path.suffix in TYPES}

    async def index(self, request: Request) -> Response:
        """``GET /``."""
        return self._answer("index.html", request)

    async def asset(self, request: Request) -> Response:
        """``GET /assets/{name}``."""
        return self._answer(request.path_params["name"], request)

    def _answer(self, name: str, request: Request) -> Response:
        page = self._pages.get(name)
        if page is None:
            raise HTTPException(404)
        headers = {**SAFETY_HEADERS, "etag": page.etag, "cache-control": "no-cache"}
        if page.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(page.body, media_type=page.media_type, headers=headers)


def _read(path: Path) -> Page:
    body = path.read_bytes()
    return Page(body, TYPES[path.suffix], f'"{sha256(body).hexdigest()[:20]}"')
