"""Plain numbers about the runtime. The gateway exports them; nothing here knows how."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

SECONDS_BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Histogram:
    """Counts of values by bucket: ``counts[i]`` are those at most ``bounds[i]``, the last count is of all above."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...] = SECONDS_BOUNDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def count(self) -> int:
        """How many values were counted."""
        return sum(self.counts)

    def quantile(self, share: float) -> float | None:
        """The value that ``share`` (0 to 1) of all are at most, as exactly as the buckets tell; ``None`` before the first."""
        rank = share * self.count
        if not rank:
            return None
        lower = 0.0
        for bound, count in zip(self.bounds, self.counts, strict=False):
            if count >= rank:
                return lower + (bound - lower) * rank / count
            rank -= count
            lower = bound
        return lower


class Stats:
    """What happened since the start, and how things stand."""

    def __init__(self) -> None:
        self.turns: Counter[tuple[str, str, str]] = Counter()
        """Turns by kind, hook and result: ``returned``, ``raised``, ``timeout`` or ``undone``."""
        self.turn_seconds = Histogram()
        self.commit_seconds = Histogram()
        """From the end of the first turn of a batch to the batch's being durable."""
        self.journal_syncs = 0
        self.journal_records = 0
        self.rehydrations = 0
        """How often a room with connections was rebuilt from its file."""
        self.evictions = 0
        self.awake = 0
        self.hibernating = 0
        """Rooms with connections and no isolate."""
        self.mailbox_messages = 0
        """Mail that waits now."""
