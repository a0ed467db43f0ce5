"""WebSocket frames as bytes (RFC 6455 §5.2): the short path for whole ones that came, and the making of ones to send. Pure.

The short path takes what clients nearly always send: a whole, masked, unfragmented data frame, a ping or a pong.
It refuses everything else, so that one careful parser (``assembly.py``) judges every unusual byte.
"""

from __future__ import annotations

from enum import IntEnum


class FirstByte(IntEnum):
    """The first byte of an unfragmented frame: FIN and the opcode, no reserved bit."""

    TEXT = 0x81
    BINARY = 0x82
    CLOSE = 0x88
    PING = 0x89
    PONG = 0x8A


def message_at(data: bytes, at: int, limit: int) -> tuple[str | bytes | None, int]:
    """The message in the frame that begins at ``at``, and where that frame ends.

    ``(None, at)`` if the frame is not whole, not a masked and unfragmented data frame, encodes its length in more bytes than
    needed, has more than ``limit`` bytes of payload, or is text that is not UTF-8.
    """
    first = data[at]
    if (first != _TEXT and first != _BINARY) or len(data) - at < 6:
        return None, at
    length = data[at + 1] - 0x80
    start = at + 6
    if length == 126:
        length = data[at + 2] << 8 | data[at + 3]
        start = at + 8
        if length <= 125:
            return None, at
    elif length == 127:
        length = int.from_bytes(data[at + 2 : at + 10], "big")
        start = at + 14
        if length <= 0xFFFF:
            return None, at
    end = start + length
    if not 0 <= length <= limit or end > len(data):
        return None, at
    payload = unmasked(data[start:end], data[start - 4 : start])
    if first == _BINARY:
        return payload, end
    try:
        return payload.decode(), end
    except UnicodeDecodeError:
        return None, at


def control_at(data: bytes, at: int) -> tuple[int, bytes, int]:
    """First byte and payload of the whole, masked ping or pong that begins at ``at``, and where it ends; ``(0, b"", at)`` if it is none."""
    first = data[at]
    if (first != _PING and first != _PONG) or len(data) - at < 6:
        return 0, b"", at
    length = data[at + 1] - 0x80
    end = at + 6 + length
    if not 0 <= length <= 125 or end > len(data):
        return 0, b"", at
    return first, unmasked(data[at + 6 : end], data[at + 2 : at + 6]), end


def unmasked(payload: bytes, mask: bytes) -> bytes:
    """``payload`` XOR the four bytes of ``mask``, repeated (RFC 6455 §5.3).

    Short ones as one big integer (0.3 µs at 100 bytes against 1.0), long ones by four translations (69 µs at 64 KiB against 179).
    """
    size = len(payload)
    if size < 600:
        repeated = (mask * (size + 3 >> 2))[:size]
        return (_integer(payload, "little") ^ _integer(repeated, "little")).to_bytes(size, "little")
    buffer = bytearray(payload)
    for i in range(4):
        buffer[i::4] = buffer[i::4].translate(_XOR[mask[i]])
    return bytes(buffer)


def header_size(head: bytes) -> int:
    """How many bytes the header of the frame has whose first two bytes are ``head[:2]``, its mask included."""
    length = head[1] & 0x7F
    return 2 + _LENGTH_BYTES.get(length, 0) + (4 if head[1] & 0x80 else 0)


def payload_size(head: bytes) -> int:
    """The length of the payload that the whole header ``head`` announces."""
    length = head[1] & 0x7F
    if length <= 125:
        return length
    return int.from_bytes(head[2 : 2 + _LENGTH_BYTES[length]], "big")


def text_frame(text: str | bytes) -> bytes:
    """A text message as one frame from the server; ``bytes`` must be UTF-8 already."""
    return _frame(_TEXT, text.encode() if isinstance(text, str) else text)


def binary_frame(data: bytes) -> bytes:
    """A binary message as one frame from the server."""
    return _frame(_BINARY, data)


def pong_frame(payload: bytes) -> bytes:
    """The answer to a ping (RFC 6455 §5.5.3); at most 125 bytes."""
    return _frame(_PONG, payload)


def close_frame(code: int | None, reason: str = "") -> bytes:
    """A Close frame; no status if ``code`` is ``None`` or may not be sent (1005, 1006, 1015). The reason is cut to 123 bytes of UTF-8."""
    if code is None or code in (1005, 1006, 1015):
        return _frame(_CLOSE, b"")
    return _frame(_CLOSE, code.to_bytes(2, "big") + reason.encode("utf-8", "replace")[:123].decode("utf-8", "ignore").encode())


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size <= 125:
        return bytes((first, size)) + payload
    if size <= 0xFFFF:
        return bytes((first, 126, size >> 8, size & 0xFF)) + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


_TEXT, _BINARY, _CLOSE, _PING, _PONG = (int(first) for first in FirstByte)  # plain ints: comparing enum members costs on every frame
_integer = int.from_bytes  # looked up once: a fifth of the cost of unmasking a short payload
_LENGTH_BYTES = {126: 2, 127: 8}
_XOR = tuple(bytes(byte ^ mask for byte in range(256)) for mask in range(256))

PING = _frame(_PING, b"")
"""The ping of the server: empty, so that it costs two bytes and is the same for every socket."""
