"""Deadlines of many sockets, cheap enough that each may have one: ping sweeps, pong timeouts, auth deadlines, token expiry.

An entry is one reference in the bucket of its tick: no timer object, no task, no heap entry of its own. There is no cancelling: a
target is called when its time has come and ignores a deadline that no longer stands.
"""

from __future__ import annotations

import heapq
from typing import Protocol

import trio

from gateway.edge.containment import Containment, Log


class Target(Protocol):
    """What has a deadline."""

    def due(self) -> None:
        """The time has come. Does not wait; does nothing if the deadline no longer stands."""


class Wheel:
    """Calls each target once, at its deadline or up to ``tick_seconds`` later, and never before it.

    A target that raises is logged, and no other suffers.
    """

    def __init__(self, log: Log, tick_seconds: float = 0.25) -> None:
        self._log = log
        self._contained = Containment(self._failed)
        self._tick_seconds = tick_seconds
        self._buckets: dict[int, tuple[float, list[Target]]] = {}  # when, and who, by tick
        self._ticks: list[int] = []  # a heap of the keys above
        self._earlier = trio.Event()

    def at(self, seconds: float, target: Target) -> float:
        """Have ``target.due()`` called ``seconds`` from now, on the loop; a time in the past means at the next tick.

        Returns when that will be, on trio's clock: the same object for all targets of a tick, so that remembering it costs nothing.
        """
        tick = -int(-(trio.current_time() + seconds) // self._tick_seconds)
        bucket = self._buckets.get(tick)
        if bucket is None:
            bucket = self._buckets[tick] = (tick * self._tick_seconds, [])
            heapq.heappush(self._ticks, tick)
            if self._ticks[0] == tick:
                self._earlier.set()
        bucket[1].append(target)
        return bucket[0]

    async def run(self) -> None:
        """Turn for ever; sleeps from one deadline to the next."""
        while True:
            self._earlier = trio.Event()
            with trio.move_on_at(self._next_time()):
                await self._earlier.wait()
            self.turn()

    def turn(self) -> None:
        """Call every target whose time has come."""
        now = trio.current_time()
        while self._ticks and self._ticks[0] * self._tick_seconds <= now:
            for target in self._buckets.pop(heapq.heappop(self._ticks))[1]:
                with self._contained:
                    target.due()

    def _failed(self, error: Exception) -> None:
        self._log.error("deadline_failed", exc_info=error)

    def _next_time(self) -> float:
        return self._ticks[0] * self._tick_seconds if self._ticks else float("inf")
