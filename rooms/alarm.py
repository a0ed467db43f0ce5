"""What a room's alarm tells its hook, and when a failed one comes again. Pure."""

from __future__ import annotations

import random

import msgspec

ALARM_RETRIES_MAX = 6
FIRST_RETRY_SECONDS = 2.0
JITTER_MAX = 0.25


class Alarm(msgspec.Struct, frozen=True):
    """The alarm that is due: when it was set for (Unix milliseconds) and how often its hook raised before."""

    scheduled_ms: int
    retry_count: int = 0

    @property
    def is_retry(self) -> bool:
        """Whether the hook ran for this alarm before."""
        return self.retry_count > 0


def retry_delay_ms(failed: int, random: random.Random) -> int | None:
    """How long to wait after the ``failed``-th try: 2·2ⁿ s and up to a quarter more; ``None`` after six retries.

    Durable Objects, "alarms": at least once, six retries, exponential from two seconds.
    """
    if failed > ALARM_RETRIES_MAX:
        return None
    seconds = FIRST_RETRY_SECONDS * 2.0 ** (failed - 1)
    return round(seconds * (1 + JITTER_MAX * random.random()) * 1_000)
