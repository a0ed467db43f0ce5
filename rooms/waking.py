"""Lets rooms that wake begin a few at a time.

A file is opened in a millisecond, made in two. A room that woke while the loop does other things begins in the next pass; ten thousand
that did, after a restart or a break in the network, would all begin in that one, and for half a minute nothing else would be done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from rooms.environment import Environment

Live = Callable[[], Awaitable[None]]

AT_ONCE = 4
"""So many a pass of the loop; then everybody else has a turn."""


class Waking:
    """Rooms that have mail and have not begun, the longest waiting first. A room waits once, however much mail it has."""

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._waiting: deque[Live] = deque()
        self._left = AT_ONCE
        self._more = trio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, live: Live) -> None:
        """Have a room's task started: in the next pass, if there is room in it."""
        if self._left:
            self._start(live)
        else:
            self._waiting.append(live)
        self._more.set()

    async def run(self) -> None:
        """Start those that wait, until cancelled."""
        while True:
            if self._left == AT_ONCE:
                self._more = trio.Event()
                await self._more.wait()
            await trio.lowlevel.checkpoint()
            self._left = AT_ONCE
            while self._left and self._waiting:
                self._start(self._waiting.popleft())

    def _start(self, live: Live) -> None:
        self._left -= 1
        self._env.hibernation.make_space()
        self._env.nursery.start_soon(live)
