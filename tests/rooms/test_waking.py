"""Many rooms that wake at once begin a few at a time, each of them soon, in the order in which they woke."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio

from rooms import Connection, Room, RuntimeSettings, State
from rooms.testing import open_harness
from rooms.waking import AT_ONCE

MANY = 100


class Sleeper(Room):
    """Notes the order in which rooms begin."""

    begun: tuple[str, ...] = ()

    async def on_start(self) -> None:
        Sleeper.begun = (*Sleeper.begun, self.name)

    async def on_message(self, connection: Connection, message: Any) -> None:
        self.broadcast(message)


async def test_between_rooms_that_wake_others_have_their_turn(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    async with open_harness({"room": Sleeper}, data=tmp_path) as harness:
        clients = [await harness.connect(f"{i}") for i in range(MANY)]
        await trio.sleep(11)
        assert {harness.state(f"{i}") for i in range(MANY)} == {State.HIBERNATED}
        Sleeper.begun = ()
        for client in clients:
            assert client.post("hello")
        most, passes = 0, 0
        while len(Sleeper.begun) < MANY:
            before = len(Sleeper.begun)
            await trio.lowlevel.checkpoint()
            most, passes = max(most, len(Sleeper.begun) - before), passes + 1
        assert most <= 2 * AT_ONCE
        assert passes < MANY
        await harness.settle()
        assert [client.received for client in clients] == [["hello"]] * MANY
        rank = {name: place for place, name in enumerate(Sleeper.begun)}
        assert all(abs(rank[f"{i}"] - i) < 2 * AT_ONCE for i in range(MANY))


async def test_rooms_that_wait_to_begin_take_mail_and_finish_it(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    async with open_harness({"room": Sleeper}, data=tmp_path) as harness:
        clients = [await harness.connect(f"{i}") for i in range(MANY)]
        await trio.sleep(11)
        for client in clients:
            client.post("one")
            client.post("two")
        await harness.restart()
        assert [client.received for client in clients] == [["one", "two"]] * MANY


async def test_rooms_that_wait_to_begin_put_no_more_to_sleep_than_needed(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    settings = RuntimeSettings(awake_rooms_max=10, idle_seconds=60)
    async with open_harness({"room": Sleeper}, data=tmp_path, settings=settings) as harness:
        clients = [await harness.connect(f"{i}") for i in range(MANY)]
        for client in clients:
            client.post("hello")
        await harness.settle()
        assert [client.received for client in clients] == [["hello"]] * MANY
        awake = [i for i in range(MANY) if harness.state(f"{i}") is State.AWAKE]
        assert 1 <= len(awake) <= 10
