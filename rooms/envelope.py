"""What envelope rooms hear and say: decoded requests in, events out. The gateway knows the wire, rooms do not."""

from __future__ import annotations

from typing import Any

import msgspec


class Envelope(msgspec.Struct, gc=False):
    """One request of a client: its ``type``, its ``data`` and the ``ref`` that its answer carries back.

    ``data`` is an instance of the struct that the kind declares for ``type`` in ``Room.requests``.
    """

    type: str
    data: Any
    ref: str | int | None = None


class Event(msgspec.Struct, frozen=True, gc=False):
    """One thing a room says: ``type``, ``data`` and, on an answer, the ``ref`` of the request that caused it.

    It is encoded when the turn is released, perhaps after the next ones ran: what ``data`` holds is not to be changed once it was said.
    """

    type: str
    data: dict[str, Any]
    ref: str | int | None = None
