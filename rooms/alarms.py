"""Wakes rooms whose alarm is due: at least once each, and again after a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import trio

from rooms.alarm import Alarm, retry_delay_ms
from rooms.effects import Act
from rooms.mail import Mail
from rooms.refusal import Refusal
from storage import RoomKey

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.environment import Environment
    from rooms.turn import Turn

DUE_AT_ONCE = 100
SLEEP_SECONDS_MAX = 60.0
"""The date is asked for at least so often: it may jump."""
POSTPONED_SECONDS = 2.0
POSTPONED_SECONDS_MAX = 1_024.0
EVER_MS = 2**62


class Alarms:
    """One task for all alarms. The index of due times is the host's; here is only what is on its way."""

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._changed = trio.Event()
        self._mailed: set[RoomKey] = set()
        self._postponed: dict[RoomKey, int] = {}

    def changed(self) -> None:
        """An alarm was set, moved, cleared or settled."""
        self._changed.set()

    def settled(self, key: RoomKey) -> None:
        """The due alarm of ``key`` was taken care of, durably."""
        self._postponed.pop(key, None)
        self._mailed.discard(key)
        self.changed()

    def postponed(self, key: RoomKey) -> None:
        """The alarm could not be tried, through no fault of the room: try again later, ever more seldom."""
        times = self._postponed[key] = min(self._postponed.get(key, -1) + 1, 10)
        self._env.later(min(POSTPONED_SECONDS * 2**times, POSTPONED_SECONDS_MAX), self._try_again, key)

    async def run(self) -> None:
        """Mail alarms as they are due, until cancelled."""
        while True:
            self._changed = trio.Event()
            seconds = self._mail_due()
            with trio.move_on_after(seconds):
                await self._changed.wait()

    def _try_again(self, key: RoomKey) -> None:
        self._mailed.discard(key)
        self.changed()

    def _mail_due(self) -> float:
        """Mail what is due; how long until there is more."""
        env = self._env
        now_ms = env.clock.now_ms()
        limit = len(self._mailed) + DUE_AT_ONCE
        alarms = env.folder.host.due(EVER_MS, limit)
        for key, at_ms in alarms:
            if key in self._mailed:
                continue
            if at_ms > now_ms:
                return min((at_ms - now_ms) / 1_000, SLEEP_SECONDS_MAX)
            self._mailed.add(key)
            if key.kind in env.kinds:
                env.post(key, AlarmDue(self, key))
        return 0 if len(alarms) == limit else SLEEP_SECONDS_MAX


class AlarmDue(Mail):
    """The room's alarm is due."""

    hook: ClassVar[str] = "on_alarm"
    always_fits: ClassVar[bool] = True
    retries_itself: ClassVar[bool] = True
    alarms: Alarms
    key: RoomKey
    scheduled_ms: int | None = None

    def start(self, actor: Actor, turn: Turn) -> Any:
        alarm = actor.file.alarm.now
        if alarm is None or alarm.at_ms > turn.now_ms:
            return None
        self.scheduled_ms = alarm.scheduled_ms
        actor.file.alarm.starts()
        return actor.room.on_alarm(Alarm(alarm.scheduled_ms, alarm.tries))

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        if self.scheduled_ms is not None:
            actor.file.alarm.ends()
        turn.effects.append(Act(self.alarms.settled, (self.key,)))

    def refused(self, refusal: Refusal) -> None:
        self.alarms.postponed(self.key)

    def raised(self, actor: Actor, error: BaseException, refusal: Refusal) -> None:
        if self.scheduled_ms is None:
            self.alarms.postponed(self.key)  # it did not come to that: on_start raised
        else:
            actor.post(AlarmRetry(self.alarms, self.key, self.scheduled_ms))


class AlarmRetry(Mail):
    """The alarm's hook raised: count that, and set the time of the next try, or give up."""

    hook: ClassVar[str] = "alarm_retry"
    always_fits: ClassVar[bool] = True
    needs_room: ClassVar[bool] = False
    alarms: Alarms
    key: RoomKey
    scheduled_ms: int

    def start(self, actor: Actor, turn: Turn) -> Any:
        alarm = actor.file.alarm.now
        if alarm is None or alarm.scheduled_ms != self.scheduled_ms:
            return
        delay_ms = retry_delay_ms(alarm.tries + 1, actor.env.random)
        if delay_ms is None:
            actor.env.log.error("alarm_given_up", room=str(self.key), tries=alarm.tries + 1)
            actor.file.alarm.delete()
        else:
            actor.file.alarm.postpone(turn.now_ms + delay_ms)

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        turn.effects.append(Act(self.alarms.settled, (self.key,)))

    def refused(self, refusal: Refusal) -> None:
        self.alarms.postponed(self.key)
