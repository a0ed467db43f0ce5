"""What an operator sees of rooms: how they stand, without waking any, and the end of one."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from rooms import CallFailed, Connection, Room, RoomKey, State
from rooms.testing import open_harness

LOBBY = RoomKey("lobby", "attic")


class Lobby(Room):
    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        if message == "raise":
            raise RuntimeError("on purpose")
        self.storage.put("heard", message)
        self.broadcast(message)

    def destroy(self) -> None:
        if self.storage.get("heard") == "stay":
            raise RuntimeError("I will not go")
        super().destroy()


async def test_a_room_is_seen_as_it_stands(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_harness({"lobby": Lobby}, data=tmp_path) as harness:
        overview = harness.runtime.overview
        ada = await harness.connect("attic", user="ada")
        await harness.connect("attic", user="ada")
        await ada.send("hello")

        facts = overview.facts(LOBBY)
        assert (facts.state, facts.connections, facts.online, facts.mailbox_messages) == (State.AWAKE, 2, 1, 0)
        assert (facts.quarantined_seconds, facts.set_aside) == (None, None)
        assert [each.user for each in overview.connections(LOBBY)] == ["ada", "ada"]
        assert overview.in_memory() == [LOBBY]


async def test_looking_wakes_no_room(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_harness({"lobby": Lobby}, data=tmp_path) as harness:
        overview = harness.runtime.overview
        ada = await harness.connect("attic", user="ada")
        await ada.send("hello")
        await trio.sleep(11)

        for _ in range(20):
            assert overview.facts(LOBBY).state is State.HIBERNATED
            assert overview.watch(LOBBY) == []
            assert [each.attachment for each in overview.connections(LOBBY)] == [None]
            assert [row.key for row in overview.registered(RoomKey("", ""))] == [LOBBY]
            await trio.sleep(1)
        assert harness.runtime.stats.rehydrations == 0
        assert overview.facts(RoomKey("lobby", "nobody")).state is State.EVICTED
        assert len(overview.in_memory()) == 1


async def test_a_watched_room_is_measured_by_the_second(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_harness({"lobby": Lobby}, data=tmp_path) as harness:
        overview = harness.runtime.overview
        ada = await harness.connect("attic", user="ada")
        assert overview.watch(LOBBY) == []
        for _ in range(3):
            await ada.send("hello")
        await trio.sleep(2)
        await ada.send("again")

        seconds = overview.watch(LOBBY)
        assert [turns.count for _, turns in seconds] == [3, 1]
        assert seconds[0][0] == pytest.approx(seconds[1][0] + 2)


async def test_registered_rooms_come_in_order_from_where_one_left_off(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_harness({"lobby": Lobby, "hall": Lobby}, data=tmp_path) as harness:
        for kind in ("lobby", "hall"):
            for name in ("b", "a"):
                client = await harness.connect(name, kind=kind)
                await client.send("hello")
        registered = harness.runtime.overview.registered
        everything = [("hall", "a"), ("hall", "b"), ("lobby", "a"), ("lobby", "b")]

        assert [row.key for row in registered(RoomKey("", ""))] == everything
        assert [row.key for row in registered(RoomKey("hall", "a"))] == everything[1:]
        assert [row.key for row in registered(RoomKey("", ""), "lobby")] == everything[2:]
        assert [row.key for row in registered(RoomKey("lobby", "a"), "lobby")] == everything[3:]
        assert list(registered(RoomKey("lobby", "b"), "hall")) == []


async def test_destroying_is_a_turn_of_the_room(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_harness({"lobby": Lobby}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        await ada.send("stay")
        with pytest.raises(CallFailed):
            await harness.runtime.overview.destroy(LOBBY)
        assert ada.closed is None

        await ada.send("go")
        await harness.runtime.overview.destroy(LOBBY)
        await harness.settle()

        assert ada.closed == (4404, "room destroyed")
        assert harness.runtime.overview.row(LOBBY) is not None
        assert harness.runtime.overview.row(LOBBY).state == "destroyed"  # type: ignore[union-attr]
