"""How a room that somebody watches does, second by second. Rooms that nobody watches are not measured. Pure."""

from __future__ import annotations

from collections import deque

from rooms.stats import Histogram
from storage import RoomKey

SECONDS_KEPT = 60
WATCHED_SECONDS = 30.0
"""How long after the last look a room is measured still."""
WATCHED_ROOMS_MAX = 64
"""Beyond it the room that was looked at longest ago is measured no more."""
TURN_BOUNDS = tuple(1e-5 * 1.5**n for n in range(38))
"""From 10 µs to half a minute: finer than what is kept of all rooms together."""


class Meter:
    """The turns of one room in each of the last seconds in which there were any. Times are seconds on the caller's clock."""

    __slots__ = ("_seconds", "looked_at")

    def __init__(self, now: float) -> None:
        self.looked_at = now
        self._seconds: deque[tuple[int, Histogram]] = deque(maxlen=SECONDS_KEPT)

    def observe(self, turn_seconds: float, now: float) -> bool:
        """Count a turn. ``False``: nobody has looked for so long that it need not be counted any more."""
        second = int(now)
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append((second, Histogram(TURN_BOUNDS)))
        self._seconds[-1][1].observe(turn_seconds)
        return now - self.looked_at < WATCHED_SECONDS

    def recent(self, now: float) -> list[tuple[int, Histogram]]:
        """The seconds with turns among the last ``SECONDS_KEPT``, the oldest first, each as a whole second of the clock."""
        return [each for each in self._seconds if each[0] > now - SECONDS_KEPT]


class Meters(dict[RoomKey, Meter]):
    """The rooms that are watched. A dict, so that turns can ask in no time whether there is any."""

    def look(self, key: RoomKey, now: float) -> Meter:
        """The room's meter; it counts from now on, if it did not."""
        for other in [each for each, meter in self.items() if now - meter.looked_at >= WATCHED_SECONDS]:
            del self[other]
        meter = self.pop(key, None) or Meter(now)
        if len(self) >= WATCHED_ROOMS_MAX:
            del self[next(iter(self))]
        self[key] = meter  # the longest not looked at comes first
        meter.looked_at = now
        return meter

    def observe(self, key: RoomKey, turn_seconds: float, now: float) -> None:
        """Count a turn, if the room is watched."""
        meter = self.get(key)
        if meter is not None and not meter.observe(turn_seconds, now):
            del self[key]
