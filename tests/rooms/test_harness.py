"""The public harness does for an author what a server would, and can break what only a test may break."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
import trio

from rooms import Alarm, Connection, ConnectRequest, Envelope, Event, Refusal, Request, Response, Room
from rooms.testing import Harness, State, open_harness


class Join(msgspec.Struct):
    room: str
    name: str = "nobody"


class Say(msgspec.Struct):
    message: str


class Lobby(Room):
    """Everyone present sees every line, in the same order."""

    envelopes = True
    requests: ClassVar[Mapping[str, type[msgspec.Struct]]] = {"join": Join, "message": Say}

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
        connection.attachment = {"user": connection.user}
        connection.send(Event("joined", {"room": request.data.room, "name": request.data.name}, request.ref))

    async def on_message(self, connection: Connection, message: Envelope) -> Refusal | None:
        if not message.data.message:
            return Refusal("bad_message", "say something")
        self.broadcast(Event("message", {"from": connection.attachment["user"], "message": message.data.message}))
        if message.ref is not None:
            connection.send(Event("ack", {}, message.ref))
        return None

    async def on_alarm(self, alarm: Alarm) -> None:
        self.broadcast(Event("alarm", {}))

    async def on_request(self, request: Request) -> Response:
        if request.path == "/break":
            raise ValueError
        return Response(body=f"{request.method} {request.path} {request.body!r}")


@pytest.fixture
async def harness(tmp_path: Path) -> Any:
    async with open_harness({"lobby": Lobby}, data=tmp_path) as harness:
        yield harness


async def test_hibernated_room_remembers_who_is_connected(harness: Harness, autojump_clock: trio.testing.MockClock):
    """A message that comes after the isolate was dropped finds the sender's attachment."""
    ada = await harness.connect("lobby", user="ada")
    await trio.sleep(11)  # idle_seconds is 10
    assert harness.state("lobby") is State.HIBERNATED

    await ada.send_message("still here")

    assert ada.received[-1].data["from"] == "ada"


async def test_requests_are_checked_against_the_kinds_structs_and_carry_their_ref(harness: Harness, autojump_clock: trio.testing.MockClock):
    ada = await harness.connect("lobby", user="ada", name="Ada")
    assert ada.received == [Event("joined", {"room": "lobby", "name": "Ada"})]
    await ada.request("message", ref=7, message="hello")

    assert ada.received[1:] == [Event("message", {"from": "ada", "message": "hello"}), Event("ack", {}, 7)]
    with pytest.raises(msgspec.ValidationError):
        await ada.request("message", message=1)


async def test_refusals_are_recorded(harness: Harness, autojump_clock: trio.testing.MockClock):
    ada = await harness.connect("lobby")
    await ada.send_message("")
    assert ada.failures[0].refusal == Refusal("bad_message", "say something")


async def test_the_date_goes_with_virtual_time_and_can_jump(harness: Harness, autojump_clock: trio.testing.MockClock):
    ada = await harness.connect("lobby")
    await harness.visit("lobby", lambda room: room.storage.set_alarm(room.now_ms + 30_000))
    await trio.sleep(29)
    assert ada.received[-1].type == "joined"
    await trio.sleep(2)
    assert ada.received[-1].type == "alarm"

    await harness.visit("lobby", lambda room: room.storage.set_alarm(room.now_ms + 3_000_000))
    harness.date.jump(3_000)
    await trio.sleep(61)
    assert [event.type for event in ada.received] == ["joined", "alarm", "alarm"]


async def test_plain_http_reaches_the_room(harness: Harness, autojump_clock: trio.testing.MockClock):
    assert (await harness.http("lobby", "POST", "/x", b"body")).body == "POST /x b'body'"


async def test_a_visit_returns_anything_and_raises_what_its_function_raises(harness: Harness, autojump_clock: trio.testing.MockClock):
    something = object()
    assert await harness.visit("lobby", lambda _room: something) is something
    with pytest.raises(ZeroDivisionError):
        await harness.visit("lobby", lambda _room: 1 / 0)


async def test_a_restart_keeps_everything_and_disconnects_everybody(harness: Harness, autojump_clock: trio.testing.MockClock):
    ada = await harness.connect("lobby")
    await harness.visit("lobby", lambda room: room.storage.put("n", 1))
    await harness.restart()

    assert ada.closed == (1006, "")
    assert await harness.visit("lobby", lambda room: (room.storage.get("n"), len(room.connections()))) == (1, 0)


async def test_a_stop_waits_for_the_turn_that_runs_and_not_for_background_work(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Slow(Room):
        async def on_message(self, connection: Connection, message: str | bytes) -> None:
            self.background(trio.sleep, 1_000)
            await trio.sleep(5)
            self.storage.put("n", 1)
            connection.send("done")

    async with open_harness({"slow": Slow}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        ada.post("x")
        await harness.settle()
        started = trio.current_time()
        await harness.restart()

        assert trio.current_time() - started == pytest.approx(5)
        assert ada.received == ["done"]
        assert await harness.visit("r", lambda room: room.storage.get("n")) == 1


async def test_a_runtime_that_stops_takes_nothing_new(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Slow(Room):
        async def on_message(self, connection: Connection, message: str | bytes) -> None:
            await trio.sleep(5)
            connection.send(str(message))

    async with open_harness({"slow": Slow}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        ada.post("before")
        await harness.settle()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(harness.restart)
            await trio.sleep(1)
            bob = harness.connect_nowait("r")
            await trio.sleep(1)

        assert ada.received == ["before"]
        assert bob.refusal is not None
        assert bob.refusal.code == "unavailable"
