"""A user's devices: who replaces whom, who hears what, and that nothing of it is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from rooms import ConnectRequest, Event, State
from rooms.kinds.devices import DeviceRoom
from rooms.testing import Client, Harness, open_harness


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness({"devices": DeviceRoom}, data=tmp_path) as harness:
        yield harness


async def device(harness: Harness, name: str, user: str = "ada") -> Client:
    return await harness.connect("ada", user=user, request=ConnectRequest(f"of-{name}", {"device": name}))


def frame(sender: str, message: str, *, desktop: bool = True, mobile: bool = True) -> Event:
    return Event("frame", {"desktop": desktop, "mobile": mobile, "room": "ada", "from": sender, "message": message})


async def test_a_text_goes_to_both_devices(harness: Harness) -> None:
    mobile, desktop = await device(harness, "mobile"), await device(harness, "desktop")

    await mobile.send("hello")
    await desktop.send('{"type":"message","data":{}}')

    told = [frame("mobile", "hello"), frame("desktop", '{"type":"message","data":{}}')]
    assert mobile.received == told
    assert desktop.received == told


async def test_a_frame_says_which_devices_are_there(harness: Harness) -> None:
    mobile = await device(harness, "mobile")
    await mobile.send("alone")
    desktop = await device(harness, "desktop")
    await mobile.leave()
    await desktop.send("alone too")

    assert mobile.received == [frame("mobile", "alone", desktop=False)]
    assert desktop.received == [frame("desktop", "alone too", mobile=False)]


async def test_bytes_go_untouched_to_the_other_device_alone(harness: Harness) -> None:
    mobile, desktop = await device(harness, "mobile"), await device(harness, "desktop")

    await mobile.send(b"\x00\xff")
    await desktop.send(b"")

    assert desktop.received == [b"\x00\xff"]
    assert mobile.received == [b""]


async def test_bytes_for_a_device_that_is_not_there_go_nowhere(harness: Harness) -> None:
    mobile = await device(harness, "mobile")

    await mobile.send(b"\x00")

    assert mobile.received == []
    assert mobile.failures == []


async def test_the_latest_socket_of_a_device_replaces_the_older(harness: Harness) -> None:
    older, desktop = await device(harness, "mobile"), await device(harness, "desktop")

    newer = await device(harness, "mobile")
    await desktop.send("who hears?")

    replaced: Any = Event("replaced", {"device": "mobile", "message": "This connection has been overwritten with a new one"})
    assert older.received == [replaced]
    assert older.closed == (4409, "This connection has been overwritten with a new one")
    assert newer.received == [frame("desktop", "who hears?")]
    assert desktop.received == [frame("desktop", "who hears?")]


async def test_the_end_of_a_replaced_socket_does_not_take_the_newer_one_with_it(harness: Harness) -> None:
    await device(harness, "mobile")
    newer, desktop = await device(harness, "mobile"), await device(harness, "desktop")

    await harness.settle()
    await desktop.send(b"still there")

    assert newer.received == [b"still there"]


@pytest.mark.parametrize(("user", "name", "code"), [("bob", "mobile", "not_authorized"), ("ada", "watch", "bad_message")])
async def test_others_and_unknown_devices_are_refused(harness: Harness, user: str, name: str, code: str) -> None:
    mine = await device(harness, "mobile")

    other = await device(harness, name, user)

    assert other.refusal is not None
    assert other.refusal.code == code
    assert mine.closed is None


async def test_a_hibernated_room_still_knows_which_device_is_which(harness: Harness, autojump_clock: MockClock) -> None:
    mobile, desktop = await device(harness, "mobile"), await device(harness, "desktop")
    await trio.sleep(11)  # idle_seconds is 10
    assert harness.state("ada") is State.HIBERNATED

    await mobile.send(b"awake")
    await trio.sleep(11)
    newer = await device(harness, "desktop")

    assert desktop.received[0] == b"awake"
    assert desktop.closed is not None
    assert desktop.closed[0] == 4409
    assert newer.closed is None


async def test_nothing_is_stored(harness: Harness, autojump_clock: MockClock) -> None:
    mobile, desktop = await device(harness, "mobile"), await device(harness, "desktop")
    for n in range(100):
        await mobile.send(bytes([n]))
        await desktop.send(str(n))
    await device(harness, "mobile")
    await trio.sleep(11)

    assert harness.runtime.stats.journal_records == 0
    assert not list(harness.path.rglob("rooms/**/*.sqlite3"))


async def test_a_flood_pauses_its_sender_and_loses_nothing(harness: Harness) -> None:
    mobile, desktop = await device(harness, "mobile"), await device(harness, "desktop")

    for n in range(1_000):  # mailbox_messages_max
        assert mobile.post(n.to_bytes(2, "big"))
    assert mobile.is_paused
    await harness.settle()

    assert not mobile.is_paused
    assert [int.from_bytes(each, "big") for each in desktop.received] == list(range(1_000))
