"""A date that goes with trio's clock, so that it stands still while virtual time does."""

from __future__ import annotations

import trio

START_MS = 1_800_000_000_000
"""2027-01-15 08:00 UTC."""


class VirtualDate:
    """Begins at ``start_ms`` when it is made. ``jump`` sets it forward or back, as an operator or NTP would."""

    def __init__(self, start_ms: int = START_MS) -> None:
        self._offset_ms = start_ms - trio.current_time() * 1_000

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return round(self._offset_ms + trio.current_time() * 1_000)

    def jump(self, seconds: float) -> None:
        """Change the date without time passing."""
        self._offset_ms += seconds * 1_000
