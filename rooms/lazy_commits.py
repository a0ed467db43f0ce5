"""Closes the SQLite transactions that rooms keep open behind the journal, a tenth of a second later; of very many rooms, in turn."""

from __future__ import annotations

import math
from time import perf_counter
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.environment import Environment

AGAIN_SECONDS = 1.0

COMMIT_SHARE = 0.03
"""Of the loop's time, what commits may take. A commit costs 0.1 ms however many turns are in it: ten a second of each of 200
busy rooms took a fifth of the time; so rooms that are many wait longer, up to ``commit_late_seconds``."""

COMMIT_STRETCH_SECONDS = 0.002
"""How long commits go on before other tasks run."""


class LazyCommits:
    """Rooms with an open transaction, the oldest first."""

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._dirty: dict[Actor, float] = {}
        self._more = trio.Event()
        self._spent_seconds = 0.0

    def dirty(self, actor: Actor) -> None:
        """The room wrote. It commits soon; until then this changes nothing."""
        if actor not in self._dirty:
            self._dirty[actor] = trio.current_time() + self._env.settings.commit_seconds
            if actor.kind.derives:
                self._env.deriving.soon(actor)
            if len(self._dirty) == 1:
                self._more.set()

    def spent(self, seconds: float) -> None:
        """A commit took so long: one that was due here, or one that a busy room caught up with."""
        self._spent_seconds += seconds

    def clean(self, actor: Actor) -> None:
        """The room committed by itself."""
        self._dirty.pop(actor, None)

    def host_changed(self) -> None:
        """The host took note of records. It commits with the next rooms; if there are none, at once."""
        if not self._dirty:
            self._more.set()

    async def run(self) -> None:
        """Commit rooms as they are due, until cancelled."""
        while True:
            if not self._dirty:
                await self._rest()
            await self._wait_for_first()
            self._commit_due()
            seconds, self._spent_seconds = self._spent_seconds, 0.0
            await trio.sleep(0 if self._is_late() else min(seconds / COMMIT_SHARE, self._env.settings.commit_seconds))

    async def _rest(self) -> None:
        """Wait until a room is dirty. Meanwhile the host commits what it has; as long as it has no space for that, now and then."""
        while not self._dirty:
            self._more = trio.Event()
            with trio.move_on_after(math.inf if self._env.folder.host.commit() else AGAIN_SECONDS):
                await self._more.wait()

    async def _wait_for_first(self) -> None:
        for due in self._dirty.values():
            await trio.sleep_until(due)
            return

    def _commit_due(self) -> None:
        """Commit rooms that are due, for a stretch."""
        began, now = perf_counter(), trio.current_time()
        while self._dirty and perf_counter() - began < COMMIT_STRETCH_SECONDS:
            actor, due = next(iter(self._dirty.items()))
            if due > now:
                break
            del self._dirty[actor]
            actor.commit_lazily()
        self._env.folder.host.commit()

    def _is_late(self) -> bool:
        for due in self._dirty.values():
            return trio.current_time() - due > self._env.settings.commit_late_seconds
        return False
