"""Puts rooms to sleep that have been quiet for a while, the longest-quiet first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.environment import Environment


class Hibernation:
    """The quiet rooms, in the order in which they fell quiet. One task for all: an active room costs a dict entry."""

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._quiet_since: dict[Actor, float] = {}
        self._more = trio.Event()
        self._fell_quiet = trio.Event()

    def quiet(self, actor: Actor) -> None:
        """The room has nothing to do from now on."""
        self._quiet_since.pop(actor, None)
        self._quiet_since[actor] = trio.current_time()
        if len(self._quiet_since) == 1:
            self._more.set()
        self._fell_quiet.set()

    def busy(self, actor: Actor) -> None:
        """It has again."""
        self._quiet_since.pop(actor, None)

    def hibernate(self, actor: Actor) -> bool:
        """Put ``actor`` to sleep now. ``False``: it is not quiet."""
        self._quiet_since.pop(actor, None)
        return actor.hibernate()

    async def hibernate_all(self) -> None:
        """Hibernate every room as it falls quiet, until none is awake."""
        while self._env.stats.awake:
            for actor in list(self._quiet_since):
                self.hibernate(actor)
            if self._env.stats.awake:
                self._fell_quiet = trio.Event()
                await self._fell_quiet.wait()

    def make_space(self) -> None:
        """A room is about to wake: if too many are awake, the longest-quiet one goes."""
        if self._env.stats.awake >= self._env.settings.awake_rooms_max:
            for actor in self._quiet_since:
                self.hibernate(actor)
                return

    async def run(self) -> None:
        """Hibernate rooms as they are due, until cancelled."""
        while True:
            if not self._quiet_since:
                self._more = trio.Event()
                await self._more.wait()
            for actor, since in self._quiet_since.items():
                due = since + self._env.settings.idle_seconds
                if due <= trio.current_time():
                    if actor.derive():
                        self.busy(actor)  # it is quiet again when that is done
                    else:
                        self.hibernate(actor)
                else:
                    await trio.sleep_until(due)
                break
