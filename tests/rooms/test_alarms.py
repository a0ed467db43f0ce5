"""Alarms: at least once, at their time, over hibernation and crashes; again after a failure."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from rooms import Alarm, Room, callable_from_rooms
from rooms.testing import Harness, open_harness


class Clockwork(Room):
    """Writes down when its alarm rang; raises as long as ``failing`` says."""

    failing = 0
    rings: list[tuple[int, int, int]]

    async def on_alarm(self, alarm: Alarm) -> None:
        Clockwork.rings.append((self.now_ms, alarm.scheduled_ms, alarm.retry_count))
        self.storage.put("seen", self.storage.get_alarm())
        if Clockwork.failing:
            Clockwork.failing -= 1
            raise ValueError("not yet")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Clockwork.failing = 0
    Clockwork.rings = []


async def set_in(harness: Harness, seconds: float, name: str = "attic") -> int:
    at_ms = harness.date.now_ms() + round(seconds * 1_000)
    await harness.visit(name, lambda room: room.storage.set_alarm(at_ms))
    return at_ms


async def test_an_alarm_rings_at_its_time_though_the_room_sleeps_and_is_cleared(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Clockwork}, data=tmp_path) as harness:
        at_ms = await set_in(harness, 3_600)
        await trio.sleep(3_599)
        assert Clockwork.rings == []
        await trio.sleep(2)

        assert Clockwork.rings == [(at_ms, at_ms, 0)]
        assert await harness.visit("attic", lambda room: room.storage.get_alarm()) is None
        assert await harness.visit("attic", lambda room: room.storage.get("seen")) is None


async def test_only_the_alarm_set_last_rings(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Clockwork}, data=tmp_path) as harness:
        await set_in(harness, 5)
        at_ms = await set_in(harness, 50)
        await trio.sleep(100)

        assert [ring[0] for ring in Clockwork.rings] == [at_ms]


async def test_an_alarm_in_the_past_rings_at_once(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Clockwork}, data=tmp_path) as harness:
        await set_in(harness, -1_000)
        await harness.settle()

        assert len(Clockwork.rings) == 1


async def test_a_deleted_alarm_does_not_ring(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Clockwork}, data=tmp_path) as harness:
        await set_in(harness, 5)
        await harness.visit("attic", lambda room: room.storage.delete_alarm())
        await trio.sleep(10)

        assert Clockwork.rings == []


async def test_a_failing_alarm_is_tried_seven_times_ever_later_and_then_given_up(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    Clockwork.failing = 100
    async with open_harness({"room": Clockwork}, data=tmp_path) as harness:
        at_ms = await set_in(harness, 1)
        await trio.sleep(1_000)

        gaps = [(later[0] - earlier[0]) / 1_000 for earlier, later in zip(Clockwork.rings, Clockwork.rings[1:], strict=False)]
        assert len(Clockwork.rings) == 7
        assert all(wait <= gap <= wait * 1.25 + 0.01 for gap, wait in zip(gaps, (2, 4, 8, 16, 32, 64), strict=True)), gaps
        assert [ring[1:] for ring in Clockwork.rings] == [(at_ms, count) for count in range(7)]
        assert await harness.visit("attic", lambda room: room.storage.get_alarm()) is None
        assert "alarm_given_up" in harness.log.events


async def test_between_tries_the_alarm_is_still_set(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    Clockwork.failing = 1
    async with open_harness({"room": Clockwork}, data=tmp_path) as harness:
        await set_in(harness, 1)
        await trio.sleep(1.5)
        assert await harness.visit("attic", lambda room: room.storage.get_alarm()) is not None
        await trio.sleep(5)
        assert await harness.visit("attic", lambda room: room.storage.get_alarm()) is None
        assert len(Clockwork.rings) == 2


async def test_the_count_of_tries_survives_a_crash(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    Clockwork.failing = 3
    async with open_harness({"room": Clockwork}, data=tmp_path) as harness:
        await set_in(harness, 1)
        await trio.sleep(1 + 2.6 + 0.1)
        assert len(Clockwork.rings) == 2

        await harness.crash()
        await trio.sleep(100)

        assert [ring[2] for ring in Clockwork.rings] == [0, 1, 2, 3]


async def test_an_overdue_alarm_rings_after_a_crash(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Clockwork}, data=tmp_path) as harness:
        at_ms = await set_in(harness, 5)
        await harness.crash()
        harness.date.jump(1_000)
        await trio.sleep(61)

        assert [ring[1] for ring in Clockwork.rings] == [at_ms]


async def test_many_alarms_due_at_once_all_ring_once(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Clockwork}, data=tmp_path) as harness:
        for number in range(250):
            await set_in(harness, 100, f"room {number}")
        await trio.sleep(200)

        assert len(Clockwork.rings) == 250


async def test_an_alarm_set_anew_by_its_hook_rings_again(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    rings: list[int] = []

    class Metronome(Room):
        async def on_alarm(self, alarm: Alarm) -> None:
            rings.append(self.now_ms)
            self.storage.set_alarm(self.now_ms + 1_000)

    async with open_harness({"room": Metronome}, data=tmp_path) as harness:
        await set_in(harness, 1)
        await trio.sleep(5.5)

        assert len(rings) == 5


async def test_an_ask_inside_the_hook_does_not_clear_the_alarm(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    """What the hook did before its ask stands when it then raises, but the alarm is not done: it comes again."""
    tries: list[object] = []

    class Asker(Room):
        async def on_alarm(self, alarm: Alarm) -> None:
            self.storage.put("tries", self.storage.get("tries", 0) + 1)
            await self.stub("room", "other").answer()
            tries.append(self.storage.get_alarm())
            if alarm.retry_count < 2:
                raise ValueError

        @callable_from_rooms
        async def answer(self) -> int:
            return 1

    async with open_harness({"room": Asker}, data=tmp_path) as harness:
        await set_in(harness, 1)
        await trio.sleep(60)

        assert tries == [None, None, None]
        assert await harness.visit("attic", lambda room: room.storage.get("tries")) == 3
        assert await harness.visit("attic", lambda room: room.storage.get_alarm()) is None


async def test_an_alarm_cut_short_by_a_crash_after_its_ask_rings_again(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    rings: list[int] = []

    class Asker(Room):
        async def on_alarm(self, alarm: Alarm) -> None:
            rings.append(alarm.retry_count)
            await self.stub("room", "other").answer()
            await trio.sleep(5)

        @callable_from_rooms
        async def answer(self) -> int:
            return 1

    async with open_harness({"room": Asker}, data=tmp_path) as harness:
        await set_in(harness, 1)
        await trio.sleep(3)
        await harness.crash()
        await trio.sleep(10)

        assert rings == [0, 0]


async def test_when_the_date_jumps_forward_alarms_ring_within_a_minute(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Clockwork}, data=tmp_path) as harness:
        await set_in(harness, 10_000)
        harness.date.jump(20_000)
        await trio.sleep(61)

        assert len(Clockwork.rings) == 1
