"""How big a message is getting, from the headers of its frames alone, before anybody buffers it. Pure.

trio-websocket counts characters where the limit is bytes, and does not count fragments at all: endless empty ones cost it
CPU for ever. What is malformed is let through: wsproto answers that.
"""

from __future__ import annotations

from gateway.frames import header_size, payload_size


class FrameMeter:
    """Walks a client's frames. ``measure`` says how much of the input is within the limits; ``fault`` says why the rest is not."""

    __slots__ = ("_bytes", "_bytes_max", "_fragments", "_fragments_max", "_header", "_payload_left", "fault")

    def __init__(self, message_bytes_max: int, fragments_max: int) -> None:
        self._bytes_max = message_bytes_max
        self._fragments_max = fragments_max
        self._header = bytearray()
        self._payload_left = 0
        self._bytes = 0
        self._fragments = 0
        self.fault: str | None = None

    def measure(self, data: bytes) -> int:
        """How many bytes of ``data``, which follows what was measured before, may be parsed; all of them unless there is a fault."""
        at = 0
        while at < len(data) and self.fault is None:
            at = self._skip_payload(data, at) if self._payload_left else self._read_header(data, at)
        return at

    def _skip_payload(self, data: bytes, at: int) -> int:
        step = min(self._payload_left, len(data) - at)
        self._payload_left -= step
        return at + step

    def _read_header(self, data: bytes, at: int) -> int:
        """Take what ``data`` has of the next header. Of a header that breaks a limit the last byte is held back."""
        header = self._header
        while len(header) < _header_bytes(header):
            if at == len(data):
                return at
            step = min(_header_bytes(header) - len(header), len(data) - at)
            header += data[at : at + step]
            at += step
        self._payload_left = payload_size(bytes(header))
        self.fault = self._fault(header)
        header.clear()
        return at if self.fault is None else at - 1

    def _fault(self, header: bytearray) -> str | None:
        first, second = header[0], header[1]
        if first & 0x08 or first & 0x70 or not second & 0x80 or self._payload_left >> 63:
            return None  # a control frame, or malformed
        if first & 0x0F:
            self._bytes = self._fragments = 0
        self._bytes += self._payload_left
        self._fragments += 1
        if self._bytes > self._bytes_max:
            return f"a message may have {self._bytes_max} bytes"
        if self._fragments > self._fragments_max:
            return f"a message may have {self._fragments_max} fragments"
        return None


def _header_bytes(header: bytearray) -> int:
    """How long the header is that begins so, as far as can be known yet."""
    return header_size(bytes(header)) if len(header) >= 2 else 2
