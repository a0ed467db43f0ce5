"""Draining ends in its time whatever clients and rooms do, and a second signal hurries it. In virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import trio
from trio.testing import MockClock

from gateway.draining import Draining
from gateway.lifetime import Lifetime, Stage
from gateway.session.registry import Registry
from rooms.testing import RecordingLog


class Socket:
    """A session as draining sees it. ``answers`` is how long it takes to be gone once it was closed."""

    def __init__(self, site: Site, answers_seconds: float) -> None:
        self._site = site
        self._answers_seconds = answers_seconds
        self.closed: list[tuple[float, int]] = []

    def close(self, code: int, reason: str) -> None:
        self.closed.append((trio.current_time() - self._site.began, code))
        self._site.nursery.start_soon(self._go)

    async def _go(self) -> None:
        await trio.sleep(self._answers_seconds)
        self._site.sockets.remove(self)


@dataclass
class Site:
    """Sockets and rooms that part as they like."""

    nursery: trio.Nursery
    rooms_seconds: float = 0.0
    began: float = field(default_factory=trio.current_time)
    lifetime: Lifetime = field(default_factory=Lifetime)
    log: RecordingLog = field(default_factory=RecordingLog)
    sockets: list[Socket] = field(default_factory=list)
    stopped: bool = False

    def __len__(self) -> int:
        return len(self.sockets)

    def all(self) -> list[Socket]:
        return list(self.sockets)

    async def stop(self) -> None:
        assert self.lifetime.stage is Stage.DRAINING
        await trio.sleep(self.rooms_seconds)
        self.stopped = True

    def open(self, count: int, answers_seconds: float = 0.01) -> list[Socket]:
        opened = [Socket(self, answers_seconds) for _ in range(count)]
        self.sockets += opened
        return opened

    async def drain(self, hurry: trio.Event | None = None) -> float:
        """How many seconds it took."""
        draining = Draining(drain_seconds=10.0, lifetime=self.lifetime, registry=cast(Registry, self), rooms=self, log=cast(Any, self.log))
        await draining.run(trio.Event() if hurry is None else hurry)
        return trio.current_time() - self.began


async def test_with_nobody_there_it_is_over_at_once(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    site = Site(nursery)

    assert await site.drain() < 0.2
    assert site.stopped


async def test_few_sockets_are_not_kept_waiting(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    site = Site(nursery)
    sockets = site.open(3)

    assert await site.drain() < 0.5
    assert [code for socket in sockets for _, code in socket.closed] == [1012] * 3


async def test_many_goodbyes_are_spread_so_that_not_all_come_back_at_once(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    site = Site(nursery)
    sockets = site.open(5_000)

    seconds = await site.drain()

    times = [at for socket in sockets for at, _ in socket.closed]
    assert len(times) == 5_000
    assert max(times) - min(times) == pytest.approx(4.0, abs=0.2)
    assert sum(1 for at in times if at < 2.0) == pytest.approx(2_500, rel=0.1)
    assert seconds < 5.0


async def test_a_stuck_client_costs_its_share_and_no_more(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    site = Site(nursery)
    site.open(10)
    site.open(1, answers_seconds=3600)

    assert await site.drain() == pytest.approx(7.0, abs=0.1)
    assert site.stopped, "everybody else's words are stored"
    nursery.cancel_scope.cancel()


async def test_a_stuck_room_is_given_up_in_time(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    site = Site(nursery, rooms_seconds=3600)
    site.open(10)

    assert await site.drain() <= 10.0
    assert not site.stopped


async def test_a_second_signal_ends_it_within_seconds(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    site, hurry = Site(nursery, rooms_seconds=3600), trio.Event()
    sockets = site.open(5_000)
    site.open(1, answers_seconds=3600)

    async def signal_again() -> None:
        await trio.sleep(1.0)
        hurry.set()

    nursery.start_soon(signal_again)

    assert await site.drain(hurry) < 4.0
    assert all(socket.closed for socket in sockets), "everybody was told"
    nursery.cancel_scope.cancel()
