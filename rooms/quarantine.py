"""Which rooms fail too often, and until when they are left alone. Pure."""

from __future__ import annotations

from collections import deque

from rooms.settings import RuntimeSettings
from storage import RoomKey

REMEMBERED_ROOMS_MAX = 10_000


class Quarantine:
    """Counts the failed turns of rooms; times are seconds on the caller's clock."""

    def __init__(self, settings: RuntimeSettings) -> None:
        self._settings = settings
        self._failures: dict[RoomKey, _Failures] = {}

    def failed(self, key: RoomKey, now: float) -> float | None:
        """Note a failed turn. The time until which the room is quarantined from now on, if this was one too many."""
        failures = self._failures.get(key)
        if failures is None:
            failures = self._failures[key] = _Failures()
            self._forget_old()
        return failures.add(now, self._settings)

    def until(self, key: RoomKey, now: float) -> float | None:
        """The end of the room's quarantine, if it is in one."""
        failures = self._failures.get(key)
        return failures.until if failures is not None and failures.until > now else None

    def keys(self, now: float) -> list[RoomKey]:
        """The rooms that are in one."""
        return [key for key, failures in self._failures.items() if failures.until > now]

    def _forget_old(self) -> None:
        if len(self._failures) > REMEMBERED_ROOMS_MAX:
            del self._failures[next(iter(self._failures))]


class _Failures:
    __slots__ = ("times", "until", "level")  # noqa: RUF023  (in the order of their lives)

    def __init__(self) -> None:
        self.times: deque[float] = deque()
        self.until = float("-inf")
        self.level = 0

    def add(self, now: float, settings: RuntimeSettings) -> float | None:
        self.times.append(now)
        while self.times[0] < now - settings.failed_turns_seconds:
            self.times.popleft()
        if len(self.times) < settings.failed_turns_max:
            return None
        self.times.clear()
        if now > self.until + settings.quarantine_seconds_max:
            self.level = 0
        self.until = now + min(settings.quarantine_seconds * 2**self.level, settings.quarantine_seconds_max)
        self.level = min(self.level + 1, 32)
        return self.until
