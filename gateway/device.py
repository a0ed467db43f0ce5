"""Which of a user's devices asks for a socket. Pure."""

from __future__ import annotations

from urllib.parse import parse_qsl

from gateway.edge.head import RequestHead

DEVICE_NAMES = ("mobile", "desktop")


def device_of(head: RequestHead, token_header: str) -> str | None:
    """The parameter ``device``; without it a token in ``token_header`` says mobile, a ``Sec-WebSocket-Protocol`` desktop.

    ``None`` if the parameter names no device, or nothing says anything.
    """
    for name, value in parse_qsl(head.query, keep_blank_values=True):
        if name == "device":
            return value if value in DEVICE_NAMES else None
    if head.get(token_header.encode("ascii")) is not None:
        return "mobile"
    return "desktop" if head.get(b"sec-websocket-protocol") is not None else None
