"""Pure. Moments as the protocol writes them."""

from __future__ import annotations

import time
from functools import lru_cache


def iso(moment_ms: int) -> str:
    """``2026-11-20T20:07:00.123Z`` for Unix time in milliseconds."""
    seconds, milliseconds = divmod(moment_ms, 1000)
    return f"{_second(seconds)}.{milliseconds:03}Z"


@lru_cache(maxsize=8)  # Messages of a busy room share their second: 0.2 µs instead of 1.6.
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
