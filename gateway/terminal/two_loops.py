"""The one place where two loops meet: the screen's library runs on asyncio, the client on trio, as its guest in the same thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import trio
from outcome import Error, Outcome


class GuestRun:
    """``main`` on trio, inside the running asyncio loop. ``done`` is called on that loop with what it raised, or ``None``."""

    def __init__(self, main: Callable[[], Awaitable[None]], done: Callable[[BaseException | None], None]) -> None:
        loop = asyncio.get_running_loop()
        self._done = done
        self._over = asyncio.Event()
        trio.lowlevel.start_guest_run(
            main, run_sync_soon_threadsafe=loop.call_soon_threadsafe, done_callback=self._finish, host_uses_signal_set_wakeup_fd=True
        )

    async def wait(self) -> None:
        """Wait, on the asyncio loop, until it is over."""
        await self._over.wait()

    def _finish(self, outcome: Outcome[None]) -> None:
        self._over.set()
        self._done(outcome.error if isinstance(outcome, Error) else None)
