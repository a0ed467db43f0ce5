"""The hub carrier: one task moves the bytes of every plain TCP WebSocket, waiting on one epoll (or kqueue) for all of them.

A round takes what is ready, at most a batch of descriptors and a bounded reading of each; between rounds other tasks run.
What a round, or a session outside of one, leaves to be done (telling a receiver that its socket is gone, going on with
frames that were read) is done at the round's end, or by a second task at once: never inside the call that caused it.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import trio

from gateway.counters import Counters
from gateway.edge.containment import Containment, Log
from gateway.edge.door import Admission
from gateway.hub.heartbeat import Heartbeat
from gateway.hub.hub_socket import OPEN, HubSocket
from gateway.hub.poller import open_poller
from gateway.wheel import Wheel


@dataclass(frozen=True, kw_only=True)
class HubSettings:
    """Limits of one WebSocket. Past each of them the socket is closed, with the code named here.

    ``message_bytes_max``: a message, summed over its fragments (1009). ``fragments_max``: frames of one message (1009).
    ``outbox_bytes_max``: what is said and the kernel did not take (4413). ``ping_seconds``: how long a socket may be
    silent before it is asked; ``ping_timeout_seconds``: how long it may then stay silent (1011). ``close_seconds``: how
    long a closing handshake may take.
    """

    message_bytes_max: int = 65_536
    fragments_max: int = 4_096
    outbox_bytes_max: int = 1_048_576
    ping_seconds: float = 30.0
    ping_timeout_seconds: float = 20.0
    close_seconds: float = 5.0


ROUND_SECONDS = 0.005
"""How long a round goes on before other tasks run."""


class Readable(Protocol):
    """What a descriptor in the hub's table stands for."""

    def ready(self, events: int) -> None:
        """The poller says so: READ, WRITE, or both. Does not wait."""

    def failed(self) -> None:
        """What it did raised, which was logged: end what cannot go on."""

    def lose(self) -> None:
        """Close the descriptor: the far end is gone, or the hub ends."""


class Hub:
    """Every plain TCP WebSocket of the process. ``run`` is its life; the rest is called on the loop and returns at once."""

    def __init__(self, settings: HubSettings, wheel: Wheel, counters: Counters, log: Log) -> None:
        self.settings = settings
        self.wheel = wheel
        self.counters = counters
        self.poller = open_poller()
        self._log = log
        self._containment = Containment(self._failed)
        self._current: Readable | None = None  # whose turn it is
        self._table: list[Readable | None] = []  # by descriptor: they are small and dense, so a place costs 8 bytes
        self._farewells: list[tuple[HubSocket, int, str, bool]] = []
        self._batch: deque[tuple[int, int]] = deque()
        self._kept: deque[HubSocket] = deque()
        self._work = trio.Event()
        self._heartbeat = Heartbeat(wheel, self._open_sockets, settings.ping_seconds, settings.ping_timeout_seconds)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; then every socket that is left is closed without a word and its receiver told (1006)."""
        self._heartbeat.start()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._settle_at_once)
                task_status.started()
                while True:
                    await trio.lowlevel.wait_readable(self.poller.fileno())
                    self._round()
        finally:
            self._end()

    def adopt(self, sock: socket.socket, opening: bytes, received: bytes, admission: Admission) -> None:
        """Carry an admitted socket from now on: ``opening`` (its 101) goes out first, ``received`` is what followed its head."""
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fd = sock.detach()
        self.poller.add(fd)
        self.carry(fd, opening, received, admission)

    def carry(self, fd: int, opening: bytes, received: bytes, admission: Admission) -> None:
        """As ``adopt``, of a non-blocking descriptor that the poller watches already."""
        carried = HubSocket(fd, self)
        self.place(fd, carried)
        carried.open(opening, admission.open)
        if received:
            carried.unread = received
            self.go_on_soon(carried)

    @property
    def sockets(self) -> int:
        """How many descriptors the hub holds."""
        return sum(1 for place in self._table if place is not None)

    # for its sockets

    def place(self, fd: int, readable: Readable) -> None:
        """What ``fd`` stands for from now on."""
        missing = fd + 1 - len(self._table)
        if missing > 0:
            self._table.extend([None] * missing)
        self._table[fd] = readable

    def forget(self, fd: int) -> None:
        """``fd`` is somebody else's from now on; it is out of the poller already."""
        self._table[fd] = None

    def release(self, fd: int) -> None:
        """Close ``fd``, which is out of the poller already."""
        self._table[fd] = None
        os.close(fd)

    def farewell(self, carried: HubSocket, code: int, reason: str, clean: bool) -> None:
        """Have its receiver told, soon."""
        self._farewells.append((carried, code, reason, clean))
        self._work.set()

    def go_on_soon(self, carried: HubSocket) -> None:
        """Have what it kept handed over, soon."""
        self._kept.append(carried)
        self._work.set()

    def contained(self, readable: Readable) -> Containment:
        """For ``with``: what raises within ends ``readable``, and no other."""
        self._current = readable
        return self._containment

    def _failed(self, error: Exception) -> None:
        self._log.error("session_failed", exc_info=error)
        if self._current is not None:
            self._current.failed()

    # rounds

    def _round(self) -> None:
        """Do what is ready. What there is no time for comes first in the next round: asking anew would put it behind the others."""
        batch, table, end = self._batch, self._table, perf_counter() + ROUND_SECONDS
        if not batch:
            batch.extend(self.poller.ready())
        with self._containment:  # who raises ends the round too
            while batch:
                fd, events = batch.popleft()
                self._current = place = table[fd]
                if place is not None:  # None: closed since it was ready
                    place.ready(events)
                    if perf_counter() > end:
                        break
        if self._work.is_set():
            self._settle()

    async def _settle_at_once(self) -> None:
        while True:
            await self._work.wait()
            self._settle()

    def _settle(self) -> None:
        """Do once what is left to be done; what that leaves is for the next time, as is what takes too long."""
        self._work, end = trio.Event(), perf_counter() + ROUND_SECONDS
        for _ in range(len(self._kept)):
            carried = self._kept.popleft()
            with self.contained(carried):
                carried.go_on()
            if perf_counter() > end:
                break
        if self._kept:
            self._work.set()
        farewells, self._farewells = self._farewells, []
        for carried, code, reason, clean in farewells:
            receiver, carried.receiver = carried.receiver, None
            if receiver is not None:
                with self.contained(carried):
                    receiver.gone(code, reason, clean)

    def _end(self) -> None:
        for place in self._table:
            if place is not None:
                place.lose()
        while self._farewells:
            self._settle()
        self.poller.close()

    def _open_sockets(self, index: int, slices: int) -> list[HubSocket]:
        return [place for place in self._table[index::slices] if isinstance(place, HubSocket) and place.state is OPEN]
