"""Behaviours of Durable Objects, F (keys) and H (alarms), as a room's author meets them.

The numbers are those of docs/explanation/durable-objects.md. That a failed alarm is tried seven times, and that infrastructure
failures do not count (113), is in ``test_alarms.py`` and ``test_committing.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from rooms import Alarm, Room
from rooms.testing import Harness, open_harness
from storage import AlarmRefused, KeyTooLarge, NotStorable, TooManyKeys


class Store(Room):
    migrations = ("CREATE TABLE words(word TEXT)",)


@pytest.fixture
def keys() -> dict[str, int]:
    return {"a1": 1, "a2": 2, "b1": 3, "é": 4}


async def in_store(tmp_path: Path, keys: dict[str, int], function: Any) -> Any:
    async with open_harness({"stores": Store}, data=tmp_path) as harness:

        def visit(room: Room) -> Any:
            room.storage.put_many(keys)
            return function(room.storage)

        return await harness.visit("r", visit)


async def test_82_83_a_list_begins_with_start_ends_before_end_and_is_limited_last(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, keys: dict[str, int]
):
    def look(storage: Any) -> None:
        assert list(storage.list()) == ["a1", "a2", "b1", "é"]
        assert list(storage.list(start="a2", end="é")) == ["a2", "b1"]
        assert list(storage.list(start_after="a1")) == ["a2", "b1", "é"]
        assert list(storage.list(prefix="a", start="a2")) == ["a2"]
        assert list(storage.list(reverse=True, limit=2)) == ["é", "b1"]
        assert list(storage.list(start="x", end="a")) == []

    await in_store(tmp_path, keys, look)


@pytest.mark.parametrize("bad", [{"limit": 0}, {"limit": -1}, {"start": "a", "start_after": "a"}])
async def test_83_85_bad_bounds_are_type_errors(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, keys: dict[str, int], bad: dict[str, Any]
):
    with pytest.raises(BaseException) as caught:
        await in_store(tmp_path, keys, lambda storage: storage.list(**bad))
    assert "TypeError" in repr(caught.value)


async def test_86_88_reads_see_the_turns_own_writes_and_deletes_say_what_was_there(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, keys: dict[str, int]
):
    def look(storage: Any) -> None:
        assert storage.delete("a1")
        assert not storage.delete("a1")
        assert storage.delete_many(["a2", "b1", "nothing"]) == 2
        assert storage.list() == {"é": 4}
        assert storage.get("a1") is None
        assert storage.get_many(["é", "a1"]) == {"é": 4}

    await in_store(tmp_path, keys, look)


async def test_89_92_what_cannot_be_stored_is_refused_and_of_many_entries_none_is_stored(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, keys: dict[str, int]
):
    def look(storage: Any) -> None:
        with pytest.raises(NotStorable):
            storage.put_many({"x": 1, "y": 2, "z": object()})
        with pytest.raises(KeyTooLarge):
            storage.put_many({"x": 1, "k" * 2_049: 2})
        with pytest.raises(TooManyKeys):
            storage.put_many({str(number): number for number in range(129)})
        assert storage.list() == keys

    await in_store(tmp_path, keys, look)


async def test_91_unlike_there_delete_all_is_a_part_of_its_turn(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, keys: dict[str, int]
):
    async with open_harness({"stores": Store}, data=tmp_path) as harness:

        def fill(room: Room) -> None:
            room.storage.put_many(keys)
            room.storage.sql("INSERT INTO words VALUES ('x')")
            room.storage.set_alarm(room.now_ms + 100_000)

        def empty_and_fail(room: Room) -> None:
            room.storage.delete_all()
            raise ValueError

        def look(room: Room) -> Any:
            return room.storage.list(), room.storage.sql("SELECT word FROM words"), room.storage.get_alarm() is None

        await harness.visit("r", fill)
        with pytest.raises(ValueError):
            await harness.visit("r", empty_and_fail)
        assert await harness.visit("r", look) == (keys, [("x",)], False)
        await harness.visit("r", lambda room: room.storage.delete_all())
        assert await harness.visit("r", look) == ({}, [], True)


class Bell(Room):
    """Rings; its first ring does what the test says."""

    on_first: Any = None
    rings: list[int]

    async def on_alarm(self, alarm: Alarm) -> None:
        Bell.rings.append(self.now_ms)
        if len(Bell.rings) == 1 and Bell.on_first is not None:
            await Bell.on_first(self)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Bell.rings = []
    Bell.on_first = None


async def ring_in(harness: Harness, seconds: float) -> int:
    at_ms = harness.date.now_ms() + round(seconds * 1_000)
    await harness.visit("r", lambda room: room.storage.set_alarm(at_ms))
    return at_ms


@pytest.mark.parametrize("at", [0, -1, float("nan"), float("inf"), "tomorrow"])
async def test_104_a_time_that_is_none_is_refused_and_the_alarm_stays(tmp_path: Path, autojump_clock: trio.testing.MockClock, at: Any):
    async with open_harness({"bells": Bell}, data=tmp_path) as harness:
        at_ms = await ring_in(harness, 100)
        with pytest.raises(AlarmRefused):
            await harness.visit("r", lambda room: room.storage.set_alarm(at))
        assert await harness.visit("r", lambda room: room.storage.get_alarm()) == at_ms


async def test_106_unlike_there_an_alarm_set_by_a_hook_that_raises_is_not_set_and_the_old_one_comes_again(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async def set_and_fail(room: Bell) -> None:
        room.storage.set_alarm(room.now_ms + 500_000)
        raise ValueError

    Bell.on_first = set_and_fail
    async with open_harness({"bells": Bell}, data=tmp_path) as harness:
        await ring_in(harness, 1)
        await trio.sleep(10)
        assert len(Bell.rings) == 2
        assert await harness.visit("r", lambda room: room.storage.get_alarm()) is None


async def test_107_deleting_the_alarm_inside_its_hook_stops_nothing_and_none_follows(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    ended: list[bool] = []

    async def delete_and_wait(room: Bell) -> None:
        room.storage.delete_alarm()
        await trio.sleep(2)
        ended.append(True)

    Bell.on_first = delete_and_wait
    async with open_harness({"bells": Bell}, data=tmp_path) as harness:
        await ring_in(harness, 1)
        await trio.sleep(100)
        assert (len(Bell.rings), ended) == (1, [True])


@pytest.mark.parametrize("durable", [False, True])
async def test_109_what_was_put_and_the_alarm_survive_a_crash_together_or_not_at_all(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, durable: bool
):
    async with open_harness({"bells": Bell}, data=tmp_path) as harness:

        def put_and_set(room: Room) -> None:
            room.storage.put("a", 1)
            room.storage.set_alarm(room.now_ms + 1_000)

        if not durable:
            harness.disk.hold()
        with trio.move_on_after(0.1):
            await harness.visit("r", put_and_set)
        await harness.crash()
        await trio.sleep(5)

        assert await harness.visit("r", lambda room: room.storage.list()) == ({"a": 1} if durable else {})
        assert len(Bell.rings) == (1 if durable else 0)


async def test_110_of_a_turn_that_raised_the_old_alarm_stands(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"bells": Bell}, data=tmp_path) as harness:
        at_ms = await ring_in(harness, 100)

        def move_and_fail(room: Room) -> None:
            room.storage.set_alarm(room.now_ms + 5)
            raise ValueError

        with pytest.raises(ValueError):
            await harness.visit("r", move_and_fail)
        await trio.sleep(50)
        assert Bell.rings == []
        assert await harness.visit("r", lambda room: room.storage.get_alarm()) == at_ms


async def test_112_an_alarm_cut_short_by_a_crash_runs_again(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async def hang(room: Bell) -> None:
        await trio.sleep(20)

    Bell.on_first = hang
    async with open_harness({"bells": Bell}, data=tmp_path) as harness:
        await ring_in(harness, 1)
        await trio.sleep(5)
        await harness.crash()
        await trio.sleep(5)
        assert len(Bell.rings) == 2
