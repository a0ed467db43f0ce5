"""Puts rooms to sleep that have been quiet for a while, the longest-quiet first."""

from __future__ import annotations

import math
from heapq import heappop, heappush
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING

import trio

from rooms.lifecycle import State

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.environment import Environment

STRETCH_SECONDS = 0.005
"""How long rooms are put to sleep before other tasks run. Too short, and a flood of new ones is faster: they are all awake at once."""


class Hibernation:
    """The awake rooms, by the moment at which each may hibernate if nothing happens in it until then.

    An active room only notes when something last happened in it; its place here is looked at, and put right, once in
    ``idle_seconds``.
    """

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._by_due: list[tuple[float, int, Actor]] = []
        self._watched: set[Actor] = set()
        self._number = count()
        self._more = trio.Event()
        self._fell_quiet = trio.Event()

    def woke(self, actor: Actor) -> None:
        """Watch the room until it is found asleep."""
        if actor not in self._watched:
            self._watched.add(actor)
            self._put(actor)
            if self._by_due[0][2] is actor:
                self._more.set()

    def look_again(self, actor: Actor) -> None:
        """What had to be done before a room sleeps is done: if nothing happened in it meanwhile, it sleeps."""
        if actor.state is State.AWAKE and self._due(actor) <= trio.current_time():
            actor.hibernate()

    def fell_quiet(self) -> None:
        """A room has nothing to do any more, and the runtime waits for that."""
        self._fell_quiet.set()

    async def hibernate_all(self) -> None:
        """Hibernate every room as it falls quiet, until none is awake."""
        while self._env.stats.awake:
            self._fell_quiet = trio.Event()
            for actor in list(self._watched):
                actor.hibernate()
            if self._env.stats.awake:
                await self._fell_quiet.wait()

    def make_space(self) -> None:
        """A room is about to begin: if too many are awake, the longest-quiet one goes."""
        if self._env.stats.awake - len(self._env.waking) <= self._env.settings.awake_rooms_max:
            return
        for _ in range(len(self._by_due)):
            due, _, actor = heappop(self._by_due)
            if self._look_at(actor, due):
                return

    async def run(self) -> None:
        """Hibernate rooms as they are due, until cancelled."""
        end = 0.0
        while True:
            if not self._by_due or self._by_due[0][0] > trio.current_time():
                await self._wait()
                end = perf_counter() + STRETCH_SECONDS
                continue
            due, _, actor = heappop(self._by_due)
            if self._due(actor) <= due and self._env.deriving.before_sleep(actor):
                self._put(actor)
            else:
                self._look_at(actor, due)
            if perf_counter() > end:
                await trio.lowlevel.checkpoint()
                end = perf_counter() + STRETCH_SECONDS

    async def _wait(self) -> None:
        """Until the first room is due, or another one is due before it."""
        self._more = trio.Event()
        with trio.move_on_at(self._by_due[0][0] if self._by_due else math.inf):
            await self._more.wait()

    def _look_at(self, actor: Actor, due: float) -> bool:
        """Hibernate a room unless something happened since it was given ``due``. ``False``: its place is put right instead."""
        if actor.state is State.AWAKE and (self._due(actor) > due or not actor.hibernate()):
            self._put(actor)
            return False
        self._watched.discard(actor)
        return True

    def _put(self, actor: Actor) -> None:
        now = trio.current_time()
        due = self._due(actor)
        if due <= now:  # not quiet for another reason than mail: it is looked at again later
            due = now + self._idle_seconds(actor)
        heappush(self._by_due, (due, next(self._number), actor))

    def _due(self, actor: Actor) -> float:
        return actor.active_at + self._idle_seconds(actor)

    def _idle_seconds(self, actor: Actor) -> float:
        settings = self._env.settings
        if self._env.stats.awake > settings.light_rooms_max and actor.is_light:
            return min(settings.light_idle_seconds, settings.idle_seconds)
        return settings.idle_seconds
