"""The date, as rooms may know it. Durations are trio's business."""

from __future__ import annotations

import time
from typing import Protocol


class WallClock(Protocol):
    """Tells the date. It may jump; nothing here depends on its going forward."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""


class SystemClock:
    """The machine's date."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return time.time_ns() // 1_000_000
