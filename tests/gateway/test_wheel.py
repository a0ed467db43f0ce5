"""Deadlines without a timer each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
import trio
import trio.testing

from gateway.wheel import Wheel
from tests.gateway.recording_log import RecordingLog

Clock = trio.testing.MockClock


class Target:
    """Remembers when it was called."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.called_at: list[float] = []
        self._then = then

    def due(self) -> None:
        self.called_at.append(trio.current_time())
        self._then()


@pytest.fixture
def log() -> RecordingLog:
    return RecordingLog()


@pytest.fixture
async def wheel(log: RecordingLog) -> AsyncIterator[Wheel]:
    wheel = Wheel(log, tick_seconds=0.25)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wheel.run)
        yield wheel
        nursery.cancel_scope.cancel()


async def test_a_target_is_called_once_at_its_deadline_or_a_tick_later(autojump_clock: Clock, wheel: Wheel) -> None:
    start, targets = trio.current_time(), {seconds: Target() for seconds in (0.1, 0.25, 3.0, 3.1, 3600.0)}
    for seconds, target in targets.items():
        wheel.at(seconds, target)
    await trio.sleep(4000)
    for seconds, target in targets.items():
        assert len(target.called_at) == 1
        assert 0 <= target.called_at[0] - start - seconds <= 0.25


async def test_an_earlier_deadline_that_comes_later_is_kept(autojump_clock: Clock, wheel: Wheel) -> None:
    start, late, early = trio.current_time(), Target(), Target()
    wheel.at(100, late)
    await trio.sleep(10)
    wheel.at(5, early)
    await trio.sleep(200)
    assert early.called_at[0] - start == pytest.approx(15, abs=0.25)
    assert late.called_at[0] - start == pytest.approx(100, abs=0.25)


async def test_a_deadline_in_the_past_is_due_at_once(autojump_clock: Clock, wheel: Wheel) -> None:
    target = Target()
    wheel.at(-5, target)
    await trio.sleep(0.3)
    assert len(target.called_at) == 1


async def test_a_target_may_set_its_next_deadline(autojump_clock: Clock, wheel: Wheel) -> None:
    target = Target(lambda: wheel.at(1, target))
    wheel.at(1, target)
    await trio.sleep(5.6)
    assert len(target.called_at) == 5


async def test_a_target_that_raises_is_logged_and_no_other_suffers(autojump_clock: Clock, wheel: Wheel, log: RecordingLog) -> None:
    def fail() -> None:
        raise ValueError("broken")

    other = Target()
    wheel.at(1, Target(fail))
    wheel.at(1, other)
    await trio.sleep(2)
    assert len(other.called_at) == 1
    assert log.events() == ["deadline_failed"]


async def test_an_empty_wheel_sleeps(autojump_clock: Clock, wheel: Wheel) -> None:
    """No tick without a deadline: the next thing that happens is ours, an hour from now."""
    await trio.testing.wait_all_tasks_blocked()
    assert trio.lowlevel.current_statistics().seconds_to_next_deadline == float("inf")


async def test_deadlines_of_the_same_tick_share_a_bucket(autojump_clock: Clock, wheel: Wheel) -> None:
    """An entry costs a reference in a list, so that each of a hundred thousand sockets may have one."""
    for _ in range(1000):
        wheel.at(60.0, Target())
    assert len(wheel._ticks) == 1


async def test_targets_of_a_tick_are_told_the_same_time_which_is_not_before_their_deadline(autojump_clock: Clock, wheel: Wheel) -> None:
    first, second = Target(), Target()
    due = wheel.at(5.01, first)
    assert wheel.at(5.02, second) is due
    await trio.sleep(10)
    assert first.called_at == second.called_at == [due]
