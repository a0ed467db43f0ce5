"""The one place where two loops meet: the screen's library runs on asyncio, the client on trio, as its guest in the same thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio
from outcome import Outcome

T = TypeVar("T")


def run_on_this_loop(main: Callable[[], Awaitable[T]], done: Callable[[Outcome[T]], None]) -> None:
    """Start ``main`` on trio inside the running asyncio loop; ``done`` is called on that loop with what it returned or raised."""
    loop = asyncio.get_running_loop()
    trio.lowlevel.start_guest_run(
        main, run_sync_soon_threadsafe=loop.call_soon_threadsafe, done_callback=done, host_uses_signal_set_wakeup_fd=True
    )
