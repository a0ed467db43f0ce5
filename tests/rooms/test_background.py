"""Slow work outside turns: it starts when its turn is heard, and comes back as mail."""

from __future__ import annotations

import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from rooms import Connection, Kind, Room, RoomKey, Runtime, RuntimeSettings, State, Stub, TooManyBackgrounds, callable_from_rooms
from rooms.testing import open_harness
from storage import DataFolder


async def fetch(seconds: float, result: str) -> str:
    await trio.sleep(seconds)
    if result == "fail":
        raise ValueError(result)
    return result


def compute(number: int) -> int:
    return number * number


async def ask_for_name(stub: Stub) -> str:
    return str(await stub.name_of())


class Busy(Room):
    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        what, *rest = str(message).split()
        if what == "fetch":
            self.background(fetch, float(rest[0]), rest[1], then=self.fetched, failed=self.not_fetched)
        elif what == "compute":
            self.background(compute, int(rest[0]), then=self.fetched)
        elif what == "ask":
            self.background(ask_for_name, self.stub("room", rest[0]), then=self.fetched)
        elif what == "break":
            raise ValueError
        self.storage.put("last", str(message))
        self.broadcast(f"began {message}")

    async def fetched(self, result: Any) -> None:
        self.storage.put("result", result)
        self.broadcast(f"fetched {result}")

    async def not_fetched(self, error: Exception) -> None:
        self.broadcast(f"not fetched: {error}")

    @callable_from_rooms
    async def name_of(self) -> str:
        return self.name


async def test_turns_go_on_while_work_runs_and_its_result_comes_as_mail(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Busy}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("fetch 5 cake")
        await ada.send("hello")
        await trio.sleep(6)

        assert ada.received == ["began fetch 5 cake", "began hello", "fetched cake"]


async def test_an_exception_comes_as_mail_too_and_is_logged_if_nobody_wants_it(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Busy}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("fetch 1 fail")
        await trio.sleep(2)
        assert ada.received[-1] == "not fetched: fail"

        await harness.visit("attic", lambda room: room.background(fetch, 1, "fail"))
        await trio.sleep(2)
        assert "background_failed" in harness.log.events


async def test_work_without_a_name_may_raise_too(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Busy}, data=tmp_path) as harness:
        await harness.visit("attic", lambda room: room.background(partial(fetch, 1), "fail"))
        await harness.visit("attic", lambda room: room.background(partial(int, base=10), "fail"))
        await harness.visit("attic", lambda room: room.background(sys.exit, 3))
        await trio.sleep(2)
        assert harness.log.events == ["background_failed"] * 3


async def test_work_outlives_the_room_object_of_a_later_failed_turn(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Busy}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("fetch 5 cake")
        await ada.send("break")
        await trio.sleep(6)

        assert ada.received[-1] == "fetched cake"


async def test_work_that_outlives_a_quarantine_comes_back_to_the_room_that_there_is_then(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    """Nobody is connected, and so nothing of the room is left in memory; then somebody comes: they hear the result."""

    def fetch_cake(room: Any) -> None:
        room.background(fetch, 15, "cake", then=room.fetched)

    async with open_harness({"room": Busy}, data=tmp_path) as harness:
        await harness.visit("attic", fetch_cake)
        for _ in range(5):
            with pytest.raises(AttributeError):
                await harness.visit("attic", lambda room: room.nothing)
        await trio.sleep(12)
        bob = await harness.connect("attic")
        await bob.send("hello")
        await trio.sleep(5)
        await bob.send("still here")

        assert bob.received == ["began hello", "fetched cake", "began still here"]
        assert await harness.visit("attic", lambda room: room.storage.get("result")) == "cake"


async def test_work_starts_only_when_its_turn_is_durable(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    started: list[str] = []

    async def note() -> None:
        started.append("started")

    def begin(room: Room) -> None:
        room.storage.put("n", 1)
        room.background(note)

    async with open_harness({"room": Busy}, data=tmp_path) as harness:
        harness.disk.hold()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(harness.visit, "attic", begin)
            await harness.settle()
            assert started == []
            harness.disk.let_go()
        await harness.settle()
        assert started == ["started"]


async def test_work_of_a_turn_that_was_undone_never_starts(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Busy}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        harness.disk.is_full = True
        await ada.send("fetch 1 cake")
        harness.disk.is_full = False
        await trio.sleep(15)

        assert ada.received == []
        assert harness.state("attic") is State.HIBERNATED


async def test_a_plain_function_runs_where_it_may_block(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    before = threading.enumerate()
    async with open_harness({"room": Busy}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("compute 12")

        assert ada.received == ["began compute 12", "fetched 144"]
        assert set(threading.enumerate()) <= set(before)  # the harness runs it in place


async def test_work_may_ask_rooms_while_turns_of_its_own_room_go_on(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Busy}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("ask attic")
        assert ada.received[-1] == "fetched attic"


async def test_work_is_bounded(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Busy}, data=tmp_path, settings=RuntimeSettings(backgrounds_per_room_max=2)) as harness:
        for _ in range(2):
            await harness.visit("attic", lambda room: room.background(fetch, 5, "x"))
        with pytest.raises(TooManyBackgrounds):
            await harness.visit("attic", lambda room: room.background(fetch, 5, "x"))
        await trio.sleep(6)
        await harness.visit("attic", lambda room: room.background(fetch, 5, "x"))


async def test_a_result_that_could_not_be_stored_comes_again(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Busy}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("fetch 1 cake")
        harness.disk.is_full = True
        await trio.sleep(1.5)
        assert "fetched cake" not in ada.received
        harness.disk.is_full = False
        await trio.sleep(3)

        assert ada.received.count("fetched cake") == 1


async def test_the_method_that_hears_the_result_must_be_one_of_the_room(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Busy}, data=tmp_path) as harness:
        with pytest.raises(TypeError):
            await harness.visit("attic", lambda room: room.background(fetch, 1, "x", then=lambda _result: None))


async def test_work_that_blocks_every_thread_it_may_have_keeps_nothing_from_becoming_durable(tmp_path: Path):
    """The journal is written in threads of its own."""
    may_end = threading.Event()

    class Blocking(Room):
        @callable_from_rooms
        async def block(self) -> None:
            self.background(may_end.wait, 30)

        @callable_from_rooms
        async def keep(self) -> None:
            self.storage.put("kept", True)

    folder = DataFolder.open(tmp_path / "data")
    runtime = Runtime([Kind("room", Blocking)], folder)
    try:
        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                await nursery.start(runtime.run)
                for number in range(48):
                    await runtime.stub(RoomKey("room", f"blocking {number % 4}")).block()
                await runtime.stub(RoomKey("room", "another")).keep()
                may_end.set()
                await runtime.stop()
    finally:
        may_end.set()
        folder.close()
