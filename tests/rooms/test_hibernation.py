"""Rooms that are quiet leave memory; their connections stay, and the next mail finds all it needs."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
import trio

from rooms import Connection, ConnectRequest, Room, RoomKey, RuntimeSettings, State
from rooms.testing import Harness, open_harness


class Lobby(Room):
    """Greets with what it kept of each."""

    starts = 0

    async def on_start(self) -> None:
        Lobby.starts += 1
        self.seen = {each.user: each.attachment for each in self.connections()}

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
        connection.attachment = {"user": connection.user}
        connection.tags = ["all", connection.user]

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        if message == "wait":
            await trio.sleep(15)
        elif message == "store":
            self.storage.put("n", 1)
        elif message == "automatic":
            self.set_auto_response("ping", "pong")
        elif message == "background":
            self.background(trio.sleep, 15, then=self.done)
        else:
            self.broadcast(f"{connection.attachment['user']}: {message}")

    async def done(self, result: Any) -> None:
        self.broadcast("background done")


async def test_a_room_hibernates_when_it_was_quiet_for_ten_seconds_and_not_before(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        await harness.connect("attic")
        await trio.sleep(9.9)
        assert harness.state("attic") is State.AWAKE
        await trio.sleep(0.2)
        assert harness.state("attic") is State.HIBERNATED


async def test_activity_every_nine_seconds_keeps_the_same_room_object(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        Lobby.starts = 0
        for _ in range(5):
            await trio.sleep(9)
            await ada.send("hello")

        assert Lobby.starts == 0


async def test_hibernated_room_remembers_who_is_connected(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        bob = await harness.connect("attic", user="bob")
        await trio.sleep(11)
        Lobby.starts = 0

        await ada.send("still here")

        assert bob.received == ["ada: still here"]
        assert Lobby.starts == 1
        assert await harness.visit("attic", lambda room: room.seen) == {"ada": {"user": "ada"}, "bob": {"user": "bob"}}
        assert await harness.visit("attic", lambda room: [each.user for each in room.connections("bob")]) == ["bob"]


async def test_a_room_without_connections_leaves_nothing_in_memory(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.leave()
        await trio.sleep(11)

        assert harness.state("attic") is State.EVICTED
        assert harness.runtime.stats.evictions == 1
        assert harness.runtime._actors == {}


async def test_the_last_close_of_a_hibernated_room_that_hears_no_closes_wakes_nothing(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        bob = await harness.connect("attic")
        await trio.sleep(11)
        Lobby.starts = 0

        await ada.leave()
        assert harness.state("attic") is State.HIBERNATED
        await bob.leave()

        assert harness.state("attic") is State.EVICTED
        assert Lobby.starts == 0


@pytest.mark.parametrize("order", ["wait", "background"])
async def test_a_running_turn_and_background_work_keep_a_room_awake(tmp_path: Path, autojump_clock: trio.testing.MockClock, order: str):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send(order)
        await trio.sleep(14)
        assert harness.state("attic") is State.AWAKE
        await trio.sleep(12)
        assert harness.state("attic") is State.HIBERNATED
        assert ada.received == (["background done"] if order == "background" else [])


async def test_a_waiting_gate_keeps_a_room_awake(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        harness.disk.hold()
        await ada.send("store")
        await trio.sleep(30)
        assert harness.state("attic") is State.AWAKE

        harness.disk.let_go()
        await trio.sleep(9.9)
        assert harness.state("attic") is State.AWAKE
        await trio.sleep(0.2)
        assert harness.state("attic") is State.HIBERNATED


async def test_a_hibernated_room_holds_no_file_open(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("store")
        assert open_files(harness) > 0
        await trio.sleep(11)

        assert open_files(harness) == 0


def open_files(harness: Harness) -> int:
    links = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return sum(str(target).startswith(str(harness.path / "rooms")) for target in links)


async def test_an_automatic_answer_wakes_nothing_and_outlives_hibernation(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await ada.send("automatic")
        await trio.sleep(11)

        await ada.send("ping")

        assert ada.received == ["pong"]
        assert harness.state("attic") is State.HIBERNATED
        assert ada.connection.auto_response_ms == harness.date.now_ms()


async def test_too_many_awake_rooms_send_the_longest_quiet_one_to_sleep(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path, settings=RuntimeSettings(awake_rooms_max=2)) as harness:
        await harness.connect("first")
        await trio.sleep(1)
        await harness.connect("second")
        await trio.sleep(1)
        await harness.connect("third")

        assert [harness.state(name) for name in ("first", "second", "third")] == [State.HIBERNATED, State.AWAKE, State.AWAKE]
        assert harness.runtime.stats.awake == 2


async def test_busy_rooms_are_not_sent_to_sleep_however_many_are_awake(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path, settings=RuntimeSettings(awake_rooms_max=1)) as harness:
        ada = await harness.connect("first")
        await ada.send("wait")
        await harness.connect("second")

        assert harness.state("first") is State.AWAKE
        assert harness.state("second") is State.AWAKE


async def test_mail_at_the_moment_of_falling_asleep_is_never_lost(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    """Messages timed at, before and after the idle limit, thousands of times, are all answered once."""
    async with open_harness({"room": Lobby}, data=tmp_path, settings=RuntimeSettings(idle_seconds=0.01)) as harness:
        ada = await harness.connect("attic", user="ada")
        for number in range(2_000):
            await trio.sleep(0.01 + (number % 5 - 2) * 1e-9)
            ada.post(str(number))
        await harness.settle()

        assert ada.received == [f"ada: {number}" for number in range(2_000)]
        assert harness.runtime.stats.rehydrations > 100


async def test_numbers_of_awake_and_hibernating_rooms_are_right(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        clients = [await harness.connect(f"room {number}") for number in range(5)]
        assert (harness.runtime.stats.awake, harness.runtime.stats.hibernating) == (5, 0)
        await trio.sleep(11)
        assert (harness.runtime.stats.awake, harness.runtime.stats.hibernating) == (0, 5)
        await clients[0].send("hello")
        assert (harness.runtime.stats.awake, harness.runtime.stats.hibernating) == (1, 4)
        assert harness.runtime.stats.rehydrations == 1


async def test_online_counts_users_and_wakes_nothing(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        for user in ("ada", "ada", "bob"):
            await harness.connect("attic", user=user)
        await trio.sleep(11)

        assert harness.runtime.online(RoomKey("room", "attic")) == 2
        assert harness.runtime.online(RoomKey("room", "nowhere")) == 0
        assert harness.state("attic") is State.HIBERNATED


async def test_a_hibernated_room_keeps_no_room_object(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        await harness.connect("attic")
        await trio.sleep(11)
        gc.collect()

        assert not [each for each in gc.get_objects() if type(each) is Lobby]


async def test_a_room_woken_by_a_close_still_lists_the_one_that_goes_when_it_starts(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    """So that what ``on_start`` builds from the connections knows whom ``on_close`` is about."""
    heard: list[Any] = []

    class Roll(Room):
        async def on_start(self) -> None:
            self.present = [each.user for each in self.connections()]

        async def on_close(self, connection: Connection, code: int, reason: str, clean: bool) -> None:
            heard.append((self.present, [each.user for each in self.connections()], connection.user))

    async with open_harness({"room": Roll}, data=tmp_path) as harness:
        await harness.connect("attic", user="ada")
        bob = await harness.connect("attic", user="bob")
        await harness.hibernate("attic")
        await bob.leave()

        assert heard == [(["ada", "bob"], ["ada"], "bob")]


async def test_online_is_right_in_a_large_room_while_users_come_and_go(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Lobby}, data=tmp_path) as harness:
        key = RoomKey("room", "attic")
        clients = [await harness.connect("attic", user=f"user {number // 2}") for number in range(100)]
        assert harness.runtime.online(key) == 50
        await clients[0].leave()
        assert harness.runtime.online(key) == 50
        await clients[1].leave()
        assert harness.runtime.online(key) == 49
        await harness.connect("attic", user="new")
        assert harness.runtime.online(key) == 50
        for client in clients[2:]:
            await client.leave()
        assert harness.runtime.online(key) == 1


class Light(Lobby):
    light = True


async def test_when_many_rooms_are_awake_light_ones_without_a_file_sleep_early(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    settings = RuntimeSettings(light_rooms_max=3)
    async with open_harness({"light": Light, "room": Lobby}, data=tmp_path, settings=settings) as harness:
        clients = [await harness.connect(str(number), kind="light") for number in range(6)]
        await harness.connect("heavy", kind="room")
        await clients[0].send("store")
        await trio.sleep(1)

        assert harness.state("0", "light") is State.AWAKE, "its file would have to be opened again"
        assert harness.state("heavy", "room") is State.AWAKE, "only its author knows what it keeps in memory"
        assert [harness.state(str(number), "light") for number in range(1, 6)].count(State.HIBERNATED) >= 2
        await clients[5].send("still there?")
        assert clients[5].received


class Doorman(Lobby):
    """Wakes when somebody goes."""

    async def on_close(self, connection: Connection, code: int, reason: str, clean: bool) -> None:
        self.broadcast(f"{connection.user} went")


async def test_a_socket_that_ends_after_the_rooms_were_given_up_is_no_fault(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Doorman}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await trio.sleep(11)
        assert harness.state("attic") is State.HIBERNATED
        await harness.crash()
        ada.connection.gone(1006, "", False)
