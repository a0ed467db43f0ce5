"""Frames good and bad, as bytes, and what a server owes each: the same table for both carriers.

Run it with the limits named here. A case is fed after the 101, whole or cut anywhere; then
* the receiver has been handed exactly ``messages``, in order;
* the server has sent ``replies`` (whole frames) and then, unless ``close`` is ``None``, one Close frame with that
  code (1005: a Close without a code) and has closed the socket; with ``None`` the socket is still open.
``clean`` says what ``gone`` reports: whether the closing handshake was done. Where the server failed the connection
(not clean) ``gone`` has the code the server sent.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MESSAGE_BYTES_MAX = 65_536
FRAGMENTS_MAX = 8
MASK = b"\x37\xfa\x21\x3d"

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


@dataclass(frozen=True)
class Case:
    """One row: what the client sends, and what comes of it."""

    name: str
    sent: bytes
    messages: tuple[str | bytes, ...] = ()
    replies: bytes = b""
    close: int | None = None
    clean: bool = False


def from_client(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes | None = MASK) -> bytes:
    """One frame as a client sends it: masked unless ``mask`` is ``None``; ``rsv`` is the three reserved bits, 0 to 7."""
    length = _length(len(payload), 0x80 if mask is not None else 0)
    masked = payload if mask is None else bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([fin << 7 | rsv << 4 | opcode]) + length + (mask or b"") + masked


def from_server(opcode: int, payload: bytes = b"") -> bytes:
    """One whole frame as a server sends it."""
    return bytes([0x80 | opcode]) + _length(len(payload), 0) + payload


def close_payload(code: int, reason: bytes = b"") -> bytes:
    """What a Close frame carries."""
    return struct.pack("!H", code) + reason


def _length(size: int, masked: int) -> bytes:
    if size < 126:
        return bytes([masked | size])
    if size < 65_536:
        return bytes([masked | 126]) + struct.pack("!H", size)
    return bytes([masked | 127]) + struct.pack("!Q", size)


def _header_only(opcode: int, length: bytes) -> bytes:
    return bytes([0x80 | opcode]) + length + MASK


HELLO = from_client(TEXT, b"hello")

GOOD = (
    Case("a text", HELLO, ("hello",)),
    Case("an empty text", from_client(TEXT), ("",)),
    Case("an empty binary", from_client(BINARY), (b"",)),
    Case("a binary of every byte", from_client(BINARY, bytes(range(256))), (bytes(range(256)),)),
    Case("a mask of zeros", from_client(TEXT, b"plain", mask=bytes(4)), ("plain",)),
    Case("a text of 125 bytes", from_client(TEXT, b"x" * 125), ("x" * 125,)),
    Case("a text of 126 bytes", from_client(TEXT, b"x" * 126), ("x" * 126,)),
    Case("a text of 127 bytes", from_client(TEXT, b"x" * 127), ("x" * 127,)),
    Case("a binary of 65,535 bytes", from_client(BINARY, b"x" * 65_535), (b"x" * 65_535,)),
    Case("a binary exactly at the limit", from_client(BINARY, b"x" * 65_536), (b"x" * 65_536,)),
    Case("text beyond ASCII", from_client(TEXT, "κόσμε 🦉".encode()), ("κόσμε 🦉",)),
    Case("three messages at once", HELLO + from_client(BINARY, b"\x00") + from_client(TEXT, b"bye"), ("hello", b"\x00", "bye")),
    Case("two fragments", from_client(TEXT, b"hel", fin=False) + from_client(CONTINUATION, b"lo"), ("hello",)),
    Case(
        "empty fragments around one that is not",
        from_client(BINARY, fin=False) + from_client(CONTINUATION, b"x", fin=False) + from_client(CONTINUATION),
        (b"x",),
    ),
    Case("a character cut in two by fragments", from_client(TEXT, b"\xce", fin=False) + from_client(CONTINUATION, b"\xba"), ("κ",)),
    Case(
        "as many fragments as are allowed",
        from_client(TEXT, b"x", fin=False)
        + from_client(CONTINUATION, b"x", fin=False) * (FRAGMENTS_MAX - 2)
        + from_client(CONTINUATION, b"x"),
        ("x" * FRAGMENTS_MAX,),
    ),
    Case(
        "fragments that sum up to the limit",
        from_client(BINARY, b"x" * 65_000, fin=False) + from_client(CONTINUATION, b"x" * 536),
        (b"x" * 65_536,),
    ),
    Case("a ping", from_client(PING, b"are you there"), replies=from_server(PONG, b"are you there")),
    Case("an empty ping", from_client(PING), replies=from_server(PONG)),
    Case("a ping of 125 bytes", from_client(PING, b"p" * 125), replies=from_server(PONG, b"p" * 125)),
    Case(
        "a ping between fragments",
        from_client(TEXT, b"hel", fin=False) + from_client(PING, b"1") + from_client(CONTINUATION, b"lo"),
        ("hello",),
        from_server(PONG, b"1"),
    ),
    Case("a pong nobody asked for", from_client(PONG, b"here"), replies=b""),
    Case("a close", from_client(CLOSE, close_payload(1000, b"bye")), close=1000, clean=True),
    Case("a close without a code", from_client(CLOSE), close=1005, clean=True),
    Case("a close with an application's code", from_client(CLOSE, close_payload(4999)), close=4999, clean=True),
    Case("a close with a library's code", from_client(CLOSE, close_payload(3000)), close=3000, clean=True),
    Case("a close with the longest reason", from_client(CLOSE, close_payload(1001, b"r" * 123)), close=1001, clean=True),
    Case(
        "a close inside a fragmented message",
        from_client(TEXT, b"a", fin=False) + from_client(CLOSE, close_payload(1000)),
        close=1000,
        clean=True,
    ),
    Case("frames after a close", HELLO + from_client(CLOSE, close_payload(1000)) + HELLO, ("hello",), close=1000, clean=True),
)

BAD_PROTOCOL = (
    Case("a frame without a mask", from_client(TEXT, b"hello", mask=None), close=1002),
    Case("a good frame, then one without a mask", HELLO + from_client(TEXT, b"x", mask=None), ("hello",), close=1002),
    Case("reserved bit 1 (no compression was agreed)", from_client(TEXT, b"x", rsv=4), close=1002),
    Case("reserved bit 2", from_client(BINARY, b"x", rsv=2), close=1002),
    Case("reserved bit 3 on a ping", from_client(PING, rsv=1), close=1002),
    *(Case(f"the unknown opcode {opcode}", from_client(opcode), close=1002) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
    Case("a fragmented ping", from_client(PING, b"x", fin=False), close=1002),
    Case("a fragmented close", from_client(CLOSE, close_payload(1000), fin=False), close=1002),
    Case("a ping of 126 bytes", from_client(PING, b"x" * 126), close=1002),
    Case("a close of 126 bytes", from_client(CLOSE, close_payload(1000, b"r" * 124)), close=1002),
    Case("a continuation of nothing", from_client(CONTINUATION, b"x"), close=1002),
    Case("a continuation after a whole message", HELLO + from_client(CONTINUATION, b"x"), ("hello",), close=1002),
    Case("a new message inside a fragmented one", from_client(TEXT, b"x", fin=False) + from_client(TEXT, b"y"), close=1002),
    Case("a length of 5 written in 16 bits", _header_only(TEXT, b"\xfe\x00\x05") + b"\0" * 5, close=1002),
    Case("a length of 5 written in 64 bits", _header_only(TEXT, b"\xff" + struct.pack("!Q", 5)) + b"\0" * 5, close=1002),
    Case("a length with its highest bit set", _header_only(BINARY, b"\xff" + b"\xff" * 8), close=1002),
    Case("a close of one byte", from_client(CLOSE, b"\x03"), close=1002),
    *(
        Case(f"a close with the code {code}, which none may send", from_client(CLOSE, close_payload(code)), close=1002)
        for code in (0, 999, 1004, 1005, 1006, 1014, 1015, 1016, 2999, 5000, 65_535)
    ),
    Case("HTTP in place of a frame", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", close=1002),
)

BAD_TEXT = (
    Case("a byte that is no UTF-8", from_client(TEXT, b"\xff"), close=1007),
    Case("a lone surrogate", from_client(TEXT, b"\xed\xa0\x80"), close=1007),
    Case("an overlong slash", from_client(TEXT, b"\xc0\xaf"), close=1007),
    Case("beyond the last character", from_client(TEXT, b"\xf4\x90\x80\x80"), close=1007),
    Case("a text that ends inside a character", from_client(TEXT, b"\xce"), close=1007),
    Case("a second fragment that is no UTF-8", from_client(TEXT, b"ok", fin=False) + from_client(CONTINUATION, b"\xff"), close=1007),
    Case("a good text, then a bad one", HELLO + from_client(TEXT, b"\xff"), ("hello",), close=1007),
    Case("a close whose reason is no UTF-8", from_client(CLOSE, close_payload(1000, b"\xff")), close=1007),
)

TOO_BIG = (
    Case("a binary one byte over the limit", from_client(BINARY, b"x" * 65_537), close=1009),
    Case("a text over the limit in bytes, not in characters", from_client(TEXT, "é".encode() * 32_769), close=1009),
    Case("a length over the limit, before any payload", _header_only(BINARY, b"\xff" + struct.pack("!Q", 65_537)), close=1009),
    Case("the longest length there is", _header_only(TEXT, b"\xff" + struct.pack("!Q", 2**63 - 1)), close=1009),
    Case(
        "fragments one byte over the limit together",
        from_client(BINARY, b"x" * 65_000, fin=False) + from_client(CONTINUATION, b"x" * 537),
        close=1009,
    ),
    Case(
        "one fragment more than are allowed",
        from_client(TEXT, b"x", fin=False)
        + from_client(CONTINUATION, b"x", fin=False) * (FRAGMENTS_MAX - 1)
        + from_client(CONTINUATION, b"x"),
        close=1009,
    ),
    Case(
        "one empty fragment more than are allowed, the message not ended",
        from_client(BINARY, fin=False) + from_client(CONTINUATION, fin=False) * FRAGMENTS_MAX,
        close=1009,
    ),
    Case("a good text, then one that is too big", HELLO + _header_only(TEXT, b"\xff" + struct.pack("!Q", 2**40)), ("hello",), close=1009),
)

CORPUS = GOOD + BAD_PROTOCOL + BAD_TEXT + TOO_BIG
