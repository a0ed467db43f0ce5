"""Behaviours of Durable Objects, A (identity) and B (life cycle); the numbers are those of docs/explanation/durable-objects.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio

from rooms import Alarm, Connection, ConnectRequest, Request, Response, Room, State, callable_from_rooms
from rooms.testing import open_harness


class Thing(Room):
    """Counts in memory and in storage, and knows its name everywhere."""

    made = 0

    async def on_start(self) -> None:
        Thing.made += 1
        self.counter = 0
        self.at_start = [each.attachment for each in self.connections()]

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
        connection.attachment = {"name": connection.user}
        connection.send(f"{self.name} {self.counter}")
        self.counter += 1

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        if message == "alarm":
            self.storage.set_alarm(self.now_ms + 1_000)
        elif message == "work":
            self.background(trio.sleep, 15)
        else:
            self.storage.put("value", message)
            connection.send(f"{self.name} {connection.attachment['name']}")

    async def on_alarm(self, alarm: Alarm) -> None:
        self.broadcast(f"alarm of {self.name}")

    async def on_request(self, request: Request) -> Response:
        return Response(body=" ".join([self.name, *(each.user for each in self.connections())]))

    @callable_from_rooms
    async def note(self, number: int) -> None:
        self.storage.put("notes", [*self.storage.get("notes", []), number])


def value(room: Room) -> Any:
    return room.storage.get("value")


async def test_1_two_clients_at_the_same_moment_meet_in_one_instance(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        clients = [harness.connect_nowait("r", user=user) for user in ("a", "b", "c")]
        await harness.settle()

        assert [client.received for client in clients] == [["r 0"], ["r 1"], ["r 2"]]


async def test_2_rooms_of_different_names_or_kinds_share_nothing(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"things": Thing, "others": Thing}, data=tmp_path) as harness:
        for name, kind in (("a", "things"), ("b", "things"), ("a", "others"), ("A", "things")):
            client = await harness.connect(name, kind=kind)
            await client.send(f"{kind} {name}")
        for name, kind in (("a", "things"), ("b", "things"), ("a", "others"), ("A", "things")):
            assert await harness.visit(name, value, kind=kind) == f"{kind} {name}"


async def test_5_a_room_knows_its_name_in_every_hook(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        ada = await harness.connect("r", user="ada")
        await ada.send("hello")
        await ada.send("alarm")
        await trio.sleep(2)

        assert ada.received == ["r 0", "r ada", "alarm of r"]
        assert (await harness.http("r")).body == "r ada"


async def test_7_a_stub_alone_makes_no_instance(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        Thing.made = 0
        harness.stub("r")
        await harness.settle()
        assert Thing.made == 0


async def test_8_calls_on_one_stub_arrive_in_the_order_made(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        stub = harness.stub("r")
        for number in range(100):
            stub.cast.note(number)
        await harness.settle()
        assert await harness.visit("r", lambda room: room.storage.get("notes")) == list(range(100))


async def test_11_what_was_stored_is_there_after_a_restart(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        await ada.send("kept")
        await harness.restart()
        assert await harness.visit("r", value) == "kept"


async def test_13_an_idle_room_without_sockets_leaves_memory_and_keeps_its_storage(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        await ada.send("kept")
        await ada.leave()
        await trio.sleep(10.5)
        Thing.made = 0

        assert await harness.visit("r", lambda room: room.counter) == 0
        assert await harness.visit("r", value) == "kept"
        assert Thing.made == 1


async def test_14_activity_every_nine_seconds_keeps_the_instance(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        Thing.made = 0
        for _ in range(4):
            await trio.sleep(9)
            await ada.send("x")
        assert Thing.made == 0


async def test_16_17_an_attachment_survives_as_it_was_assigned_and_is_readable_before_the_first_event(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        ada = await harness.connect("r", user="ada")
        await harness.visit("r", lambda room: room.connections()[0].attachment.update(name="mutated"))
        await harness.hibernate("r")
        await ada.send("x")

        assert ada.received[-1] == "r ada"
        assert await harness.visit("r", lambda room: room.at_start) == [{"name": "ada"}]


async def test_19_pending_work_keeps_a_room_awake_and_ten_seconds_after_its_end_it_sleeps(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        await ada.send("work")
        await trio.sleep(24)
        assert harness.state("r") is State.AWAKE
        await trio.sleep(2)
        assert harness.state("r") is State.HIBERNATED


async def test_22_an_http_request_to_a_hibernated_room_finds_the_same_connections(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        for user in ("ada", "bob"):
            await harness.connect("r", user=user)
        await harness.hibernate("r")

        assert (await harness.http("r")).body == "r ada bob"


async def test_25_two_simultaneous_upgrades_to_a_cold_room_do_not_keep_it_awake(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        for user in ("ada", "bob"):
            harness.connect_nowait("r", user=user)
        await trio.sleep(10.5)
        assert harness.state("r") is State.HIBERNATED


async def test_26_all_attachments_of_a_large_room_are_readable_at_wake(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        clients = [harness.connect_nowait("r", user=f"user {number}") for number in range(900)]
        await harness.settle()
        await harness.hibernate("r")
        await clients[0].send("x")

        names = await harness.visit("r", lambda room: [each["name"] for each in room.at_start])
        assert names == [f"user {number}" for number in range(900)]


async def test_28_29_a_test_may_put_rooms_to_sleep_memory_goes_and_storage_and_sockets_stay(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"things": Thing}, data=tmp_path) as harness:
        clients = [await harness.connect(name) for name in ("a", "b")]
        for client in clients:
            await client.send("kept")
        for name in ("a", "b"):
            await harness.hibernate(name)

        for client, name in zip(clients, ("a", "b"), strict=True):
            assert await harness.visit(name, lambda room: room.counter) == 0
            assert await harness.visit(name, value) == "kept"
            assert client.closed is None
            assert await harness.visit(name, lambda room: len(room.connections())) == 1
