"""What the edge itself answers when a request cannot be given to anybody. Pure."""

from __future__ import annotations

import msgspec

from gateway.edge.door import HttpReply
from gateway.edge.head import RequestHead


def fault(status: int, code: str, message: str) -> HttpReply:
    """``{"error": {"code", "message"}}`` with its status; with ``Retry-After`` on 503."""
    retry = ((b"retry-after", b"5"),) if status == 503 else ()
    body = msgspec.json.encode({"error": {"code": code, "message": message}})
    return HttpReply(status, ((b"content-type", b"application/json"), *retry), body)


BAD_REQUEST = fault(400, "bad_message", "Bad request")
REQUEST_TIMEOUT = fault(408, "timeout", "The request did not arrive in time")
BODY_TOO_LARGE = fault(413, "too_large", "The body is too large")
HEAD_TOO_LARGE = fault(431, "too_large", "The request head is too large")
NOT_IMPLEMENTED = fault(501, "bad_message", "Transfer encoding not supported")
VERSION_NOT_SUPPORTED = fault(505, "bad_message", "HTTP/1.1 is spoken here")
METHOD_NOT_ALLOWED = fault(405, "bad_message", "Method not allowed")
INTERNAL = fault(500, "internal", "Internal error")
OVERLOADED = fault(503, "overloaded", "Overloaded, try again later")

FAULT_BY_STATUS = {431: HEAD_TOO_LARGE, 501: NOT_IMPLEMENTED}
"""What h11 says of a head it refuses; everything else is a bad request."""


def head_fault(head: RequestHead, head_bytes_max: int, headers_max: int) -> HttpReply | None:
    """Why a head that h11 parsed is not answered all the same; ``None`` if nothing is wrong with it.

    A length beside a transfer encoding is how requests are smuggled past a proxy (RFC 9112 §6.1).
    """
    if head.http_version not in ("1.0", "1.1"):
        return VERSION_NOT_SUPPORTED
    if len(head.headers) > headers_max or _size(head) > head_bytes_max:
        return HEAD_TOO_LARGE
    encoded = head.get(b"transfer-encoding") is not None
    if encoded and (head.get(b"content-length") is not None or head.http_version == "1.0"):
        return BAD_REQUEST
    if head.method in ("TRACE", "CONNECT"):
        return METHOD_NOT_ALLOWED
    if not head.path.startswith("/"):
        return BAD_REQUEST
    return None


def has_folded_line(raw: bytes | bytearray) -> bool:
    """Whether a header goes on in a second line: obsolete (RFC 9112 §5.2), read differently by different proxies, unfolded by h11."""
    return b"\n " in raw or b"\n\t" in raw


def _size(head: RequestHead) -> int:
    return len(head.method) + len(head.target) + 12 + sum(len(name) + len(value) + 4 for name, value in head.headers)
