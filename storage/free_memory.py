"""What SQLite freed goes back to the system. glibc keeps it: a thousand rooms that fell asleep held 170 MB that nobody used."""

from __future__ import annotations

import ctypes
import sys

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None


def give_back_free_memory() -> None:
    """Return every free page of the heap. Takes 0.1 ms for each MB that goes; other libraries than glibc do it by themselves."""
    if _trim is not None:
        _trim(0)
