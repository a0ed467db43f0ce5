"""What leaves a room at once: one or more messages, encoded once per wire format however many sockets get them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rooms.envelope import Event

Message = str | bytes | Event
"""What a room sends: text or binary frames (raw kinds) or events (envelope kinds)."""


class Bundle:
    """Messages for the same sockets, in order, released together.

    ``frames(wire, encode)`` joins their encoded frames and remembers the result, so that a broadcast to a
    thousand sockets is encoded once for each wire format in use. The bytes are ready to write.
    """

    __slots__ = ("_encoded", "messages")

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages
        self._encoded: dict[str, bytes] = {}

    def frames(self, wire: str, encode: Callable[[Message], bytes]) -> bytes:
        """The frames of all messages in the format named ``wire``; ``encode`` makes one frame of one message."""
        encoded = self._encoded.get(wire)
        if encoded is None:
            messages = self.messages
            encoded = encode(messages[0]) if len(messages) == 1 else b"".join([encode(m) for m in messages])
            self._encoded[wire] = encoded
        return encoded
