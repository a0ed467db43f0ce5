"""Pings to silent sockets, and the end of those that stay silent, without a timer a socket: each is visited in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import ceil
from typing import Protocol

from gateway.wheel import Wheel

VISITS_A_PING = 10
"""Visits of one socket in ``ping_seconds``: a tenth of that is how exact pings and timeouts are."""

VISIT_SECONDS = 0.25
"""Between the visits of one slice of the sockets and of the next, so that pings are spread over time."""


class Beating(Protocol):
    """What is visited. ``quiet`` counts visits; the socket sets it to 0 when something comes."""

    quiet: int

    def ping(self) -> None: ...
    def fail(self, code: int, reason: str) -> None: ...


class Heartbeat:
    """Visits a socket ten times in ``ping_seconds``; pings at the tenth quiet visit, fails (1011) after ``ping_timeout_seconds`` more.

    ``slice_of(index, slices)`` gives the sockets of a slice that can be expected to answer: open and not paused.
    """

    def __init__(
        self, wheel: Wheel, slice_of: Callable[[int, int], Iterable[Beating]], ping_seconds: float, ping_timeout_seconds: float
    ) -> None:
        self._wheel = wheel
        self._slice_of = slice_of
        self._timeout_seconds = ping_timeout_seconds
        round_seconds = ping_seconds / VISITS_A_PING
        self._slices = max(1, round(round_seconds / VISIT_SECONDS))
        self._visit_seconds = round_seconds / self._slices
        self._dead_at = VISITS_A_PING + ceil(ping_timeout_seconds / round_seconds)
        self._index = 0

    def start(self) -> None:
        """Begin to visit."""
        self._wheel.at(self._visit_seconds, self)

    def due(self) -> None:
        """Visit the next slice."""
        self._wheel.at(self._visit_seconds, self)
        for socket in self._slice_of(self._index, self._slices):
            self._visit(socket)
        self._index = (self._index + 1) % self._slices

    def _visit(self, socket: Beating) -> None:
        socket.quiet += 1
        if socket.quiet == VISITS_A_PING:
            socket.ping()
        elif socket.quiet > self._dead_at:
            socket.fail(1011, f"nothing heard in {self._timeout_seconds:g} seconds")
