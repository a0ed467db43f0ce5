"""Reading what a request brings: JSON of a known shape, or the parts of a form. Never more than is said beforehand."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, TypeVar

import msgspec
from starlette.datastructures import FormData, Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from gateway.errors import refusal
from gateway.session.codec import json_value
from rooms import Refusal

JSON_BYTES_MAX = 65_536
NOT_JSON = Refusal("bad_message", "The body has to be a JSON object, sent as application/json")
NOT_MULTIPART = Refusal("bad_message", "The body has to be a form, sent as multipart/form-data")

Shape = TypeVar("Shape", bound=msgspec.Struct)


async def json_of(request: Request, shape: type[Shape]) -> Shape | Refusal:
    """The body, if it is JSON that fits. A page elsewhere cannot send this media type without asking first."""
    if _media_type(request) != "application/json":
        return NOT_JSON
    body = await bytes_of(request, JSON_BYTES_MAX)
    if isinstance(body, Refusal):
        return body
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        return refusal("bad_message", f"Invalid body: {error}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NOT_JSON


async def object_of(request: Request) -> dict[str, Any] | Refusal:
    """The body, if it is a JSON object by the rules of envelopes: each key once, nothing too deep, no number too large."""
    if _media_type(request) != "application/json":
        return NOT_JSON
    body = await bytes_of(request, JSON_BYTES_MAX)
    if isinstance(body, Refusal):
        return body
    try:
        value = json_value(body.decode("utf-8"))
    except (ValueError, RecursionError, msgspec.DecodeError):
        return NOT_JSON
    return value if isinstance(value, dict) else NOT_JSON


def query_of(request: Request, shape: type[Shape]) -> Shape | Refusal:
    """The parameters of the address, if they fit; those that ``shape`` does not know are ignored."""
    try:
        return msgspec.convert(dict(request.query_params), shape, strict=False)
    except msgspec.ValidationError as error:
        return refusal("bad_message", f"Invalid query: {error}")


async def form_of(request: Request, size_bytes_max: int) -> FormData | Refusal:
    """The parts of a form of one file and a few fields, all in memory."""
    if _media_type(request) != "multipart/form-data":
        return NOT_MULTIPART
    body = await bytes_of(request, size_bytes_max)
    if isinstance(body, Refusal):
        return body
    parser = MultiPartParser(Headers(raw=request.scope["headers"]), _pieces(body), max_files=1, max_fields=8)
    parser.spool_max_size = size_bytes_max + 1  # it is in memory already
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError, LookupError) as error:
        return refusal("bad_message", f"Invalid form: {getattr(error, 'message', 'it cannot be read')}")


async def bytes_of(request: Request, size_bytes_max: int) -> bytes | Refusal:
    """The whole body, unless it is larger."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > size_bytes_max:
            return refusal("too_large", f"The body may have {size_bytes_max} bytes")
        parts.append(part)
    return b"".join(parts)


async def _pieces(body: bytes) -> AsyncGenerator[bytes, None]:
    for at in range(0, len(body), 65_536):
        yield body[at : at + 65_536]


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
