"""Lets the derived tables of rooms follow their turns, a little later and in turns of their own."""

from __future__ import annotations

import math
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

import trio

from rooms.mail import Mail
from rooms.refusal import Refusal

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.environment import Environment
    from rooms.turn import Turn

PAUSE = 4
"""For each second that deriving took, the rest of the process gets so many, if it has use for them."""
DEBT_SECONDS = 0.005
"""Less time than this is not worth a pause."""
QUIET_SECONDS = 0.001
"""A pass of the loop that takes less leaves time over."""
AT_ONCE = 8
"""So many rooms are asked before the first has to be done: what that took is known only then."""
ASKED_SECONDS = 0.05
"""How long that is waited for: rooms that are busy with something else hold up no other."""
FAILED_SECONDS = 60.0
"""When a hook that raised is tried again."""


class Derive(Mail):
    """Derived tables are behind."""

    hook: ClassVar[str] = "on_derive"
    always_fits: ClassVar[bool] = True
    retries_itself: ClassVar[bool] = True
    started: float = 0.0

    def start(self, actor: Actor, turn: Turn) -> Any:
        self.started = perf_counter()
        return actor.room.on_derive() if actor.file.is_behind else None

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        seconds = perf_counter() - self.started
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
        self._asked = 0
        self._over = trio.Event()

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
        """A hook took so long."""
        self._debt_seconds += PAUSE * seconds
        self._turn_over()

    def failed(self, actor: Actor) -> None:
        """Its hook raised: leave it alone for a while."""
        self._turn_over()
        if actor not in self._failed:
            self._failed.add(actor)
            self._env.later(FAILED_SECONDS, self._try_again, actor)

    async def run(self) -> None:
        """Let rooms derive as they are due, until cancelled."""
        while True:
            if not self._due:
                self._more = trio.Event()
                await self._more.wait()
            actor, due = next(iter(self._due.items()))
            if due > trio.current_time():
                await trio.sleep_until(due)
            del self._due[actor]
            if self.derive(actor):
                self._asked += 1
                await self._pause()

    async def _pause(self) -> None:
        if self._asked >= AT_ONCE:
            self._over = trio.Event()
            with trio.move_on_after(ASKED_SECONDS) as waiting:
                await self._over.wait()
            if waiting.cancelled_caught:
                self._asked = 0
        if self._debt_seconds > DEBT_SECONDS:
            debt_seconds = self._debt_seconds
            is_owed = await self._others_take() > QUIET_SECONDS
            self._debt_seconds = 0.0
            if is_owed:
                await trio.sleep(debt_seconds)

    async def _others_take(self) -> float:
        """How long a pass of the loop takes, without what derives in it."""
        began, debt_seconds = perf_counter(), self._debt_seconds
        await trio.lowlevel.checkpoint()
        return perf_counter() - began - (self._debt_seconds - debt_seconds) / PAUSE

    def _turn_over(self) -> None:
        self._asked = max(0, self._asked - 1)
        self._over.set()

    def _try_again(self, actor: Actor) -> None:
        self._failed.discard(actor)
        self.soon(actor)
