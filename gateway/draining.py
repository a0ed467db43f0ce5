"""Stopping gracefully: every socket is told to come back later, everything said is on disk, and it ends in time.

    /readyz 503, upgrades 503 → closing + 1012, spread → the last sockets gone → rooms stopped → the process ends

Each step has its share of the drain time, so that one stuck client, or one stuck room, costs no more than its share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import trio

from gateway.edge.containment import Log
from gateway.lifetime import Lifetime, Stage
from gateway.session.envelope_session import EnvelopeSession
from gateway.session.registry import Registered, Registry
from gateway.session.relay_session import RelaySession
from rooms import Event

SPREAD_SHARE = 0.4
"""Of the drain time, how much the goodbyes are spread over at most, so that not all clients come back at once."""
GOODBYE_SECONDS = 0.01
"""What one goodbye adds to the spread: few sockets need none."""
GONE_SHARE = 0.7
"""When, of the drain time, sockets that have not answered the goodbye are no longer waited for."""
STOPPED_SHARE = 0.95
"""When, of the drain time, rooms that are still busy are given up; what they said but did not store is not heard."""
HURRIED_SECONDS = 1.0
"""What is left of the drain time once a second signal has come."""
RECONNECT_MS = 5_000
"""How long clients are asked to spread their return over."""
_STEP_SECONDS = 0.05

CLOSING = Event("closing", {"reconnect_ms": RECONNECT_MS})


class Stoppable(Protocol):
    """What of the runtime is needed here."""

    async def stop(self) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Draining:
    """``run`` returns when everything is said and stored, or the time is over."""

    drain_seconds: float
    lifetime: Lifetime
    registry: Registry
    rooms: Stoppable
    log: Log

    async def run(self, hurry: trio.Event) -> None:
        """Drain; much quicker once ``hurry`` is set."""
        began = trio.current_time()
        self.lifetime.stage = Stage.DRAINING
        self.log.info("draining", connections=len(self.registry), seconds=self.drain_seconds)
        with trio.CancelScope(deadline=began + GONE_SHARE * self.drain_seconds) as until_gone:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_cut_short, until_gone, hurry)
                await self._say_goodbye(hurry)
                await self._wait_until_gone()
                nursery.cancel_scope.cancel()
        if len(self.registry):
            self.log.warning("sockets_cut", connections=len(self.registry))
        await self._stop_rooms(began, hurry)

    async def _say_goodbye(self, hurry: trio.Event) -> None:
        sessions = list(self.registry.all())
        spread_seconds = min(SPREAD_SHARE * self.drain_seconds, GOODBYE_SECONDS * len(sessions))
        steps = max(1, int(spread_seconds / _STEP_SECONDS))
        for step in range(steps):
            _close(sessions[step::steps])
            if not hurry.is_set():
                with trio.move_on_after(spread_seconds / steps):
                    await hurry.wait()

    async def _wait_until_gone(self) -> None:
        while len(self.registry):  # noqa: ASYNC110 -- sessions leave it without waking anybody
            await trio.sleep(_STEP_SECONDS)

    async def _stop_rooms(self, began: float, hurry: trio.Event) -> None:
        with trio.CancelScope(deadline=began + STOPPED_SHARE * self.drain_seconds) as until_stopped:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_cut_short, until_stopped, hurry)
                await self.rooms.stop()
                nursery.cancel_scope.cancel()
        if until_stopped.cancelled_caught:
            self.log.warning("rooms_given_up", seconds=self.drain_seconds)


async def _cut_short(scope: trio.CancelScope, hurry: trio.Event) -> None:
    await hurry.wait()
    scope.deadline = min(scope.deadline, trio.current_time() + HURRIED_SECONDS)


def _close(sessions: Iterable[Registered]) -> None:
    for session in sessions:
        if isinstance(session, EnvelopeSession | RelaySession):
            session.send(CLOSING)
        session.close(1012, "Server restarts")
