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
        return actor.room.on_derive() if actor.file.turns_behind else None

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        seconds = thread_time() - self.started
        if value is True:
            actor.env.later(PAUSE * seconds, actor.env.deriving.go_on, actor)
        else:
            actor.file.followed()
        actor.env.deriving.spent(seconds)

    def raised(self, actor: Actor, error: BaseException, refusal: Refusal) -> None:
        self._give_up(actor)
        actor.env.deriving.failed(actor)

    def undone(self, actor: Actor, refusal: Refusal) -> None:
        self._give_up(actor)

    def _give_up(self, actor: Actor) -> None:
        """Not again before there is a reason to."""
        if actor.open_file is not None:
            actor.open_file.followed()


class Deriving:
    """Rooms whose derived tables may be behind: those in which many turns wait, then those in which some wait long. One task for all.

    To derive costs nearly the same for one turn as for fifty, so few are let wait for more. A room that sleeps is let sleep.
    """

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._ready: dict[Actor, bool] = {}
        """Those that are due now, and whether they sleep when they have followed."""
        self._due: dict[Actor, float] = {}
        self._failed: set[Actor] = set()
        self._debt_seconds = 0.0
        self._more = trio.Event()

    def soon(self, actor: Actor) -> None:
        """The room wrote, or woke."""
        if actor in self._failed or actor in self._ready:
            return
        if self._turns_behind(actor) >= self._env.settings.derive_turns:
            self._due.pop(actor, None)
            self._ready[actor] = False
            self._more.set()
        elif actor not in self._due:
            self._due[actor] = trio.current_time() + self._env.settings.derive_seconds
            if len(self._due) == 1:
                self._more.set()

    def before_sleep(self, actor: Actor) -> bool:
        """Let a room that is due to hibernate follow first, after others that are due, and then hibernate. ``False``: there is nothing
        to follow."""
        if not self._turns_behind(actor) or actor in self._failed:
            return False
        self._due.pop(actor, None)
        self._ready[actor] = True
        self._more.set()
        return True

    def go_on(self, actor: Actor) -> None:
        """There was more to follow than one turn does."""
        self._ready.setdefault(actor, False)
        self._more.set()

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
            if not self._ready:
                await self._wait()
            for actor, sleeps in self._take_due():
                self._derive(actor)
                if sleeps and not self._turns_behind(actor):
                    self._env.hibernation.look_again(actor)
            await self._pause()

    def _turns_behind(self, actor: Actor) -> int:
        """How many turns the room's tables have to follow, and can."""
        file = actor.open_file
        return 0 if file is None or self._env.is_stopping else file.turns_behind

    async def _wait(self) -> None:
        """Until the first room is due, or so many turns wait in one that it need not be."""
        self._more = trio.Event()
        with trio.move_on_at(next(iter(self._due.values()), math.inf)):
            await self._more.wait()

    def _take_due(self) -> list[tuple[Actor, bool]]:
        now = trio.current_time()
        taken = list(islice(self._ready.items(), AT_ONCE))
        taken += [(actor, False) for actor, due in islice(self._due.items(), AT_ONCE - len(taken)) if due <= now]
        for actor, _ in taken:
            self._ready.pop(actor, None)
            self._due.pop(actor, None)
        return taken

    def _derive(self, actor: Actor) -> None:
        """Let the derived tables follow if they are behind, in a turn of its own."""
        if self._turns_behind(actor):
            mail = Derive()
            if not actor.step_apart(mail):
                actor.post(mail)

    async def _pause(self) -> None:
        """Let everybody else go on, and for longer if there is anything to do."""
        began = thread_time()
        await trio.lowlevel.checkpoint()
        if self._debt_seconds > DEBT_SECONDS:
            debt_seconds, self._debt_seconds = self._debt_seconds, 0.0
            if thread_time() - began > QUIET_SECONDS:
                await trio.sleep(debt_seconds)

    def _try_again(self, actor: Actor) -> None:
        self._failed.discard(actor)
        self.soon(actor)
