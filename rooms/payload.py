"""What leaves a room at once: one or more messages, encoded once per wire format however many sockets get them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rooms.envelope import Event

Message = str | bytes | Event
"""What a room sends: text or binary frames (raw kinds) or events (envelope kinds)."""

Encoded = dict[tuple[str, int], bytes]
"""The frame of a message in a wire format, by the format's name and the message's ``id()``."""


class Bundle:
    """Messages for the same sockets, in order, released together.

    ``frames(wire, encode)`` joins their encoded frames and remembers the result, so that a broadcast to a
    thousand sockets is encoded once for each wire format in use. The bytes are ready to write. Bundles that
    overlap are given one ``once``, so that a message in several of them is still encoded once.
    """

    __slots__ = ("_encoded", "_once", "messages")

    def __init__(self, messages: Sequence[Message], once: Encoded | None = None) -> None:
        self.messages = messages
        self._once = once
        self._encoded: dict[str, bytes] = {}

    def frames(self, wire: str, encode: Callable[[Message], bytes]) -> bytes:
        """The frames of all messages in the format named ``wire``; ``encode`` makes one frame of one message."""
        encoded = self._encoded.get(wire)
        if encoded is None:
            messages = self.messages
            if len(messages) == 1 and self._once is None:
                encoded = encode(messages[0])
            else:
                encoded = b"".join([self._frame(message, wire, encode) for message in messages])
            self._encoded[wire] = encoded
        return encoded

    def _frame(self, message: Message, wire: str, encode: Callable[[Message], bytes]) -> bytes:
        if self._once is None:
            return encode(message)
        frame = self._once.get((wire, id(message)))
        if frame is None:
            frame = self._once[wire, id(message)] = encode(message)
        return frame
