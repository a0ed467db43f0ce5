"""The room's one alarm, set in its turns."""

from __future__ import annotations

import math
from datetime import datetime

from storage.errors import AlarmRefused
from storage.record import Alarm
from storage.schema import SET_ALARM
from storage.turns import Turns

_ALARM_MS_MAX = 253_402_300_799_999
"""The end of the year 9999."""


class RoomAlarm:
    """When ``on_alarm`` is due. ``now`` is what the turns so far have made of it; it is written with them.

    While ``on_alarm`` runs (``starts`` to ``ends``) the alarm that it runs for is hidden, but not yet cleared: that is
    part of the hook's last turn, so a hook that raised or was cut short runs again.
    """

    __slots__ = ("_before", "_hidden", "_turns", "changed", "now")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._hidden = False
        self._before: Alarm | None = None
        self.now: Alarm | None = None
        self.changed = False
        """Whether the turn changed it."""

    @property
    def visible_ms(self) -> int | None:
        """What the author is told: None while the alarm's own hook runs."""
        return None if self.now is None or self._hidden else self.now.at_ms

    def set(self, at: int | float | datetime) -> None:
        """Replace the alarm. Raises ``AlarmRefused``."""
        at_ms = alarm_ms(at)
        self._write(Alarm(at_ms, 0, at_ms))
        self._hidden = False

    def delete(self) -> None:
        """There is no alarm; one that is running is not stopped."""
        if self.now is not None:
            self._write(None)

    def starts(self) -> None:
        """``on_alarm`` is about to run for the alarm that is set."""
        self._hidden = True

    def ends(self) -> None:
        """``on_alarm`` returned: its alarm is cleared with this turn, unless the hook set another."""
        if self._hidden:
            self.delete()
        self._hidden = False

    def postpone(self, at_ms: int) -> None:
        """``on_alarm`` failed: try again at ``at_ms``; the count of tries grows by one. A turn of its own."""
        if self.now is not None:
            self._write(Alarm(at_ms, self.now.tries + 1, self.now.scheduled_ms))
        self._hidden = False

    def keep(self) -> None:
        """The turn ended well."""
        self._before = self.now
        self.changed = False

    def rollback(self) -> None:
        """The turn raised."""
        self.now = self._before
        self.changed = self._hidden = False

    def restore(self, alarm: Alarm | None) -> None:
        """The file was opened or went back."""
        self.now = self._before = alarm
        self.changed = self._hidden = False

    def _write(self, alarm: Alarm | None) -> None:
        self._turns.write(SET_ALARM, *(alarm or (None, None, None)))
        self.now = alarm
        self.changed = True


def alarm_ms(at: int | float | datetime) -> int:
    """Unix milliseconds of ``at``. Raises ``AlarmRefused`` if no alarm can be set to it."""
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise AlarmRefused("an alarm's datetime needs a time zone")
        at = at.timestamp() * 1000
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise AlarmRefused(f"an alarm is set to Unix milliseconds or a datetime, not a {type(at).__name__}")
    if not math.isfinite(at) or not 0 < at <= _ALARM_MS_MAX:
        raise AlarmRefused(f"an alarm cannot be set to {at}")
    return math.ceil(at)
