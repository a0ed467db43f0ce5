"""Behaviours of Durable Objects, E (gates) and I (failure), read with our stricter turns.

The numbers are those of docs/explanation/durable-objects.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from rooms import CallFailed, Connection, ConnectRequest, Room, RoomOverloaded, RuntimeSettings, callable_from_rooms
from rooms.testing import open_harness


class Vault(Room):
    """Message by message a small program over its storage."""

    broken = False

    async def on_start(self) -> None:
        if Vault.broken:
            raise ValueError("the constructor")

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        if message == "put then close":
            self.storage.put("a", 1)
            connection.close(4000, "stored")
        elif message == "send then put":
            connection.send("said before")
            self.storage.put("a", 1)
        elif message == "two puts":
            self.storage.put("a", 1)
            self.storage.put("b", 2)
        elif message == "put, send, break":
            self.storage.put("a", 1)
            connection.send("never")
            raise ValueError

    @callable_from_rooms
    async def add(self) -> int:
        n = self.storage.get("n", 0)
        await trio.lowlevel.checkpoint()
        self.storage.put("n", n + 1)
        return int(n) + 1

    @callable_from_rooms
    async def work(self, seconds: float) -> None:
        self.storage.put("order", [*self.storage.get("order", []), "begin"])
        await trio.sleep(seconds)
        self.storage.put("order", [*self.storage.get("order", []), "end"])

    @callable_from_rooms
    async def fail(self) -> None:
        raise ValueError("what the room said")


async def test_68_while_a_hook_waits_events_queue_in_order_and_run_after_it(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"vaults": Vault}, data=tmp_path) as harness:
        async with trio.open_nursery() as nursery:
            for seconds in (3, 1, 2):
                nursery.start_soon(harness.stub("r").work, seconds)
        assert await harness.visit("r", lambda room: room.storage.get("order")) == ["begin", "end"] * 3


async def test_70_unlike_there_a_failed_turn_costs_no_socket_and_queued_events_run(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"vaults": Vault}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        ada.post("put, send, break")
        ada.post("two puts")
        await harness.settle()

        assert ada.closed is None
        assert ada.received == []
        assert await harness.visit("r", lambda room: room.storage.list()) == {"a": 1, "b": 2}


async def test_73_a_close_waits_for_what_was_stored_before_it(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"vaults": Vault}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        harness.disk.hold()
        await ada.send("put then close")
        assert ada.closed is None
        harness.disk.let_go()
        await harness.settle()
        assert ada.closed == (4000, "stored")


async def test_74_unlike_there_a_send_waits_for_what_its_turn_stores_after_it(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    """A turn is all or nothing, so nothing of it is heard before all of it is durable."""
    async with open_harness({"vaults": Vault}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        harness.disk.hold()
        await ada.send("send then put")
        assert ada.received == []
        harness.disk.let_go()
        await harness.settle()
        assert ada.received == ["said before"]


@pytest.mark.parametrize("durable", [False, True])
async def test_79_of_two_puts_both_or_neither_survive_a_kill(tmp_path: Path, autojump_clock: trio.testing.MockClock, durable: bool):
    async with open_harness({"vaults": Vault}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        if not durable:
            harness.disk.hold()
        await ada.send("two puts")
        await harness.crash()
        assert await harness.visit("r", lambda room: room.storage.list()) == ({"a": 1, "b": 2} if durable else {})


async def test_80_requests_that_count_do_not_lose_counts(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"vaults": Vault}, data=tmp_path) as harness:
        async with trio.open_nursery() as nursery:
            for _ in range(50):
                nursery.start_soon(harness.stub("r").add)
        assert await harness.visit("r", lambda room: room.storage.get("n")) == 50


async def test_115_a_room_that_cannot_start_refuses_and_serves_once_it_can(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"vaults": Vault}, data=tmp_path) as harness:
        Vault.broken = True
        try:
            ada = await harness.connect("r")
            assert ada.refusal is not None
        finally:
            Vault.broken = False
        bob = await harness.connect("r")
        assert bob.refusal is None


async def test_116_overload_is_said_at_once_and_the_room_recovers(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"vaults": Vault}, data=tmp_path, settings=RuntimeSettings(mailbox_messages_max=5)) as harness:
        overloaded = []

        async def call() -> None:
            try:
                await harness.stub("r").add()
            except RoomOverloaded:
                overloaded.append(trio.current_time())

        started = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(harness.stub("r").work, 5)
            await harness.settle()
            for _ in range(8):
                nursery.start_soon(call)

        assert overloaded == [started] * 3
        assert await harness.stub("r").add() == 6


async def test_118_what_was_raised_there_is_told_here(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"vaults": Vault}, data=tmp_path) as harness:
        with pytest.raises(CallFailed, match="what the room said"):
            await harness.stub("r").fail()
        assert await harness.stub("r").add() == 1  # and unlike there, the stub is not broken by it


async def test_the_record_of_a_connect_is_durable_before_its_greeting_is_heard(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Greeting(Room):
        async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
            self.storage.put(connection.user, True)
            connection.send("welcome")

    async with open_harness({"rooms": Greeting}, data=tmp_path) as harness:
        harness.disk.hold()
        ada = await harness.connect("r", user="ada")
        assert ada.received == []
        harness.disk.let_go()
        await harness.settle()
        assert ada.received == ["welcome"]
