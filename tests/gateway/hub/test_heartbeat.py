"""Who is pinged when, and who is given up."""

from __future__ import annotations

from collections.abc import Callable

import trio
import trio.testing

from gateway.hub.heartbeat import Heartbeat
from gateway.wheel import Wheel
from tests.gateway.recording_log import RecordingLog


class Socket:
    """Remembers pings and its end; answers pings ``answers_after`` seconds later, if that is set."""

    def __init__(self) -> None:
        self.quiet = 0
        self.pinged_at: list[float] = []
        self.failed_at: list[float] = []

    def ping(self) -> None:
        self.pinged_at.append(trio.current_time())

    def fail(self, code: int, reason: str) -> None:
        assert (code, reason) == (1011, "nothing heard in 20 seconds")
        self.failed_at.append(trio.current_time())


async def beat(sockets: list[Socket], seconds: float, happening: Callable[[], None] = lambda: None) -> None:
    """Let hearts beat for ``seconds``; ``happening`` is called every second. Sockets that failed are visited no more."""

    def slice_of(index: int, slices: int) -> list[Socket]:
        return [s for s in sockets[index::slices] if not s.failed_at]

    wheel = Wheel(RecordingLog())
    Heartbeat(wheel, slice_of, ping_seconds=30, ping_timeout_seconds=20).start()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wheel.run)
        for _ in range(int(seconds)):
            await trio.sleep(1)
            happening()
        nursery.cancel_scope.cancel()


async def test_a_silent_socket_is_asked_once_and_then_given_up(autojump_clock: trio.testing.MockClock) -> None:
    socket, start = Socket(), trio.current_time()
    await beat([socket], 120)
    [pinged], [failed] = socket.pinged_at, socket.failed_at
    assert 26 <= pinged - start <= 34
    assert 20 <= failed - pinged <= 25


async def test_a_socket_that_speaks_is_never_asked(autojump_clock: trio.testing.MockClock) -> None:
    socket = Socket()
    await beat([socket], 300, lambda: setattr(socket, "quiet", 0))
    assert (socket.pinged_at, socket.failed_at) == ([], [])


async def test_a_socket_that_answers_is_asked_again_and_kept(autojump_clock: trio.testing.MockClock) -> None:
    socket = Socket()

    def answer() -> None:
        if socket.pinged_at and trio.current_time() - socket.pinged_at[-1] < 2:
            socket.quiet = 0

    await beat([socket], 300, answer)
    assert 8 <= len(socket.pinged_at) <= 10
    assert socket.failed_at == []


async def test_pings_to_many_sockets_are_spread_over_time(autojump_clock: trio.testing.MockClock) -> None:
    sockets = [Socket() for _ in range(1200)]
    await beat(sockets, 40)
    moments = [socket.pinged_at[0] for socket in sockets]
    assert len(set(moments)) == 12
    assert max(moments.count(moment) for moment in set(moments)) == 100
