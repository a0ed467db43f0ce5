"""Damage that shows in the middle of a turn, in a file that could be opened: the room is set aside, and all others serve."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import trio

from rooms import Connection, Room, RoomKey
from rooms.testing import Client, Harness, open_harness


class Library(Room):
    """Stores text as ``key=value``, reads what is asked for with ``?``, and raises at ``break``."""

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        key, written, value = str(message).partition("=")
        if written:
            self.storage.put(key, value * 100)
        if key == "break":
            raise ValueError
        connection.send(f"{key}: {len(self.storage.get(key, ''))}")


async def filled(harness: Harness) -> Client:
    """Somebody in a room that has several pages, all of them in its file; it sleeps."""
    ada = await harness.connect("attic")
    for number in range(20):
        await ada.send(f"{number:02}={'x' * 10}")
    await trio.sleep(12)
    (path,) = harness.path.glob("rooms/room/*/*.sqlite3")
    with sqlite3.connect(path) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    return ada


def damage(harness: Harness) -> None:
    """The pages of the table ``kv`` are overwritten, wherever a value stands."""
    (path,) = harness.path.glob("rooms/room/*/*.sqlite3")
    content = bytearray(path.read_bytes())
    for start in range(0, len(content), 4096):
        if b"xxxxxxxxxx" in content[start : start + 4096]:
            content[start : start + 4096] = b"\xff" * 4096
    with path.open("r+b") as file:
        file.write(content)


async def is_set_aside_and_others_serve(harness: Harness, ada: Client) -> None:
    assert ada.closed == (1011, "unavailable")
    assert harness.runtime.refusal(RoomKey("room", "attic")) is not None
    bob = await harness.connect("cellar")
    await bob.send("hello")
    assert bob.received == ["hello: 0"]


async def test_damage_that_a_turn_meets_sets_the_room_aside(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    async with open_harness({"room": Library}, data=tmp_path) as harness:
        ada = await filled(harness)
        damage(harness)
        await ada.send("07")
        await is_set_aside_and_others_serve(harness, ada)


async def test_damage_that_is_the_last_failure_before_a_quarantine_sets_the_room_aside(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_harness({"room": Library}, data=tmp_path) as harness:
        ada = await filled(harness)
        for _ in range(4):
            await ada.send("break")
        await trio.sleep(12)
        damage(harness)
        await ada.send("07")
        await is_set_aside_and_others_serve(harness, ada)


async def test_damage_that_shows_when_a_turn_that_raised_is_undone_sets_the_room_aside(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Its predecessor is done again from its record, and meets the damage."""
    async with open_harness({"room": Library}, data=tmp_path) as harness:
        ada = await filled(harness)
        ada.post("07=y")
        await harness.settle()
        damage(harness)
        await ada.send("break=y")
        await is_set_aside_and_others_serve(harness, ada)
