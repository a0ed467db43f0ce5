"""What has come of a frame or message that is not whole yet, or is unusual. Sans-I/O: it is fed bytes and says what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage

from gateway.frames import header_size, payload_size


@dataclass(frozen=True, slots=True)
class Pinged:
    """The peer asks for a pong with this payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """The peer sent its Close frame; nothing that follows means anything. ``code`` is 1005 if it gave none."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The peer broke the protocol or a limit: the socket has to be failed with this code (1002, 1007 or 1009)."""

    code: int
    reason: str


Outcome = str | bytes | Pinged | Closed | Fault | None


class Assembly:
    """Fed one frame at most a call, from the first byte of a frame on, until nothing is incomplete any more.

    wsproto judges every byte; here are only the boundaries (so that the assembly can be dropped between messages) and the
    limits wsproto lacks: ``limit`` bytes a message and ``fragments_max`` frames a message, empty ones included.
    """

    __slots__ = ("_fragments", "_fragments_max", "_head", "_limit", "_parts", "_remaining", "_size", "_wsproto")

    def __init__(self, limit: int, fragments_max: int) -> None:
        self._limit = limit
        self._fragments_max = fragments_max
        self._wsproto = Connection(ConnectionType.SERVER)
        self._head = b""  # the header of the current frame, as far as it came
        self._remaining = 0  # bytes of its payload still to come, once the header is whole
        self._size = 0
        self._fragments = 0  # frames of the open message; 0: none is open
        self._parts: list[Any] = []  # all str or all bytes

    @property
    def is_complete(self) -> bool:
        """Whether the next byte begins a message, so that the short path may take over."""
        return self._fragments == 0 and not self._head

    def feed(self, data: bytes, at: int) -> tuple[Outcome, int]:
        """Take bytes from ``at`` to the end of the current frame or of ``data``; what came of it, and where to go on.

        After ``Closed`` or ``Fault`` it must not be fed again.
        """
        fault, end = self._measure(data, at)
        self._wsproto.receive_data(data[at:end])
        outcome: Outcome = None
        for event in self._wsproto.events():
            outcome = self._outcome(event)  # at most one of a frame means something
        if fault is not None and not isinstance(outcome, Fault):
            return fault, end
        return outcome, end

    def _measure(self, data: bytes, at: int) -> tuple[Fault | None, int]:
        """Where the current frame ends in ``data``, and the limit it breaks: then its payload is not taken at all."""
        if not self._remaining:
            at = self._read_head(data, at)
            if not self._head_is_whole():
                return None, at
            self._remaining = payload_size(self._head)
            fault = self._count(self._head[0])
            if fault is not None:
                return fault, at
        end = min(len(data), at + self._remaining)
        self._remaining -= end - at
        if not self._remaining:
            self._head = b""
        return None, end

    def _read_head(self, data: bytes, at: int) -> int:
        """Add to the header what ``data`` has of it; where it stops."""
        while not self._head_is_whole() and at < len(data):
            wanted = 2 if len(self._head) < 2 else header_size(self._head)
            more = data[at : at + wanted - len(self._head)]
            self._head += more
            at += len(more)
        return at

    def _head_is_whole(self) -> bool:
        return len(self._head) >= 2 and len(self._head) == header_size(self._head)

    def _count(self, first: int) -> Fault | None:
        """Count a frame of the open message against the limits. Frames out of place are left to wsproto to refuse."""
        begins, continues = first & 0x0F in (1, 2), first & 0x0F == 0
        if (begins and self._fragments) or (continues and not self._fragments) or not (begins or continues):
            return None
        self._fragments += 1
        self._size += self._remaining
        if self._size > self._limit:
            return Fault(1009, f"A message may have {self._limit} bytes")
        if self._fragments > self._fragments_max:
            return Fault(1009, f"A message may have {self._fragments_max} fragments")
        return None

    def _outcome(self, event: Event) -> Outcome:
        if isinstance(event, TextMessage | BytesMessage):
            return self._message(event)
        if isinstance(event, Ping):
            return Pinged(bytes(event.payload))
        if isinstance(event, CloseConnection):
            if self._wsproto.state is ConnectionState.REMOTE_CLOSING:
                return Closed(int(event.code), event.reason or "")
            return Fault(int(event.code), event.reason or "")
        return None

    def _message(self, event: TextMessage | BytesMessage) -> str | bytes | None:
        """The whole message, if this is its last part."""
        part = event.data if isinstance(event, TextMessage) else bytes(event.data)
        if not event.message_finished:
            self._keep(part)
            return None
        whole: str | bytes = part[:0].join([*self._parts, part]) if self._parts else part  # type: ignore[list-item]
        self._fragments = self._size = 0
        self._parts = []
        return whole

    def _keep(self, part: str | bytes) -> None:
        """A part of one character takes fifty bytes: few are kept apart, or a message sent byte by byte would grow fiftyfold."""
        self._parts.append(part)
        if len(self._parts) > 64 + self._size // 64:
            self._parts = [part[:0].join(self._parts)]
