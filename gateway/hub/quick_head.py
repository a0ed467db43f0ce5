"""The short path for request heads: a plain WebSocket upgrade as browsers and libraries send it. Pure.

What it reads it reads as h11 would; whatever is unusual it does not judge but leaves to the general path.
"""

from __future__ import annotations

import re

from gateway.edge.head import RequestHead


def quick_head(data: bytes) -> RequestHead | None:
    """The head in ``data`` if it is one sound WebSocket upgrade and nothing else; ``None`` says nothing about what it is.

    A head without fault in the sense of ``handshake_fault``: GET, HTTP/1.1, one ``Host``, version 13, a key of 16 bytes, no body; no
    header twice, no folded line, only printable ASCII.
    """
    match = _HEAD.fullmatch(data)
    if match is None:
        return None
    headers = [(name.lower(), value) for name, value in _HEADER.findall(data, match.start(2))]
    value_by_name = dict(headers)
    if len(value_by_name) != len(headers) or not _asks_plainly(value_by_name):
        return None
    return RequestHead("GET", match[1].decode("ascii"), headers)


def _asks_plainly(value_by_name: dict[bytes, bytes]) -> bool:
    get = value_by_name.get
    return (
        get(b"host", b"") != b""
        and get(b"upgrade", b"").lower() == b"websocket"
        and get(b"connection", b"").lower() in (b"upgrade", b"keep-alive, upgrade")
        and get(b"sec-websocket-version") == b"13"
        and _KEY.fullmatch(get(b"sec-websocket-key", b"")) is not None
        and not _BODY_NAMES & value_by_name.keys()
    )


_HEAD = re.compile(rb"GET (/[!-~]*) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+: ?(?:[!-~](?:[ -~]*[!-~])?)?\r\n)+)\r\n")
_HEADER = re.compile(rb"([A-Za-z0-9-]+): ?([ -~]*)\r\n")
_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")
_BODY_NAMES = {b"content-length", b"transfer-encoding", b"expect", b"trailer", b"te"}
