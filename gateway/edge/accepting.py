"""Taking connections from a listening socket, also when the process has no descriptor left."""

from __future__ import annotations

import os
from collections.abc import Callable

import trio

from gateway.edge.containment import Log
from gateway.edge.spare_descriptor import SpareDescriptor

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
        self._spare = SpareDescriptor()
        self._told_at = -_TELL_SECONDS

    async def run(self) -> None:
        """Until cancelled, or until the listener is closed."""
        try:
            while True:
                await self._accept()
        except trio.ClosedResourceError:
            return
        finally:
            self._spare.give_up()

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
        self._spare.give_up()
        try:
            with trio.move_on_after(_PAUSE_SECONDS):
                stream = await self._listener.accept()
                await trio.aclose_forcefully(stream)
        except OSError:
            pass  # told already
        finally:
            self._spare.hold()

    def _tell(self, error: OSError) -> None:
        now = trio.current_time()
        if now - self._told_at >= _TELL_SECONDS:
            self._told_at = now
            self._log.error("accept_failed", reason=os.strerror(error.errno or 0))
