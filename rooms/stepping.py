"""Gives rooms that have mail their turns, in one task for all.

A hook without an ``await`` need not run in its room's own task, and most hooks are like that. To wake that task for one turn, and to park
it again, takes trio longer than many a hook; so it is woken only for a hook that may have to wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from rooms.actor import Actor


class Stepping:
    """Rooms that have mail while their task is parked, each once, in the order in which they got it."""

    def __init__(self) -> None:
        self._ready: list[Actor] = []
        self._more = trio.Event()

    def soon(self, actor: Actor) -> None:
        """Let it ``step`` in the next pass of the loop. It is not here yet."""
        if not self._ready:
            self._more.set()
        self._ready.append(actor)

    async def run(self) -> None:
        """Let rooms step, until cancelled."""
        while True:
            if not self._ready:
                self._more = trio.Event()
                await self._more.wait()
            ready, self._ready = self._ready, []
            for actor in ready:
                actor.step()
            await trio.lowlevel.checkpoint()
