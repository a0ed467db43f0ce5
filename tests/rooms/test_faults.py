"""Rooms that fail, are damaged or destroyed, and what becomes of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from rooms import Connection, ConnectRequest, Room, RoomKey, RoomUnavailable, RuntimeSettings, State, callable_from_rooms
from rooms.testing import Harness, open_harness


class Fragile(Room):
    """Keeps how much it heard; ``break`` raises, ``destroy`` ends it."""

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
        if connection.user == "writer":
            self.storage.put("writer", True)

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        self.storage.put("heard", self.storage.get("heard", 0) + 1)
        if message == "break":
            raise ValueError
        if message == "destroy":
            self.broadcast("the end")
            self.destroy()
        if message == "destroy and break":
            self.destroy()
            raise ValueError
        connection.send(f"{message} in {self.epoch}")

    async def on_close(self, connection: Connection, code: int, reason: str, clean: bool) -> None:
        self.storage.put("closes", self.storage.get("closes", 0) + 1)

    @callable_from_rooms
    async def heard(self) -> int:
        return int(self.storage.get("heard", 0))


async def test_five_failed_turns_in_a_minute_quarantine_a_room_and_its_sockets_stay(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        for _ in range(5):
            await ada.send("break")
        assert harness.state("attic") is State.QUARANTINED

        await ada.send("refused")
        assert [failure.refusal.code for failure in ada.failures] == ["internal"] * 5 + ["unavailable"]
        bob = await harness.connect("attic")
        assert bob.refusal is not None
        assert (bob.refusal.code, bob.refusal.close_code) == ("unavailable", 1011)
        assert bob.refusal.retry_after_ms == 10_000
        with pytest.raises(RoomUnavailable):
            await harness.stub("attic").heard()
        assert ada.closed is None

        await trio.sleep(10.1)
        assert harness.state("attic") is State.HIBERNATED
        await ada.send("hello")
        assert len(ada.received) == 1


async def test_a_quarantine_ends_and_the_next_is_longer(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        for seconds in (10, 20, 40):
            for _ in range(5):
                await ada.send("break")
            await trio.sleep(seconds - 0.1)
            assert harness.state("attic") is State.QUARANTINED
            await trio.sleep(0.2)
            assert harness.state("attic") is State.HIBERNATED


async def test_closes_during_a_quarantine_are_heard_after_it(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        for _ in range(5):
            await ada.send("break")
        await ada.leave()
        await trio.sleep(11)

        assert await harness.visit("attic", lambda room: room.storage.get("closes")) == 1


async def test_other_rooms_do_not_notice_a_quarantine(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        bob = await harness.connect("cellar")
        for _ in range(5):
            await ada.send("break")
        await bob.send("hello")

        assert len(bob.received) == 1


async def test_a_failure_now_and_then_is_no_ground_for_quarantine(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        for _ in range(20):
            await ada.send("break")
            await trio.sleep(16)

        assert harness.state("attic") is not State.QUARANTINED
        assert {failure.refusal.code for failure in ada.failures} == {"internal"}


async def test_what_waited_in_the_mailbox_of_a_room_that_fails_is_refused_at_once(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        for _ in range(8):
            ada.post("break")
        await harness.settle()

        assert [failure.refusal.code for failure in ada.failures] == ["internal"] * 5 + ["unavailable"] * 3


async def test_a_destroyed_room_forgets_everything_and_begins_anew_with_another_epoch(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="writer")
        bob = await harness.connect("attic")
        await ada.send("hello")
        await ada.send("destroy")

        assert bob.received == ["the end"]
        assert bob.closed == ada.closed == (4404, "room destroyed")
        assert ada.received[1:-1] == ["the end"]
        cyd = await harness.connect("attic")
        await cyd.send("hello")
        assert cyd.received[0].split()[0] == "hello"
        assert cyd.received[0] != ada.received[0]
        assert await harness.visit("attic", lambda room: room.storage.list()) == {"heard": 1}


async def test_a_room_that_never_wrote_can_be_destroyed_too(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Empty(Room):
        async def on_message(self, connection: Connection, message: str | bytes) -> None:
            self.destroy()

    async with open_harness({"room": Empty}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        before = await harness.visit("attic", lambda room: room.epoch)
        await ada.send("x")
        assert ada.closed == (4404, "room destroyed")
        assert await harness.visit("attic", lambda room: room.epoch) != before


async def test_a_destroyed_room_leaves_no_file(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="writer")
        assert len(list(harness.path.glob("rooms/room/*/*.sqlite3"))) == 1
        await ada.send("destroy")
        await trio.sleep(11)

        assert list(harness.path.glob("rooms/room/*/*.sqlite3*")) == []
        assert harness.state("attic") is State.EVICTED


async def test_mail_behind_a_destroy_meets_the_new_room(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="writer")
        harness.disk.hold()
        ada.post("destroy")
        ada.post("behind")
        bob = harness.connect_nowait("attic", user="writer")
        await harness.settle()
        assert ada.closed is None

        harness.disk.let_go()
        await harness.settle()
        assert ada.closed == (4404, "room destroyed")
        assert [failure.message for failure in ada.failures] == ["behind"]
        assert bob.refusal is None
        assert await harness.visit("attic", lambda room: room.storage.list()) == {"writer": True}


async def test_a_destroy_in_a_turn_that_raised_did_not_happen(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="writer")
        await ada.send("destroy and break")
        await ada.send("hello")

        assert ada.closed is None
        assert len(ada.received) == 1
        assert await harness.visit("attic", lambda room: room.storage.list()) == {"heard": 1, "writer": True}


async def test_a_destroy_that_could_not_be_stored_did_not_happen(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="writer")
        harness.disk.is_full = True
        await ada.send("destroy")
        harness.disk.is_full = False
        await ada.send("hello")

        assert ada.closed is None
        assert [failure.refusal.code for failure in ada.failures] == ["storage_full"]
        assert len(ada.received) == 1
        assert await harness.visit("attic", lambda room: room.storage.list()) == {"heard": 1, "writer": True}


async def test_a_destroyed_room_stays_destroyed_over_a_crash(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="writer")
        await ada.send("destroy")
        await harness.crash()

        assert await harness.visit("attic", lambda room: room.storage.list()) == {}


async def damage(harness: Harness) -> None:
    (path,) = harness.path.glob("rooms/room/*/*.sqlite3")
    await trio.sleep(12)  # hibernated: nothing of it is open or waits for a commit
    path.write_bytes(b"this is no database, " * 1_000)
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)


async def test_a_damaged_room_loses_its_sockets_and_others_serve(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="writer")
        bob = await harness.connect("attic", user="writer")
        await damage(harness)
        cyd = await harness.connect("cellar")

        await ada.send("hello")

        assert ada.closed == bob.closed == (1011, "unavailable")
        assert [failure.refusal.code for failure in ada.failures] == ["unavailable"]
        await cyd.send("hello")
        assert len(cyd.received) == 1
        assert harness.state("attic") is State.EVICTED
        refusal = harness.runtime.refusal(RoomKey("room", "attic"))
        assert refusal is not None
        assert (refusal.code, refusal.close_code) == ("unavailable", 1011)
        dan = await harness.connect("attic")
        assert dan.refusal == refusal


async def test_the_file_of_a_damaged_room_is_left_as_it_is(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="writer")
        await damage(harness)
        await ada.send("hello")
        (path,) = harness.path.glob("rooms/room/*/*.sqlite3")

        assert path.read_bytes().startswith(b"this is no database")


async def test_a_message_that_meets_a_deadlock_of_sql_gives_up_at_the_turns_limit(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Searching(Room):
        async def on_message(self, connection: Connection, message: str | bytes) -> None:
            self.storage.put("before", True)
            self.storage.sql("with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n")

    async with open_harness({"room": Searching}, data=tmp_path, settings=RuntimeSettings(turn_seconds=0.05)) as harness:
        ada = await harness.connect("attic")
        await ada.send("x")

        assert [failure.refusal.code for failure in ada.failures] == ["timeout"]
        assert await harness.visit("attic", lambda room: room.storage.list()) == {}


async def test_a_lost_transaction_undoes_only_the_turn_that_lost_it(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    """``OR ROLLBACK`` gives up the transaction of all turns not yet committed; those on their way to the journal stand."""

    class Rolling(Room):
        migrations = ("CREATE TABLE t(id INTEGER PRIMARY KEY, who TEXT UNIQUE)",)

        async def on_message(self, connection: Connection, message: str | bytes) -> None:
            self.storage.sql("INSERT OR ROLLBACK INTO t(who) VALUES (?)", message)
            connection.send(f"kept {message}")

    async with open_harness({"room": Rolling}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        harness.disk.hold()
        for message in ("a", "b", "a", "c"):
            ada.post(message)
        await harness.settle()
        assert ada.received == []
        harness.disk.let_go()
        await harness.settle()

        assert ada.received == ["kept a", "kept b", "kept c"]
        assert [failure.message for failure in ada.failures] == ["a"]
        rows = await harness.visit("attic", lambda room: room.storage.sql("SELECT who FROM t ORDER BY id"))
        assert rows == [("a",), ("b",), ("c",)]
