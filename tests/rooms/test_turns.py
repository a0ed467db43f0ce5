"""A turn happens whole or not at all: storage, sends, closes, attachments and tags, the alarm, and what it starts elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import trio

from rooms import (
    Connection,
    ConnectRequest,
    OutsideTurn,
    Refusal,
    Room,
    RuntimeSettings,
    State,
    callable_from_rooms,
)
from rooms.testing import open_harness


class Saboteur(Room):
    """Does everything a turn can do, and then raises, or not."""

    background_runs = 0

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
        connection.attachment = {"was": "here"}
        connection.tags = ["first"]

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        if message == "hello":
            connection.send("hello")
            return
        self.storage.put("key", "value")
        self.storage.set_alarm(self.now_ms + 1_000)
        connection.attachment = {"was": "changed"}
        connection.tags = ["second"]
        connection.send("mine")
        self.broadcast("everybody's")
        self.set_auto_response("ping", "pong")
        self.background(self.count)
        self.stub("room", "other").tell.remember("tell")
        self.stub("room", "other").cast.remember("cast")
        for other in self.connections():
            if other is not connection:
                other.close(4000, "out")
        if message == "wait and break":
            await trio.sleep(1)
        if message == "exit":
            sys.exit("an author who means well")
        if message != "do":
            raise ValueError(message)

    async def count(self, result: Any = None) -> None:
        Saboteur.background_runs += 1

    @callable_from_rooms
    async def remember(self, how: str) -> None:
        self.storage.put(how, True)


def look(room: Saboteur) -> Any:
    (connection,) = [each for each in room.connections() if each.user == "ada"]
    return {
        "stored": room.storage.list(),
        "alarm": room.storage.get_alarm() is not None,
        "attachment": connection.attachment,
        "tags": connection.tags,
        "connected": len(room.connections()),
        "second": len(room.connections("second")),
        "auto": room.get_auto_response(),
    }


@pytest.mark.parametrize("order", ["break", "wait and break", "exit"])
async def test_a_turn_that_raises_leaves_no_trace(tmp_path: Path, autojump_clock: trio.testing.MockClock, order: str):
    Saboteur.background_runs = 0
    async with open_harness({"room": Saboteur}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        bob = await harness.connect("attic", user="bob")
        before = await harness.visit("attic", look)

        await ada.send(order)
        await trio.sleep(5)

        assert await harness.visit("attic", look) == before
        assert ada.received == bob.received == []
        assert bob.closed is None
        assert [failure.refusal.code for failure in ada.failures] == ["internal"]
        assert Saboteur.background_runs == 0
        assert await harness.visit("other", lambda room: room.storage.list()) == {}


async def test_a_turn_that_returns_happens_whole(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    Saboteur.background_runs = 0
    async with open_harness({"room": Saboteur}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        bob = await harness.connect("attic", user="bob")

        await ada.send("do")

        assert await harness.visit("attic", look) == {
            "stored": {"key": "value"},
            "alarm": True,
            "attachment": {"was": "changed"},
            "tags": ("second",),
            "connected": 1,
            "second": 1,
            "auto": ("ping", "pong"),
        }
        assert ada.received == ["mine", "everybody's"]
        assert bob.received == ["everybody's"]
        assert bob.closed == (4000, "out")
        assert Saboteur.background_runs == 1
        assert await harness.visit("other", lambda room: room.storage.list()) == {"cast": True, "tell": True}


async def test_after_a_turn_that_raised_the_room_is_rebuilt_and_serves_on(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Saboteur}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        before = await harness.visit("attic", id)

        await ada.send("break")
        await ada.send("hello")

        assert ada.received == ["hello"]
        assert harness.state("attic") is State.AWAKE
        assert await harness.visit("attic", id) != before


class Impatient(Room):
    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        self.storage.put("began", message)
        if message == "stubborn":
            try:
                await trio.sleep(60)
            except trio.Cancelled:
                raise ValueError("hidden") from None
        elif message == "late":
            with trio.CancelScope(shield=True):
                await trio.sleep(40)
        elif message == "group":
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep, 60)
                nursery.start_soon(self.fail_when_cancelled)
        else:
            await trio.sleep(float(message))
        connection.send("done")

    async def fail_when_cancelled(self) -> None:
        try:
            await trio.sleep(60)
        finally:
            raise ValueError("in the group")


async def test_a_turn_that_takes_too_long_is_cancelled_and_leaves_no_trace(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Impatient}, data=tmp_path) as harness:
        ada = await harness.connect("attic")

        ada.post("31")
        await trio.sleep(30.5)

        assert [failure.refusal.code for failure in ada.failures] == ["timeout"]
        assert await harness.visit("attic", lambda room: room.storage.list()) == {}
        await ada.send("0")
        assert ada.received == ["done"]


@pytest.mark.parametrize("message", ["stubborn", "group"])
async def test_a_hook_that_hides_its_cancellation_has_timed_out_all_the_same(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, message: str
):
    async with open_harness({"room": Impatient}, data=tmp_path) as harness:
        ada = await harness.connect("attic")

        ada.post(message)
        await trio.sleep(31)

        assert [failure.refusal.code for failure in ada.failures] == ["timeout"]
        await ada.send("0")
        assert ada.received == ["done"]


async def test_a_hook_that_returned_in_spite_of_its_limit_has_happened(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Impatient}, data=tmp_path) as harness:
        ada = await harness.connect("attic")

        ada.post("late")
        await trio.sleep(41)
        await ada.send("1")
        await trio.sleep(2)

        assert ada.received == ["done", "done"]


class Sequence(Room):
    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        self.broadcast(f"{message} begins")
        await trio.sleep(1)
        self.broadcast(f"{message} ends")


async def test_turns_never_interleave_not_even_while_one_waits(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Sequence}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        bob = await harness.connect("attic", user="bob")
        ada.post("a")
        bob.post("b")
        await trio.sleep(3)

        assert ada.received == ["a begins", "a ends", "b begins", "b ends"]


async def test_a_message_refused_by_its_hook_is_told_to_the_sender_and_its_writes_stay(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    class Strict(Room):
        async def on_message(self, connection: Connection, message: str | bytes) -> Refusal:
            self.storage.put("tries", self.storage.get("tries", 0) + 1)
            return Refusal("rate_limited", "slowly", retry_after_ms=5)

    async with open_harness({"room": Strict}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("x")

        assert ada.failures == [("x", Refusal("rate_limited", "slowly", retry_after_ms=5))]
        assert await harness.visit("attic", lambda room: room.storage.get("tries")) == 1


async def test_hooks_need_not_be_coroutines(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Plain(Room):
        def on_message(self, connection: Connection, message: str | bytes) -> None:  # type: ignore[override]
            if message == "break":
                raise ValueError
            connection.send("plain")

    async with open_harness({"room": Plain}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("break")
        await ada.send("x")

        assert ada.received == ["plain"]
        assert len(ada.failures) == 1


async def test_outside_a_turn_a_room_can_do_nothing(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    kept: list[Room] = []

    class Kept(Room):
        async def on_start(self) -> None:
            kept.append(self)

    async with open_harness({"room": Kept}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        connection = ada.connection

        def assign() -> None:
            connection.attachment = 1

        for act in (
            lambda: kept[0].broadcast("x"),
            lambda: connection.send("x"),
            lambda: connection.close(),
            assign,
            lambda: kept[0].now_ms,
            lambda: kept[0].destroy(),
            lambda: kept[0].background(trio.sleep, 1),
        ):
            with pytest.raises(OutsideTurn):
                act()


async def test_the_date_stands_still_during_a_turn(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Dated(Room):
        async def on_message(self, connection: Connection, message: str | bytes) -> None:
            before = self.now_ms
            await trio.sleep(2)
            connection.send(str(self.now_ms - before))

    async with open_harness({"room": Dated}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("x")
        await trio.sleep(3)

        assert ada.received == ["0"]


async def test_a_turn_that_blocks_the_process_is_logged_by_name(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Busy(Room):
        async def on_message(self, connection: Connection, message: str | bytes) -> None:
            sum(range(200_000))

    async with open_harness({"room": Busy}, data=tmp_path, settings=RuntimeSettings(slow_turn_seconds=0.0001)) as harness:
        ada = await harness.connect("attic")
        await ada.send("x")

        facts = [facts for _, event, facts in harness.log.lines if event == "turn_blocked_the_loop"]
        assert ("room/attic", "on_message") in {(each["room"], each["hook"]) for each in facts}


async def test_a_start_that_hid_its_cancellation_takes_no_time_from_the_turn_behind_it(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    class Late(Room):
        async def on_start(self) -> None:
            with trio.CancelScope(shield=True):
                await trio.sleep(40)

        async def on_message(self, connection: Connection, message: str | bytes) -> None:
            await trio.sleep(20)
            connection.send("done")

    async with open_harness({"room": Late}, data=tmp_path) as harness:
        ada = harness.connect_nowait("attic")
        ada.post("x")
        await trio.sleep(70)

        assert ada.failures == []
        assert ada.received == ["done"]
