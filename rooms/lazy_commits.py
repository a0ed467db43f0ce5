"""Closes the SQLite transactions that rooms keep open behind the journal, a tenth of a second later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.environment import Environment

AGAIN_SECONDS = 1.0


class LazyCommits:
    """Rooms with an open transaction, the oldest first."""

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._dirty: dict[Actor, float] = {}
        self._more = trio.Event()

    def dirty(self, actor: Actor) -> None:
        """The room wrote. It commits soon; until then this changes nothing."""
        if actor not in self._dirty:
            self._dirty[actor] = trio.current_time() + self._env.settings.commit_seconds
            if len(self._dirty) == 1:
                self._more.set()

    def clean(self, actor: Actor) -> None:
        """The room committed by itself."""
        self._dirty.pop(actor, None)

    async def run(self) -> None:
        """Commit rooms as they are due, until cancelled."""
        while True:
            if not self._dirty:
                await self._rest()
            await self._wait_for_first()
            self._commit_due()

    async def _rest(self) -> None:
        """Wait until a room is dirty; as long as the host has no space to commit, ask it again now and then."""
        self._more = trio.Event()
        while not (self._more.is_set() or self._env.folder.host.commit()):
            with trio.move_on_after(AGAIN_SECONDS):
                await self._more.wait()
        await self._more.wait()

    async def _wait_for_first(self) -> None:
        for due in self._dirty.values():
            await trio.sleep_until(due)
            return

    def _commit_due(self) -> None:
        now = trio.current_time()
        due = [actor for actor, time in self._dirty.items() if time <= now]
        for actor in due:
            del self._dirty[actor]
        for actor in due:
            actor.commit_lazily()
            if actor.kind.derives:
                self._env.deriving.soon(actor)
        self._env.folder.host.commit()
