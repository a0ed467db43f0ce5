"""What hibernation leaves in memory: little enough for a hundred thousand sockets on one machine."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import trio

from rooms import Connection, ConnectRequest, Identity, Room, RoomKey, State
from rooms.testing import Harness, open_harness
from storage import RoomFile

CONNECTION_BYTES_MAX = 400
ROOM_BYTES_MAX = 1_024


class Remembering(Room):
    async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
        connection.attachment = {"name": connection.user, "heard": 12_345}

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        self.storage.put("n", 1)
        self.broadcast("hello")


class Mute:
    """The gateway's part of a connection, which is not counted here."""

    identity = Identity("ada", "Ada")

    def send_nowait(self, bundle: object) -> None: ...
    def close_nowait(self, code: int, reason: str) -> None: ...
    def refused(self, refusal: object) -> None: ...
    def failed(self, message: object, refusal: object) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


PEER = Mute()


async def fill(harness: Harness, rooms: int, connections: int, prefix: str) -> None:
    for number in range(rooms):
        for each in range(connections):
            connection = harness.runtime.connect_nowait(
                RoomKey("room", f"{prefix} {number}"), PEER, ConnectRequest(f"{prefix} {number} {each}")
            )
        connection.post_nowait("hello")
        if number % 100 == 99:
            await harness.settle()
    await trio.sleep(20)
    assert harness.state(f"{prefix} {rooms - 1}") is State.HIBERNATED


async def bytes_of(harness: Harness, rooms: int, connections: int, prefix: str) -> int:
    before = traced_bytes()
    await fill(harness, rooms, connections, prefix)
    return traced_bytes() - before


def traced_bytes() -> int:
    """What was allocated in the files of ``rooms`` and here: storage's share is measured there."""
    gc.collect()
    ours = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*/rooms/*"), tracemalloc.Filter(True, "<string>")])
    return sum(trace.size for trace in ours.traces)


async def test_a_hibernated_connection_and_a_hibernated_room_are_small(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Remembering}, data=tmp_path) as harness:
        await fill(harness, 20, 2, "warm up")
        tracemalloc.start()
        try:
            thin = await bytes_of(harness, 60, 1, "thin")
            thick = await bytes_of(harness, 60, 21, "thick")
        finally:
            tracemalloc.stop()
        a_connection = (thick - thin) / (60 * 20)
        a_room = thin / 60 - a_connection
        print(f"a connection {a_connection:.0f} B (and its attachment), a room {a_room:.0f} B")

        assert a_connection <= CONNECTION_BYTES_MAX
        assert a_room <= ROOM_BYTES_MAX


class Parts(Room):
    """Its part knows the room, and the room its part, as in most rooms of some size."""

    async def on_start(self) -> None:
        self.part = Part(self)

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        self.storage.put("n", 1)


class Part:
    def __init__(self, room: Parts) -> None:
        self.room = room


def awake_parts() -> list[object]:
    return [each for each in gc.get_objects() if type(each) in (Parts, Part, RoomFile)]


async def test_what_an_awake_room_had_goes_when_it_falls_asleep_without_waiting_for_the_collector(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"room": Parts}, data=tmp_path) as harness:
        await fill(harness, 10, 2, "warm up")
        gc.collect()
        gc.disable()
        before = awake_parts()  # of other tests, which may be remembered
        try:
            await fill(harness, 10, 2, "asleep")
            left = awake_parts()
        finally:
            gc.enable()

        assert len(left) <= len(before)
