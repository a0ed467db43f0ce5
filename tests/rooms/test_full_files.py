"""Rooms whose files find no space, behind a journal that does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest
import trio

from rooms import Connection, Room, RuntimeSettings
from rooms.testing import open_harness
from storage import SyncFailed
from tests.storage.full_disk import full_disk


class Notebook(Room):
    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        self.storage.put(str(message), True)
        connection.send(f"kept {message}")


async def test_a_room_whose_file_had_no_space_lets_the_journal_go_when_there_is_some_though_nobody_comes_back(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Until its file has all that it promised, it does not sleep: asleep, nobody would try again."""

    def forget(room: Any) -> None:
        room.storage.delete("secret")
        room.storage.forget_deleted()

    with full_disk() as disk:
        async with open_harness({"room": Notebook}, data=tmp_path, settings=RuntimeSettings(retire_seconds=1)) as harness:
            ada = await harness.connect("attic")
            await ada.send("first")
            await trio.sleep(1)
            disk.is_full = True
            await ada.send("secret")
            await harness.visit("attic", forget)
            await ada.leave()
            assert ada.received == ["kept first", "kept secret"]
            await trio.sleep(60)
            assert harness.log.events == ["room_not_committed"], "it is tried again and again, and said once"

            disk.is_full = False
            await trio.sleep(60)
            assert [path.name for path in sorted(harness.path.rglob("*")) if path.is_file() and b"secret" in path.read_bytes()] == []


async def test_a_sync_that_fails_before_a_turn_ends_the_runtime(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    """The commit that had no space is tried again before the next turn, and is followed by a cut of the log, with SQLite's syncs."""

    def fail(name: str) -> None:
        raise apsw.IOError(name)

    async def write_to_a_disk_that_was_full() -> None:
        with full_disk() as disk:
            async with open_harness({"room": Notebook}, data=tmp_path) as harness:
                ada = await harness.connect("attic")
                await ada.send("first")
                await trio.sleep(1)
                disk.is_full = True
                await ada.send("second")
                await trio.sleep(0.5)
                disk.is_full = False
                disk.on_sync = fail
                harness.folder._retirement.standing(harness.key("attic")).trim = True
                harness.runtime._actors[harness.key("attic")].isolate._no_commit_before = 0.0  # by the real clock it was just now
                await ada.send("third")
                await trio.sleep(60)
                raise AssertionError("it goes on")

    with pytest.raises(BaseExceptionGroup) as ended:
        await write_to_a_disk_that_was_full()
    assert ended.group_contains(SyncFailed)
