"""Lets the derived tables of rooms follow their turns, a little later and in turns of their own."""

from __future__ import annotations

import math
from itertools import islice
from time import thread_time
from typing import TYPE_CHECKING, Any, ClassVar

import trio

from rooms.mail import Mail
from rooms.refusal import Refusal

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.environment import Environment
    from rooms.turn import Turn

PAUSE = 4
"""For each second of the processor that deriving took, the rest of the process gets so many, if it has use for them."""
DEBT_SECONDS = 0.005
"""A smaller debt is not worth a pause."""
QUIET_SECONDS = 0.001
"""A pass of the loop that takes less leaves time over."""
AT_ONCE = 8
"""So many rooms derive in one pass of the loop."""
FAILED_SECONDS = 60.0
"""When a hook that raised is tried again."""


class Derive(Mail):
    """Derived tables are behind."""

    hook: ClassVar[str] = "on_derive"
    always_fits: ClassVar[bool] = True
    retries_itself: ClassVar[bool] = True
    started: float = 0.0

    def start(self, actor: Actor, turn: Turn) -> Any:
        self.started = thread_time()
        return actor.room.on_derive() if actor.file.is_behind else None

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        seconds = thread_time() - self.started
        if value is True:
            actor.env.later(PAUSE * seconds, actor.env.deriving.derive, actor)
        else:
            actor.file.followed()
        actor.env.deriving.spent(seconds)

    def raised(self, actor: Actor, error: BaseException, refusal: Refusal) -> None:
        actor.gave_up_deriving()
        actor.env.deriving.failed(actor)

    def undone(self, actor: Actor, refusal: Refusal) -> None:
        actor.gave_up_deriving()


class Deriving:
    """Rooms whose derived tables may be behind, the longest first. One task for all; a room that sleeps is let sleep."""

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._due: dict[Actor, float] = {}
        self._failed: set[Actor] = set()
        self._debt_seconds = 0.0
        self._more = trio.Event()

    def soon(self, actor: Actor) -> None:
        """The room wrote, or woke. Until its tables follow, this changes nothing."""
        if actor not in self._due and actor not in self._failed:
            self._due[actor] = trio.current_time() + self._env.settings.derive_seconds
            if len(self._due) == 1:
                self._more.set()

    def before_sleep(self, actor: Actor) -> bool:
        """Let a room that is about to hibernate follow first: at once, unless it waits here for others that were due before it. ``False``:
        there is nothing to follow."""
        if self._due.get(actor, math.inf) <= trio.current_time():
            return actor.is_behind
        return self.derive(actor)

    def derive(self, actor: Actor) -> bool:
        """Let the derived tables follow if they are behind, in a turn of its own. Whether there will be one."""
        if not actor.is_behind:
            return False
        actor.post(Derive())
        return True

    def spent(self, seconds: float) -> None:
        """A hook took the processor for so long."""
        self._debt_seconds += PAUSE * seconds

    def failed(self, actor: Actor) -> None:
        """Its hook raised: leave it alone for a while."""
        if actor not in self._failed:
            self._failed.add(actor)
            self._env.later(FAILED_SECONDS, self._try_again, actor)

    async def run(self) -> None:
        """Let rooms derive as they are due, until cancelled."""
        while True:
            if not self._due:
                self._more = trio.Event()
                await self._more.wait()
            await trio.sleep_until(next(iter(self._due.values())))
            asked = [actor for actor in self._take_due() if self.derive(actor)]
            if asked:
                await self._pause()

    def _take_due(self) -> list[Actor]:
        now = trio.current_time()
        actors = [actor for actor, due in islice(self._due.items(), AT_ONCE) if due <= now]
        for actor in actors:
            del self._due[actor]
        return actors

    async def _pause(self) -> None:
        """Let those that were asked derive, in two passes of the loop; then everybody else go on, if there is anything to do."""
        for _ in range(2):
            await trio.lowlevel.checkpoint()
        if self._debt_seconds > DEBT_SECONDS:
            debt_seconds, self._debt_seconds = self._debt_seconds, 0.0
            began = thread_time()
            await trio.lowlevel.checkpoint()
            if thread_time() - began > QUIET_SECONDS:
                await trio.sleep(debt_seconds)

    def _try_again(self, actor: Actor) -> None:
        self._failed.discard(actor)
        self.soon(actor)
