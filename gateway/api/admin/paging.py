"""Lists in pages: ``limit``, and a ``cursor`` that means something to us only. Pure."""

from __future__ import annotations

import base64
import binascii
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request

from gateway.errors import refusal
from gateway.http.description import Json, in_query
from rooms import Refusal

LIMIT = 50
LIMIT_MAX = 200
CURSOR_CHARACTERS_MAX = 2_048
BAD_LIMIT = refusal("bad_message", f"limit: 1 to {LIMIT_MAX}")
BAD_CURSOR = refusal("bad_message", "cursor: not one of ours")

PARAMETERS: list[Json] = [
    in_query("limit", "how many at most", "integer", minimum=1, maximum=LIMIT_MAX, default=LIMIT),
    in_query("cursor", "as the page before gave it"),
]


class Page(NamedTuple):
    """Up to ``limit``, of those that follow ``after`` (``None``: from the beginning)."""

    limit: int
    after: Any


def page_of(request: Request, shape: Any = str) -> Page | Refusal:
    """The page that is asked for. What a cursor holds is of ``shape``."""
    limit = request.query_params.get("limit", str(LIMIT))
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= 4 and 1 <= int(limit) <= LIMIT_MAX):
        return BAD_LIMIT
    cursor = request.query_params.get("cursor")
    if cursor is None:
        return Page(int(limit), None)
    if len(cursor) > CURSOR_CHARACTERS_MAX:
        return BAD_CURSOR
    try:
        return Page(int(limit), msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=="), type=shape))
    except (ValueError, binascii.Error, msgspec.DecodeError):
        return BAD_CURSOR


def cursor_of(after: Any) -> str:
    """What leads to the page that follows ``after``."""
    return base64.urlsafe_b64encode(msgspec.json.encode(after)).decode().rstrip("=")
