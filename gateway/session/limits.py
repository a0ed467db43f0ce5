"""Who may do how much how often: token buckets by user and by address. Pure.

A bucket belongs to a key, not to a socket, so reconnecting or hibernating gains nothing. A full bucket need not be
remembered; the table of the others is bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

KEYS_MAX = 200_000
"""Most keys a table remembers; beyond it the longest known are forgotten (their buckets are full again)."""

ABUSE_FACTOR = 5
ABUSE_SECONDS = 10
"""A key that asks five times as often as it may for ten seconds on end is abusive."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``per_second`` on average, up to ``burst`` at once."""

    per_second: float
    burst: int

    def __str__(self) -> str:
        """As settings write it: ``20/60``."""
        return f"{self.per_second:g}/{self.burst}"


MESSAGES = Rate(20, 60)
JOINS = Rate(10, 200)
UPGRADES_OF_USER = Rate(5, 50)
UPGRADES_OF_ADDRESS = Rate(50, 500)
DEVICE_FRAMES = Rate(240, 480)
"""Unless the settings say otherwise."""


class _Bucket:
    __slots__ = ("abused_seconds", "level", "refused", "second", "stamp")

    def __init__(self, level: float, stamp: float) -> None:
        self.level = level
        self.stamp = stamp
        self.second = 0  # the second in which ``refused`` were refused, after ``abused_seconds`` such seconds in a row
        self.refused = 0
        self.abused_seconds = 0


class Buckets:
    """The buckets of one rate. ``now`` gives seconds of a steady clock."""

    __slots__ = ("_buckets", "_keys_max", "_now", "rate")

    def __init__(self, rate: Rate, now: Callable[[], float], keys_max: int = KEYS_MAX) -> None:
        self.rate = rate
        self._now = now
        self._keys_max = keys_max
        self._buckets: dict[str, _Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str) -> int | None:
        """Take one of ``key``. ``None`` if there was one; otherwise in how many milliseconds (at least 1) there is one again."""
        now = self._now()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._new(key, now)
        level = bucket.level + (now - bucket.stamp) * self.rate.per_second
        if level > self.rate.burst:
            level = float(self.rate.burst)
        bucket.stamp = now
        if level >= 1.0:
            bucket.level = level - 1.0
            return None
        bucket.level = level
        self._count_refused(bucket, int(now))
        return max(1, int((1.0 - level) / self.rate.per_second * 1000) + 1)

    def give_back(self, key: str) -> None:
        """What was taken last did not count after all."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.level = min(bucket.level + 1.0, float(self.rate.burst))

    def forget(self, key: str) -> None:
        """Nothing that ``key`` took counts: its bucket is full again."""
        self._buckets.pop(key, None)

    def is_abusive(self, key: str) -> bool:
        """Whether ``key`` has asked five times over its rate for ten seconds on end. Ask after a refused ``take``."""
        bucket = self._buckets.get(key)
        return bucket is not None and bucket.abused_seconds >= ABUSE_SECONDS

    def _count_refused(self, bucket: _Bucket, second: int) -> None:
        """Five times over the rate is as much as four times the rate refused."""
        if second != bucket.second:
            abused = second == bucket.second + 1 and bucket.refused >= (ABUSE_FACTOR - 1) * self.rate.per_second
            bucket.abused_seconds = bucket.abused_seconds + 1 if abused else 0
            bucket.second = second
            bucket.refused = 0
        bucket.refused += 1

    def _new(self, key: str, now: float) -> _Bucket:
        if len(self._buckets) >= self._keys_max:
            self._forget_some(now)
        bucket = self._buckets[key] = _Bucket(float(self.rate.burst), now)
        return bucket

    def _forget_some(self, now: float) -> None:
        """Forget every bucket that is full again; if none is, the eighth that was made first."""
        refill_seconds = self.rate.burst / self.rate.per_second
        for key in [key for key, bucket in self._buckets.items() if now - bucket.stamp >= refill_seconds]:
            del self._buckets[key]
        if len(self._buckets) >= self._keys_max:
            for key in list(self._buckets)[: max(1, self._keys_max // 8)]:
                del self._buckets[key]


class Limits:
    """Every rate limit of the gateway. Switched off (``RATE_LIMITS=off``), nothing is ever refused."""

    __slots__ = ("device_frames", "joins", "messages", "switched_on", "upgrades_of_address", "upgrades_of_user")

    def __init__(
        self,
        now: Callable[[], float],
        *,
        switched_on: bool = True,
        messages: Rate = MESSAGES,
        joins: Rate = JOINS,
        upgrades_of_user: Rate = UPGRADES_OF_USER,
        upgrades_of_address: Rate = UPGRADES_OF_ADDRESS,
        device_frames: Rate = DEVICE_FRAMES,
    ) -> None:
        self.switched_on = switched_on
        self.messages = Buckets(messages, now)
        self.joins = Buckets(joins, now)
        self.upgrades_of_user = Buckets(upgrades_of_user, now)
        self.upgrades_of_address = Buckets(upgrades_of_address, now)
        self.device_frames = Buckets(device_frames, now)
