"""The name of a room: its kind and its own name."""

from __future__ import annotations

from typing import NamedTuple


class RoomKey(NamedTuple):
    """Which room: ``kind`` (``[a-z][a-z0-9-]{0,31}``) and ``name`` (NFC text, 1 to 128 characters)."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"
