"""Waiting for what comes about, with an end to patience."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from time import monotonic

PATIENCE_SECONDS = 20.0


def until(is_so: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether it came about: asked again and again until it is so, or patience ends."""
    nobody = Event()
    end = monotonic() + seconds
    while monotonic() < end:
        if is_so():
            return True
        nobody.wait(0.02)
    return False
