"""Taking connections from a listening socket, also when the process has no descriptor left."""

from __future__ import annotations

import os
from collections.abc import Callable

import trio

from gateway.containment import Log

_PAUSE_SECONDS = 0.1
_TELL_SECONDS = 10.0


class Accepting:
    """Accepts for as long as ``run`` does, and gives every connection to ``welcome``, which does not wait.

    When descriptors run out, one kept in reserve lets a waiting client be taken and turned away, so that it is not left to
    its own timeout; then we pause, and go on. The log hears of it once in ten seconds.
    """

    def __init__(self, listener: trio.abc.Listener[trio.SocketStream], welcome: Callable[[trio.SocketStream], None], log: Log) -> None:
        self._listener = listener
        self._welcome = welcome
        self._log = log
        self._reserve: int | None = None
        self._told_at = -_TELL_SECONDS

    async def run(self) -> None:
        """Until cancelled, or until the listener is closed."""
        self._hold_reserve()
        try:
            while True:
                await self._accept()
        except trio.ClosedResourceError:
            return
        finally:
            self._free_reserve()

    async def _accept(self) -> None:
        try:
            stream = await self._listener.accept()
        except OSError as error:
            self._tell(error)
            await self._turn_away()
            await trio.sleep(_PAUSE_SECONDS)
        else:
            self._welcome(stream)

    async def _turn_away(self) -> None:
        self._free_reserve()
        try:
            with trio.move_on_after(_PAUSE_SECONDS):
                stream = await self._listener.accept()
                await trio.aclose_forcefully(stream)
        except OSError:
            pass  # told already
        finally:
            self._hold_reserve()

    def _tell(self, error: OSError) -> None:
        now = trio.current_time()
        if now - self._told_at >= _TELL_SECONDS:
            self._told_at = now
            self._log.error("accept_failed", reason=os.strerror(error.errno or 0))

    def _hold_reserve(self) -> None:
        try:
            self._reserve = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._reserve = None

    def _free_reserve(self) -> None:
        if self._reserve is not None:
            os.close(self._reserve)
            self._reserve = None
