"""The opening handshake of RFC 6455 §4.2, for both carriers. Pure."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha1

from gateway.edge.door import HttpReply
from gateway.edge.head import Header, RequestHead


def asks_for_websocket(head: RequestHead) -> bool:
    """Whether the ``Upgrade`` header names websocket, in any case and beside others."""
    return any(token.lower() == "websocket" for token in head.tokens(b"upgrade"))


def handshake_fault(head: RequestHead) -> HttpReply | None:
    """Why a head that asks for a WebSocket cannot have one, as the answer to send; ``None`` if nothing is wrong with it."""
    if head.method != "GET":
        return _fault(405, "A WebSocket begins with GET", (b"allow", b"GET"))
    if head.http_version != "1.1":
        return _fault(400, "A WebSocket needs HTTP/1.1")
    if not any(token.lower() == "upgrade" for token in head.tokens(b"connection")):
        return _fault(400, "Connection header must include upgrade")
    if head.get_all(b"sec-websocket-version") != [b"13"]:
        return _fault(426, "Sec-WebSocket-Version must be 13", (b"sec-websocket-version", b"13"), (b"upgrade", b"websocket"))
    if head.get(b"transfer-encoding") is not None or head.get(b"content-length") not in (None, b"0"):
        return _fault(400, "A WebSocket handshake has no body")
    if not _is_sound(head.get_all(b"sec-websocket-key")):
        return _fault(400, "Sec-WebSocket-Key must be 16 bytes in base64")
    return None


def accept_response(head: RequestHead, subprotocol: str | None, headers: Sequence[Header] = ()) -> bytes:
    """The bytes of the 101 for a head without fault. ``headers`` come after those of the handshake."""
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"upgrade: websocket",
        b"connection: Upgrade",
        b"sec-websocket-accept: " + accept_value(head.get(b"sec-websocket-key") or b""),
    ]
    if subprotocol is not None:
        lines.append(b"sec-websocket-protocol: " + subprotocol.encode("ascii"))
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", b""])


def canned_head(head: RequestHead, subprotocol: str | None) -> bytes:
    """A request head that trio-websocket will accept in place of the real one, which we checked: the real key and the chosen
    subprotocol, nothing else. (wsproto refuses sound heads: ``Upgrade`` with two tokens, a ``Host`` that IDNA does not know.)"""
    lines = [
        b"GET / HTTP/1.1",
        b"host: rooms",
        b"upgrade: websocket",
        b"connection: upgrade",
        b"sec-websocket-version: 13",
        b"sec-websocket-key: " + (head.get(b"sec-websocket-key") or b""),
    ]
    if subprotocol is not None:
        lines.append(b"sec-websocket-protocol: " + subprotocol.encode("ascii"))
    return b"\r\n".join([*lines, b"", b""])


def accept_value(key: bytes) -> bytes:
    """What proves to the client that its key was read (RFC 6455 §4.2.2, item 5.4)."""
    return b64encode(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


def _is_sound(keys: list[bytes]) -> bool:
    if len(keys) != 1 or len(keys[0]) != 24:
        return False
    try:
        return len(b64decode(keys[0], validate=True)) == 16
    except binascii.Error:
        return False


def _fault(status: int, text: str, *headers: Header) -> HttpReply:
    return HttpReply(status, ((b"content-type", b"text/plain; charset=utf-8"), *headers), text.encode())
