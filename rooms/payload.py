"""What leaves a room at once: one or more messages, encoded once per wire format however many sockets get them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from rooms.envelope import Event

Message = str | bytes | Event
"""What a room sends: text or binary frames (raw kinds) or events (envelope kinds)."""


class Wire(Protocol):
    """A wire format."""

    def encode(self, message: Message, /) -> bytes:
        """One frame of one message, ready to write."""


Encoded = dict[tuple[Wire, int], bytes]
"""The frame of a message in a wire format, by the format and the message's ``id()``."""


class Bundle(msgspec.Struct, gc=False, eq=False):
    """Messages for the same sockets, in order, released together.

    ``frames`` joins their encoded frames and keeps them in ``ready``, by wire format, so that a broadcast to a
    thousand sockets is encoded once for each format in use. Bundles that overlap are given one ``once``, so that
    a message in several of them is still encoded once.
    """

    messages: Sequence[Message]
    once: Encoded | None = None
    ready: dict[Wire, bytes] = {}

    def frames(self, wire: Wire) -> bytes:
        """The frames of all messages, ready to write."""
        frames = self.ready.get(wire)
        if frames is None:
            messages = self.messages
            if len(messages) == 1 and self.once is None:
                frames = wire.encode(messages[0])
            else:
                frames = b"".join([self._frame(message, wire) for message in messages])
            self.ready[wire] = frames
        return frames

    def _frame(self, message: Message, wire: Wire) -> bytes:
        if self.once is None:
            return wire.encode(message)
        frame = self.once.get((wire, id(message)))
        if frame is None:
            frame = self.once[wire, id(message)] = wire.encode(message)
        return frame
