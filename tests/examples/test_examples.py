"""The rooms in ``examples/`` do what they say."""

from __future__ import annotations

import struct
from pathlib import Path

import trio

from examples.counter import Counter
from examples.echo import Echo
from examples.whiteboard import STROKES_MAX, Whiteboard
from rooms import State
from rooms.testing import open_harness


async def test_the_counter_counts_over_hibernation_and_crashes(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"counters": Counter}, data=tmp_path) as harness:
        ada = await harness.connect("clicks", user="ada")
        await ada.send("x")
        await trio.sleep(11)
        assert harness.state("clicks") is State.HIBERNATED
        await ada.send("x")
        assert ada.received == ["0", "1", "2"]
        assert ada.connection.attachment == {"heard": 2}

        await harness.crash()
        bob = await harness.connect("clicks", user="bob")
        assert bob.received == ["2"]
        assert await harness.stub("clicks").total() == 2


async def test_the_counter_answers_http(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"counters": Counter}, data=tmp_path) as harness:
        ada = await harness.connect("clicks")
        await ada.send("x")
        assert (await harness.http("clicks")).body == "1"
        assert (await harness.http("clicks", "DELETE")).body == "0"
        assert ada.received == ["0", "1", "0"]


async def test_echo_answers_text_with_text_and_binary_with_binary_and_keeps_nothing(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"echo": Echo}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        await ada.send("text")
        await ada.send(b"\x00\xff")

        assert ada.received == ["text", b"\x00\xff"]
        assert harness.disk.appends == 0


def stroke(x: int, y: int) -> bytes:
    return b"\xff\x00\x00" + struct.pack(">HH", x, y)


async def test_strokes_reach_the_others_at_once_and_latecomers_get_all(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"boards": Whiteboard}, data=tmp_path) as harness:
        ada = await harness.connect("plan", user="ada")
        bob = await harness.connect("plan", user="bob")
        await ada.send(stroke(1, 2))
        await bob.send(stroke(3, 4))
        cyd = await harness.connect("plan", user="cyd")

        assert ada.received == [stroke(3, 4)]
        assert bob.received == [stroke(1, 2)]
        assert cyd.received == [stroke(1, 2), stroke(3, 4)]


async def test_the_alarm_keeps_the_picture_over_hibernation_and_crashes(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"boards": Whiteboard}, data=tmp_path) as harness:
        ada = await harness.connect("plan", user="ada")
        await ada.send(stroke(1, 2))
        await trio.sleep(4)
        await ada.send(stroke(3, 4))
        await trio.sleep(2)
        await harness.crash()

        bob = await harness.connect("plan", user="bob")
        assert bob.received == [stroke(1, 2), stroke(3, 4)]


async def test_an_empty_frame_wipes_the_board(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"boards": Whiteboard}, data=tmp_path) as harness:
        ada = await harness.connect("plan")
        await ada.send(stroke(1, 2))
        await ada.send(b"")
        await trio.sleep(20)

        assert (await harness.connect("plan")).received == []


async def test_what_is_no_stroke_is_refused(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"boards": Whiteboard}, data=tmp_path) as harness:
        ada = await harness.connect("plan")
        for message in ("text", b"\x01\x02\x03", stroke(1, 2) + b"x", stroke(1, 2) * 1_000):
            await ada.send(message)

        assert [failure.refusal.code for failure in ada.failures] == ["bad_message"] * 4
        await harness.visit("plan", lambda room: room.strokes.extend([stroke(1, 1)] * STROKES_MAX))
        await ada.send(stroke(1, 2))
        assert ada.failures[-1].refusal.code == "too_large"
