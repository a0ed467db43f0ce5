"""Ending rooms for good, with the process ending at any step of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from gateway.endings import RETRY_SECONDS, Endings
from rooms import Identity, Refusal, RoomKey
from rooms.kinds.chat import ChatRoom
from rooms.kinds.directory import DIRECTORY, DirectoryRoom
from rooms.testing import Harness, RecordingLog, open_harness

OLGA = Identity("olga", "Olga")
ROOT = Identity("root", "Root", admin=True)
CODE = "6f1c0b9e-5a0d-4f0e-9a57-0d2b1b0c7e11"
KEY = RoomKey("rooms", CODE)


class Folders:
    """Remembers which were removed; may fail."""

    def __init__(self) -> None:
        self.removed: list[str] = []
        self.is_broken = False

    async def remove_folder(self, folder: str) -> None:
        if self.is_broken:
            raise OSError("the disk would not")
        self.removed.append(folder)


@pytest.fixture
async def harness(tmp_path: Path, autojump_clock: MockClock) -> AsyncIterator[Harness]:
    async with open_harness({"rooms": ChatRoom, DIRECTORY.kind: DirectoryRoom}, data=tmp_path) as running:
        yield running


async def made(harness: Harness, name: str = CODE) -> None:
    assert await harness.runtime.stub(RoomKey("rooms", name)).create("olga", "Olga's")


async def loaded(harness: Harness, folders: Folders) -> Endings:
    endings = Endings(harness.runtime, folders, RecordingLog())
    await endings.load()
    return endings


async def head(harness: Harness, name: str = CODE) -> int:
    found: int = (await harness.runtime.stub(RoomKey("rooms", name)).describe({"user": "olga", "name": "Olga"}))["head"]
    return found


async def test_a_room_ends_for_good_and_its_files_with_it(harness: Harness, nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    await made(harness)
    folders = Folders()
    endings = await loaded(harness, folders)
    nursery.start_soon(endings.run)
    assert not endings.is_gone(KEY)

    assert await endings.end(OLGA, CODE) is None
    assert endings.is_gone(KEY)
    await trio.sleep(1)

    assert len(folders.removed) == 1
    again = await loaded(harness, folders)
    assert again.is_gone(KEY)
    nursery.start_soon(again.run)
    await trio.sleep(2 * RETRY_SECONDS)
    assert len(folders.removed) == 1
    nursery.cancel_scope.cancel()


async def test_who_does_not_own_a_room_does_not_end_it(harness: Harness, autojump_clock: object) -> None:
    await made(harness)
    endings = await loaded(harness, Folders())
    refused = await endings.end(Identity("eve", "Eve"), CODE)
    assert isinstance(refused, Refusal)
    assert refused.code == "not_authorized"
    assert not endings.is_gone(KEY)


async def test_the_name_of_a_room_that_nobody_made_can_be_used_again(
    harness: Harness, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    key = RoomKey("rooms", "lobby")
    endings = await loaded(harness, Folders())
    nursery.start_soon(endings.run)
    await harness.runtime.stub(key).publish({"user": "ada", "name": "Ada"}, "Ada", {"message": "old"})
    assert await endings.end(ROOT, "lobby") is None
    await trio.sleep(1)
    assert not endings.is_gone(key)
    assert await head(harness, "lobby") == 0
    assert not (await loaded(harness, Folders())).is_gone(key)
    nursery.cancel_scope.cancel()


async def test_an_end_that_was_only_written_down_is_carried_out_after_a_crash(
    harness: Harness, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    await made(harness)
    room = harness.runtime.stub(KEY)
    await room.publish({"user": "olga", "name": "Olga"}, "Olga", {"message": "hello"})
    asked = await room.ending({"user": "olga", "name": "Olga"})
    await harness.runtime.stub(DIRECTORY).begin_ending(CODE, asked["folder"], True)
    await harness.crash()

    folders = Folders()
    endings = await loaded(harness, folders)
    assert endings.is_gone(KEY)
    nursery.start_soon(endings.run)
    await trio.sleep(1)
    assert folders.removed == [asked["folder"]]
    assert await head(harness) == 0
    nursery.cancel_scope.cancel()


async def test_files_that_cannot_be_removed_are_removed_later_and_after_a_crash(
    harness: Harness, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    await made(harness)
    folders = Folders()
    folders.is_broken = True
    endings = await loaded(harness, folders)
    with trio.CancelScope() as first:
        nursery.start_soon(endings.run)
        await endings.end(OLGA, CODE)
        await trio.sleep(2 * RETRY_SECONDS)
    assert not first.cancelled_caught
    assert folders.removed == []
    folders.is_broken = False
    await trio.sleep(2 * RETRY_SECONDS)
    assert len(folders.removed) == 1
    nursery.cancel_scope.cancel()
