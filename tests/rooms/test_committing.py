"""From the end of a turn to the disk: what is heard when, and what is undone when the disk has no space."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from rooms import Alarm, Connection, ConnectRequest, Refusal, Room, State, callable_from_rooms
from rooms.testing import open_harness
from storage import SyncFailed


class Notebook(Room):
    """Stores what begins with ``+`` and repeats everything."""

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> Refusal | None:
        connection.attachment = 0
        return None

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        if message == "wait":
            await trio.sleep(5)
        if str(message).startswith("+"):
            self.storage.put(str(message), True)
        connection.attachment += 1
        self.broadcast(f"heard {message}")

    async def on_close(self, connection: Connection, code: int, reason: str, clean: bool) -> None:
        self.storage.put("left", self.storage.get("left", 0) + 1)

    async def on_alarm(self, alarm: Alarm) -> None:
        self.storage.put("alarms", self.storage.get("alarms", 0) + 1)

    @callable_from_rooms
    async def keep(self, key: str) -> None:
        self.storage.put(key, True)


def stored(room: Room) -> Any:
    return sorted(room.storage.list())


async def test_nothing_is_heard_before_what_was_stored_is_durable(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        harness.disk.hold()
        await ada.send("+1")
        await ada.send("2")
        assert ada.received == []

        harness.disk.let_go()
        await harness.settle()

        assert ada.received == ["heard +1", "heard 2"]
        assert ada.bundles == [["heard +1", "heard 2"]]


async def test_turns_go_on_while_the_disk_syncs_and_share_the_next_sync(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        bob = await harness.connect("cellar")
        harness.disk.hold()
        await ada.send("+1")
        before = harness.disk.appends
        for number in range(2, 10):
            await ada.send(f"+{number}")
            await bob.send(f"+{number}")
        harness.disk.let_go()
        await harness.settle()

        assert harness.disk.appends == before + 1
        assert len(ada.received) == 9
        assert len(bob.received) == 8


async def test_what_was_deleted_leaves_the_journal_though_the_disk_was_slow_and_nothing_follows(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    """The last record of the host becomes durable after its commit was due: the host commits all the same, and the segment can go."""

    def delete(room: Room) -> None:
        room.storage.delete("+secret")
        room.storage.forget_deleted()

    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        harness.disk.hold()
        await ada.send("+secret")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(harness.visit, "attic", delete)
            await trio.sleep(1)
            harness.disk.let_go()
        await trio.sleep(60)

        assert [path.name for path in sorted(harness.path.rglob("*")) if path.is_file() and b"+secret" in path.read_bytes()] == []


async def test_what_was_only_said_needs_no_sync(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        appends = harness.disk.appends
        await ada.send("just talk")

        assert ada.received == ["heard just talk"]
        assert harness.disk.appends == appends


async def test_a_full_disk_undoes_every_turn_since_and_tells_its_clients(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("+kept")
        harness.disk.hold()
        await ada.send("+1")
        await ada.send("only said")
        await ada.send("+2")
        harness.disk.is_full = True
        harness.disk.let_go()
        await harness.settle()

        assert ada.received == ["heard +kept"]
        assert [(message, refusal.code) for message, refusal in ada.failures] == [
            ("+1", "storage_full"),
            ("only said", "storage_full"),
            ("+2", "storage_full"),
        ]
        assert await harness.visit("attic", stored) == ["+kept"]
        assert await harness.visit("attic", lambda room: room.connections()[0].attachment) == 1
        assert ada.closed is None


async def test_when_space_returns_the_room_serves_on_without_a_restart(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        harness.disk.is_full = True
        await ada.send("+1")
        harness.disk.is_full = False
        await ada.send("+2")

        assert ada.received == ["heard +2"]
        assert await harness.visit("attic", stored) == ["+2"]


async def test_a_room_that_was_due_to_commit_when_its_turn_was_undone_falls_asleep_all_the_same(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        harness.disk.seconds = 1
        await ada.send("+1")
        harness.disk.is_full = True
        await trio.sleep(12)

        assert [failure.refusal.code for failure in ada.failures] == ["storage_full"]
        assert harness.state("attic") is State.HIBERNATED


async def test_rooms_that_wrote_nothing_are_not_touched_by_a_full_disk(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        bob = await harness.connect("cellar")
        harness.disk.is_full = True
        await ada.send("+1")
        await bob.send("hello")

        assert bob.received == ["heard hello"]
        assert bob.failures == []


async def test_a_turn_that_runs_while_its_past_is_undone_is_undone_too(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        harness.disk.hold()
        await ada.send("+1")
        await ada.send("wait")
        harness.disk.is_full = True
        harness.disk.let_go()
        await harness.settle()

        assert sorted(message for message, _ in ada.failures) == ["+1", "wait"]
        assert {refusal.code for _, refusal in ada.failures} == {"storage_full"}
        harness.disk.is_full = False
        await ada.send("+2")
        assert ada.received == ["heard +2"]


async def test_a_connect_that_could_not_be_stored_is_refused(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Register(Room):
        async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
            self.storage.put(connection.user, True)

    async with open_harness({"room": Register}, data=tmp_path) as harness:
        harness.disk.is_full = True
        ada = await harness.connect("attic", user="ada")

        assert ada.refusal is not None
        assert ada.refusal.code == "storage_full"
        assert await harness.visit("attic", lambda room: room.connections()) == []


async def test_a_close_that_could_not_be_stored_is_heard_again(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        harness.disk.is_full = True
        await ada.leave()
        assert await harness.visit("attic", stored) == []

        harness.disk.is_full = False
        await trio.sleep(2)

        assert await harness.visit("attic", lambda room: room.storage.get("left")) == 1


async def test_an_alarm_that_could_not_be_stored_runs_again_and_counts_once(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        await harness.visit("attic", lambda room: room.storage.set_alarm(room.now_ms + 1_000))
        harness.disk.is_full = True
        await trio.sleep(1.5)
        harness.disk.is_full = False
        await trio.sleep(60)

        assert await harness.visit("attic", lambda room: room.storage.get("alarms")) == 1


async def test_a_failed_sync_ends_the_runtime_and_opens_no_gate(tmp_path: Path):
    heard: list[Any] = []

    async def write_to_a_broken_disk() -> None:
        async with open_harness({"room": Notebook}, data=tmp_path) as harness:
            ada = await harness.connect("attic")
            harness.disk.is_broken = True
            await ada.send("+1")
            heard.extend(ada.received)
            await trio.sleep_forever()

    with pytest.raises(BaseExceptionGroup) as ended:
        await write_to_a_broken_disk()

    assert ended.group_contains(SyncFailed)
    assert heard == []


async def test_the_file_is_committed_within_a_tenth_of_a_second(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    import sqlite3

    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("+1")
        await trio.sleep(0.15)

        (path,) = harness.path.glob("rooms/room/*/*.sqlite3")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as reader:
            assert reader.execute("select key from kv").fetchall() == [("+1",)]


async def test_a_busy_room_commits_too_and_loses_no_order(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    """The disk always has something of it in flight: the room holds its next turn for one sync."""
    import sqlite3

    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        harness.disk.seconds = 0.01
        ada = await harness.connect("attic")
        sent = []
        for number in range(200):
            sent.append(f"+{number}")
            ada.post(sent[-1])
            await trio.sleep(0.003)
        (path,) = harness.path.glob("rooms/room/*/*.sqlite3")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as reader:
            (committed,) = reader.execute("select count(*) from kv").fetchone()
        await trio.sleep(1)

        assert committed > 100
        assert ada.received == [f"heard {each}" for each in sent]


async def test_what_was_heard_survives_a_crash_and_what_was_not_may_not(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Notebook}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("+heard")
        harness.disk.hold()
        await ada.send("+unheard")

        await harness.crash()

        assert await harness.visit("attic", stored) == ["+heard"]
        assert ada.closed == (1006, "")
