"""From what a room says to frames: one format for each way a client may read. Encoded once for each format in use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from gateway.auth.credentials import MSGPACK_PROTOCOL
from gateway.frames import binary_frame, text_frame
from rooms import Event, Message, WallClock

EVENT_BYTES_MAX = 256 * 1024
"""The largest event to a client; what makes lists stops well before it (``more: true``)."""


class Outgoing(msgspec.Struct, omit_defaults=True, gc=False):
    """An event as it goes over the wire: ``tz`` is the server's time."""

    type: str
    data: Any
    tz: str
    ref: str | int | None = None


class Format:
    """How one kind of client is written to. ``name`` tells formats apart; ``encode`` makes one frame of one message, never raising."""

    __slots__ = ("encode", "name")

    def __init__(self, name: str, encode: Callable[[Message], bytes]) -> None:
        self.name = name
        self.encode = encode


class Formats:
    """The three formats: ``json`` and ``msgpack`` for envelope kinds, ``raw`` for frames that are the author's own."""

    __slots__ = ("_clock", "_second", "_stamp", "_stamped_ms", "_to_second", "json", "msgpack", "raw")

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self._second = self._stamped_ms = -1
        self._to_second = self._stamp = ""
        self.json = Format("json", self._json_frame)
        self.msgpack = Format("msgpack", self._msgpack_frame)
        self.raw = Format("raw", _raw_frame)

    def of_subprotocol(self, subprotocol: str | None) -> Format:
        """What an envelope client that was given ``subprotocol`` reads."""
        return self.msgpack if subprotocol == MSGPACK_PROTOCOL else self.json

    def _json_frame(self, message: Message) -> bytes:
        if message.__class__ is bytes:  # a kind that relays
            return binary_frame(message)
        return text_frame(self._payload(message, _encode_json))

    def _msgpack_frame(self, message: Message) -> bytes:
        if message.__class__ is bytes:
            return binary_frame(message)
        return binary_frame(self._payload(message, _encode_msgpack))

    def _payload(self, message: Message, encode: Callable[[Any], bytes]) -> bytes:
        """A message that cannot be encoded or is too large becomes an ``error``: its readers hear that something is missing."""
        if message.__class__ is not Event:
            return self._error("internal", "A room of envelopes said something else", None, encode)
        try:
            payload = encode(Outgoing(message.type, message.data, self._now(), message.ref))
        except (TypeError, ValueError, RecursionError, OverflowError):
            return self._error("internal", "An event could not be encoded", message.ref, encode)
        if len(payload) > EVENT_BYTES_MAX:
            return self._error("too_large", "An event was too large to be sent", message.ref, encode)
        return payload

    def _error(self, code: str, message: str, ref: str | int | None, encode: Callable[[Any], bytes]) -> bytes:
        data = {"code": code, "message": message}
        try:
            return encode(Outgoing("error", data, self._now(), ref))
        except (TypeError, ValueError, OverflowError):  # a ref that no client sent
            return encode(Outgoing("error", data, self._now()))

    def _now(self) -> str:
        """``2026-11-20T20:07:00.123Z``; made once a millisecond, all but the milliseconds once a second."""
        now_ms = self._clock.now_ms()
        if now_ms != self._stamped_ms:
            second, millisecond = divmod(now_ms, 1000)
            if second != self._second:
                self._second = second
                self._to_second = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._stamped_ms, self._stamp = now_ms, f"{self._to_second}.{millisecond:03d}Z"
        return self._stamp


def _raw_frame(message: Message) -> bytes:
    """Text as a text frame, bytes as a binary one; an event in a raw kind is our bug."""
    assert not isinstance(message, Event)
    if not isinstance(message, str):
        return binary_frame(message)
    try:
        return text_frame(message)
    except UnicodeEncodeError:
        return text_frame(_scalar_text(message))


def _scalar_text(text: str) -> str:
    """With U+FFFD for each lone surrogate, as ``WebSocket.send`` in a browser does. ``json.loads`` makes them of what any client sent."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_encode_json = msgspec.json.Encoder().encode
_encode_msgpack = msgspec.msgpack.Encoder().encode
