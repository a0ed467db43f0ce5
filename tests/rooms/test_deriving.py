"""on_derive: called behind the turns, in turns of its own, and never for ever."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
import trio

from rooms import Connection, Room, RuntimeSettings
from rooms.deriving import Deriving
from rooms.testing import Harness, State, open_harness

SOON = RuntimeSettings(derive_seconds=0.9)


class Counting(Room):
    """Keeps what it hears, and derives how many that were: ``per_turn`` at once, each time for ``takes_seconds``."""

    migrations = ("CREATE TABLE heard(number INTEGER PRIMARY KEY, text TEXT)",)
    derived = ("CREATE TABLE derived_count(number INTEGER)", "INSERT INTO derived_count VALUES(0)")
    per_turn = 100
    takes_seconds = 0.0
    raises = False
    calls = 0

    async def on_message(self, connection: Connection, message: Any) -> None:
        if message != "look":
            self.storage.sql("INSERT INTO heard(text) VALUES(?)", message)

    async def on_derive(self) -> bool:
        type(self).calls += 1
        end = perf_counter() + self.takes_seconds
        while perf_counter() < end:
            pass
        if self.raises:
            raise ZeroDivisionError
        (count,), (derived,) = self.storage.sql("SELECT count(*) FROM heard"), self.storage.sql("SELECT number FROM derived_count")
        through = min(count[0], derived[0] + self.per_turn)
        self.storage.sql("UPDATE derived_count SET number = ?", through)
        return through < count[0]


def counting(**attributes: Any) -> type[Counting]:
    return type("Counting", (Counting,), {"calls": 0, **attributes})


async def derived_count(harness: Harness) -> int:
    def look(room: Counting) -> Any:
        return room.storage.sql("SELECT number FROM derived_count")

    ((number,),) = await harness.visit("lobby", look)
    return int(number)


async def test_it_follows_within_five_seconds(tmp_path: Path, autojump_clock: object) -> None:
    async with open_harness({"rooms": Counting}, data=tmp_path) as harness:
        ada = await harness.connect("lobby")
        for text in ("one", "two"):
            await ada.send(text)
        await trio.sleep(4)
        assert await derived_count(harness) == 0
        await trio.sleep(1.1)
        assert await derived_count(harness) == 2


async def test_many_turns_do_not_wait_for_more(tmp_path: Path, autojump_clock: object) -> None:
    settings = RuntimeSettings(derive_turns=20)
    async with open_harness({"rooms": Counting}, data=tmp_path, settings=settings) as harness:
        ada = await harness.connect("lobby")
        for i in range(30):
            await ada.send(f"{i}")
        await trio.sleep(0.2)
        await ada.send("one more")
        await trio.sleep(0.1)
        assert await derived_count(harness) >= 20


async def test_it_is_called_once_for_many_turns_and_not_for_those_that_only_read(tmp_path: Path, autojump_clock: object) -> None:
    kind = counting()
    async with open_harness({"rooms": kind}, data=tmp_path, settings=SOON) as harness:
        ada = await harness.connect("lobby")
        for i in range(50):
            await ada.send(f"{i}")
        await trio.sleep(2)
        assert kind.calls == 1
        for _ in range(5):
            await ada.send("look")
            await trio.sleep(1)
        assert kind.calls == 1


async def test_it_is_called_again_while_there_is_more(tmp_path: Path, autojump_clock: object) -> None:
    kind = counting(per_turn=3)
    async with open_harness({"rooms": kind}, data=tmp_path, settings=SOON) as harness:
        ada = await harness.connect("lobby")
        for i in range(10):
            await ada.send(f"{i}")
        await trio.sleep(2)
        assert (await derived_count(harness), kind.calls) == (10, 4)


async def test_the_room_hibernates_as_ever_and_wakes_for_nothing(tmp_path: Path, autojump_clock: object) -> None:
    kind = counting()
    async with open_harness({"rooms": kind}, data=tmp_path) as harness:
        ada = await harness.connect("lobby")
        await ada.send("one")
        await trio.sleep(12)
        assert harness.state("lobby") is State.HIBERNATED
        calls = kind.calls
        await trio.sleep(3600)
        assert (harness.state("lobby"), kind.calls) == (State.HIBERNATED, calls)


async def test_a_room_that_is_due_to_hibernate_follows_first_and_sleeps_at_once(tmp_path: Path, autojump_clock: object) -> None:
    settings = RuntimeSettings(idle_seconds=10, derive_seconds=60)
    async with open_harness({"rooms": Counting}, data=tmp_path, settings=settings) as harness:
        ada = await harness.connect("lobby")
        await ada.send("one")
        await trio.sleep(10.5)
        assert harness.state("lobby") is State.HIBERNATED
        assert await derived_count(harness) == 1


async def others_work(seconds: float) -> None:
    while True:
        end = perf_counter() + seconds
        while perf_counter() < end:
            pass
        await trio.lowlevel.checkpoint()


async def test_rooms_that_are_due_to_hibernate_leave_time_for_others(tmp_path: Path) -> None:
    """Each takes a hundredth of a second, and whoever else is there gets four times as much."""
    kind = counting(takes_seconds=0.01)
    settings = RuntimeSettings(idle_seconds=0.06, derive_seconds=0.05)
    async with open_harness({"rooms": kind}, data=tmp_path, settings=settings) as harness, trio.open_nursery() as nursery:
        for i in range(50):
            await (await harness.connect(f"room {i}")).send("one")
        kind.calls = 0
        nursery.start_soon(others_work, 0.003)
        await trio.sleep(0.4)
        assert kind.calls < 25
        nursery.cancel_scope.cancel()


async def test_rooms_that_wait_to_follow_make_space_for_others(
    tmp_path: Path, autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def have_no_time(self: Deriving) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(Deriving, "run", have_no_time)
    settings = RuntimeSettings(idle_seconds=1, awake_rooms_max=3)
    async with open_harness({"rooms": Counting}, data=tmp_path, settings=settings) as harness:
        for i in range(3):
            await (await harness.connect(f"room {i}")).send("one")
        await trio.sleep(1.5)
        assert [harness.state(f"room {i}") for i in range(3)] == [State.AWAKE] * 3
        for i in range(3, 6):
            await (await harness.connect(f"room {i}")).send("one")
            assert harness.runtime.stats.awake == 3
        assert [harness.state(f"room {i}") for i in range(6)] == [State.HIBERNATED] * 3 + [State.AWAKE] * 3


async def test_rooms_follow_one_after_the_other_when_nobody_else_has_to_do_anything(tmp_path: Path, autojump_clock: object) -> None:
    kind = counting(takes_seconds=0.01)
    async with open_harness({"rooms": kind}, data=tmp_path, settings=SOON) as harness:
        for i in range(50):
            await (await harness.connect(f"room {i}")).send("one")
        await trio.sleep(1)
        assert kind.calls == 50


async def test_what_was_left_behind_follows_after_the_room_woke(tmp_path: Path, autojump_clock: object) -> None:
    async with open_harness({"rooms": Counting}, data=tmp_path, settings=SOON) as harness:
        ada = await harness.connect("lobby")
        await ada.send("one")
        await harness.crash()
        ada = await harness.connect("lobby")
        assert await derived_count(harness) == 0
        await trio.sleep(1)
        assert await derived_count(harness) == 1


async def test_a_hook_that_raises_is_left_alone_and_costs_the_room_nothing(tmp_path: Path, autojump_clock: object) -> None:
    kind = counting(raises=True)
    async with open_harness({"rooms": kind}, data=tmp_path, settings=SOON) as harness:
        ada = await harness.connect("lobby")
        for i in range(30):
            await ada.send(f"{i}")
            await trio.sleep(1)
        assert kind.calls == 1
        assert ada.failures == []
        assert ada.closed is None
        kind.raises = False
        await trio.sleep(25)
        assert harness.state("lobby") is State.HIBERNATED
        await ada.send("one more")
        await trio.sleep(60)
        assert await derived_count(harness) == 31


async def test_it_writes_nothing_to_the_journal(tmp_path: Path, autojump_clock: object) -> None:
    async with open_harness({"rooms": Counting}, data=tmp_path, settings=SOON) as harness:
        ada = await harness.connect("lobby")
        await ada.send("one")
        records = harness.runtime.stats.journal_records
        await trio.sleep(5)
        assert await derived_count(harness) == 1
        assert harness.runtime.stats.journal_records == records


async def test_what_followed_from_turns_that_are_undone_is_undone(tmp_path: Path, autojump_clock: object) -> None:
    async with open_harness({"rooms": Counting}, data=tmp_path, settings=SOON) as harness:
        ada = await harness.connect("lobby")
        await ada.send("one")
        await trio.sleep(2)
        harness.disk.is_full = True
        ada.post("two")
        await harness.settle()
        await trio.sleep(2)
        harness.disk.is_full = False
        await trio.sleep(2)
        assert await derived_count(harness) == 1
        await ada.send("three")
        await trio.sleep(2)
        assert await derived_count(harness) == 2


async def test_stopping_does_not_wait_for_a_long_way_to_follow(tmp_path: Path, autojump_clock: object) -> None:
    kind = counting(per_turn=1)
    async with open_harness({"rooms": kind}, data=tmp_path) as harness:
        ada = await harness.connect("lobby")
        for i in range(200):
            ada.post(f"{i}")
        await harness.settle()
        await harness.restart()
        assert kind.calls < 200
        await harness.connect("lobby")
        await trio.sleep(30)
        assert await derived_count(harness) == 200
