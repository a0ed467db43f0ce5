"""Lines about what strangers do, so many a minute for each address: nobody outside can fill the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.edge.containment import Log

LINES_MAX = 20
WINDOW_SECONDS = 60.0
ADDRESSES_MAX = 1_000


class BoundedLog:
    """``now`` gives seconds of a steady clock.

    An address past its lines is silent until its minute is over; its next line then is how many were left out.
    """

    def __init__(self, log: Log, now: Callable[[], float]) -> None:
        self._log = log
        self._now = now
        self._windows: dict[str, _Window] = {}

    def line(self, address: str, event: str, **facts: Any) -> None:
        """One line about a client at ``address``, unless it has had its share."""
        window = self._window(address)
        window.lines += 1
        if window.lines <= LINES_MAX:
            self._log.info(event, client=address, **facts)

    def _window(self, address: str) -> _Window:
        now = self._now()
        window = self._windows.get(address)
        if window is None or now - window.began >= WINDOW_SECONDS:
            if window is not None and window.lines > LINES_MAX:
                self._log.info("log_lines_left_out", client=address, lines=window.lines - LINES_MAX)
            if window is None and len(self._windows) >= ADDRESSES_MAX:
                self._windows.clear()
            window = self._windows[address] = _Window(now)
        return window


class _Window:
    __slots__ = ("began", "lines")

    def __init__(self, began: float) -> None:
        self.began = began
        self.lines = 0
