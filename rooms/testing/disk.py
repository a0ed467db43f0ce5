"""The disk as a test wants it: at once, or held up, or full, or broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from storage import JournalFull, SyncFailed


class Disk:
    """Runs blocking calls on the loop itself, so that virtual time cannot jump over them.

    ``is_full``: appends to the journal fail and keep nothing. ``is_broken``: their sync fails. ``hold``: they wait.
    ``seconds``: how long each takes; half of that it is on the disk, and nobody knows.
    """

    def __init__(self) -> None:
        self.is_full = False
        self.is_broken = False
        self.seconds = 0.0
        self.appends = 0
        self._may_go_on = trio.Event()
        self._may_go_on.set()

    def hold(self) -> None:
        """Nothing becomes durable from now on."""
        self._may_go_on = trio.Event()

    def let_go(self) -> None:
        """It does again."""
        self._may_go_on.set()

    async def run_blocking(self, function: Callable[..., Any], /, *arguments: Any) -> Any:
        """``function(*arguments)``, here and now."""
        await trio.lowlevel.checkpoint()
        if function.__name__ != "append":
            return function(*arguments)
        self.appends += 1
        await self._may_go_on.wait()
        await trio.sleep(self.seconds / 2)
        if self.is_full:
            raise JournalFull("the test's disk is full")
        if self.is_broken:
            raise SyncFailed("the test's disk is broken")
        result = function(*arguments)
        await trio.sleep(self.seconds / 2)
        return result
