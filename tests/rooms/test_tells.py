"""Tells: kept with the turn that tells, delivered in order, and once in effect, over crashes and failures."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from rooms import Connection, Room, RuntimeSettings, callable_from_rooms
from rooms.testing import Harness, open_harness


class Post(Room):
    """``tell NAME TEXT`` tells another room, which keeps what it hears in a list."""

    failing = 0

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        _, name, *texts = str(message).split()
        for text in texts:
            self.stub("room", name).tell.hear(text)
        self.storage.put("told", texts[-1])
        if texts[-1] == "raise":
            raise ValueError

    @callable_from_rooms
    async def hear(self, text: str) -> None:
        if Post.failing and text in ("bad", "worse"):
            Post.failing -= 1
            raise ValueError(text)
        self.storage.put("heard", [*self.storage.get("heard", []), text])


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Post.failing = 0


async def heard(harness: Harness, name: str = "b") -> list[str]:
    result: list[str] = await harness.visit(name, lambda room: room.storage.get("heard", []))
    return result


async def test_tells_arrive_in_order_and_the_sender_forgets_them(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Post}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        await ada.send("tell b 1 2 3")
        await ada.send("tell b 4")

        assert await heard(harness) == ["1", "2", "3", "4"]
        await harness.settle()
        assert await harness.visit("a", lambda room: room._actor.file.tells.unsent()) == []


async def test_a_turn_that_raised_told_nothing(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Post}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        await ada.send("tell b 1 raise")

        assert await heard(harness) == []


async def test_a_tell_goes_out_only_when_it_is_durable(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Post}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        harness.disk.hold()
        await ada.send("tell b 1")
        assert harness.state("b").name == "EVICTED"

        harness.disk.let_go()
        await harness.settle()
        assert await heard(harness) == ["1"]


async def test_a_tell_that_was_durable_is_delivered_after_a_crash(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Post}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        Post.failing = 1_000
        await ada.send("tell b bad worse")
        await harness.crash()
        Post.failing = 0
        await trio.sleep(5)  # its first try may have come before it could succeed

        assert await heard(harness) == ["bad", "worse"]


async def test_a_tell_is_taken_once_though_the_crash_came_before_the_sender_knew(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    """The receiver's record is durable, the sender's note that it arrived is not: it is told again, and not taken again."""

    async with open_harness({"room": Post}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        harness.disk.seconds = 1
        ada.post("tell b 1")
        await trio.sleep(2.5)  # the sender's turn took one append, the receiver's a second; the note waits for a third
        await harness.crash()
        await harness.settle()

        assert await heard(harness) == ["1"]
        assert await harness.visit("a", lambda room: room._actor.file.tells.unsent()) == []


async def test_a_tell_that_raises_is_tried_again_and_those_behind_it_wait(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    Post.failing = 3
    async with open_harness({"room": Post}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        await ada.send("tell b 1 bad 2")
        assert await heard(harness) == ["1"]
        await trio.sleep(60)

        assert await heard(harness) == ["1", "bad", "2"]


async def test_a_tell_whose_turn_raised_five_times_is_dropped_and_the_rest_goes_on(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    Post.failing = 1_000
    async with open_harness({"room": Post}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        await ada.send("tell b 1 bad 2")
        await trio.sleep(200)

        assert await heard(harness) == ["1", "2"]
        assert harness.log.events.count("tell_dropped") == 1
        assert Post.failing == 995


async def test_one_room_that_fails_does_not_hold_up_tells_to_others(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    Post.failing = 1_000
    async with open_harness({"room": Post}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        await ada.send("tell b bad")
        await ada.send("tell c 1")

        assert await heard(harness, "c") == ["1"]


async def test_a_full_disk_at_the_receiver_delays_a_tell_and_loses_nothing(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Post}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        harness.disk.seconds = 1
        ada.post("tell b 1 2")
        await trio.sleep(1.5)
        harness.disk.is_full = True
        await trio.sleep(10)
        harness.disk.is_full = False
        await trio.sleep(100)

        assert await heard(harness) == ["1", "2"]


async def test_hundreds_of_tells_arrive_in_order(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Post}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        texts = [str(number) for number in range(350)]
        await ada.send(f"tell b {' '.join(texts)}")
        await trio.sleep(1)

        assert await heard(harness) == texts


async def test_a_room_may_tell_itself(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Post}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        await ada.send("tell a 1")

        assert await heard(harness, "a") == ["1"]


async def test_a_room_that_takes_nothing_is_told_only_so_much(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    Post.failing = 1_000
    async with open_harness({"room": Post}, data=tmp_path, settings=RuntimeSettings(tells_waiting_max=2)) as harness:
        ada = await harness.connect("a")
        for text in ("bad", "2", *"3456789"):
            await ada.send(f"tell b {text}")

        assert [(failure.message, failure.refusal.code) for failure in ada.failures] == [(f"tell b {n}", "overloaded") for n in "3456789"]
        assert harness.runtime.refusal(harness.key("a")) is None, "the room that takes nothing is another"
        await trio.sleep(200)
        assert await heard(harness) == ["2"]
