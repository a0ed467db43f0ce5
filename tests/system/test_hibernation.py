"""A quiet room costs no memory, no descriptor and no task; its sockets stay, and the next message finds everything in place."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.client import Client
from tests.system.crowd import Crowd
from tests.system.server import CarrierName, Server
from tests.system.tokens import token

ROOMS = int(os.environ.get("SLEEPING_ROOMS", "1000"))
SOCKETS_A_ROOM = 5
USERS = [f"user{i}" for i in range(SOCKETS_A_ROOM)]


@pytest.fixture
def sleepy(tmp_path: Path, carrier: CarrierName) -> Iterator[Server]:
    """A server whose rooms fall asleep after a second."""
    env = {"ROOMS_IDLE_SECONDS": "1", "ROOMS_CONNECTIONS_PER_USER_MAX": str(ROOMS), "ROOMS_STATS_SECONDS": "1"}
    with Server(tmp_path, carrier=carrier, env=env) as server:
        yield server


def room_files(server: Server) -> list[str]:
    """Descriptors of the server that lead into the rooms' folder."""
    assert server.process is not None
    links = []
    for descriptor in Path(f"/proc/{server.process.pid}/fd").iterdir():
        try:
            links.append(os.readlink(descriptor))
        except FileNotFoundError:
            continue
    return [link for link in links if "/rooms/" in link.removeprefix(str(server.data.parent))]


def test_a_thousand_rooms_sleep_and_wake_with_everybody_in_place(sleepy: Server, carrier: CarrierName) -> None:
    """On the stream carrier two hundred: it is not made for many, and sleeps by the same code."""
    server, count = sleepy, ROOMS if carrier == "hub" else ROOMS // 5
    tokens = [token(user, "*") for user in USERS]
    with Crowd() as crowd:
        rooms = [[crowd.open(server.port, f"/rooms/r{i}/ws", token) for token in tokens] for i in range(count)]
        crowd.wait(lambda: all(member.is_open for member in crowd.members), "upgrades")
        for member in crowd.members:
            member.send("join")
        crowd.wait(lambda: all(member.of("joined") for member in crowd.members), "joined")
        crowd.wait(lambda: server.metric("rooms_awake") == 0, "sleep")

        assert server.metric("rooms_connections") == count * SOCKETS_A_ROOM
        assert server.metric("rooms_hibernating") == count
        assert room_files(server) == []

        for member in crowd.members:
            member.ping(b"quiet")
            member.send_raw("ping")
        crowd.wait(lambda: all(len(member.frames) == 2 for member in crowd.members), "pongs")
        assert {bytes(frame.data) for member in crowd.members for frame in member.frames} == {b"quiet", b"pong"}
        assert server.metric("rooms_awake") == 0
        rehydrations = server.metric("rooms_rehydrations_total")

        for members in rooms:
            members[0].send("message", message="good morning")
        crowd.wait(lambda: all(member.of("message") for member in crowd.members), "the first message")
        for member in crowd.members:
            (message,) = member.of("message")
            assert (message["message"], message["from"], message["seq"]) == ("good morning", "user0", 1)
        assert server.metric("rooms_rehydrations_total") - rehydrations == count

        for members in rooms:
            members[1].send("who")
        crowd.wait(lambda: all(members[1].of("members") for members in rooms), "members")
        for members in rooms:
            (answer,) = members[1].of("members")
            assert sorted(user["user"] for user in answer["users"]) == USERS

        crowd.wait(lambda: server.metric("rooms_awake") == 0, "sleep again")
    crowd_is_gone = Crowd()
    crowd_is_gone.wait(lambda: server.metric("rooms_connections") == 0, "the sockets to be seen as gone")
    crowd_is_gone.wait(lambda: server.metric("rooms_hibernating") == 0, "eviction")


def test_who_goes_while_the_room_sleeps_is_missed_when_it_wakes(sleepy: Server) -> None:
    with Client(sleepy.socket_url("lobby"), token=token("ada", "*")) as ada, Crowd() as crowd:
        ada.join()
        with Client(sleepy.socket_url("lobby"), token=token("bob", "*")) as bob:
            bob.join()
            crowd.wait(lambda: sleepy.metric("rooms_awake") == 0, "sleep")
        assert ada.receive("left")["user"] == "bob"


def test_a_token_that_ends_while_the_room_sleeps_closes_the_socket(sleepy: Server) -> None:
    short = token("ada", "*", exp=int(time.time()) + 3)
    with Client(sleepy.socket_url("lobby"), token=short) as ada:
        ada.join()
        assert ada.close_code() == 4401


def test_stats_wake_no_room(sleepy: Server) -> None:
    with Client(sleepy.socket_url("lobby"), token=token("ada", "lobby")) as ada, Crowd() as crowd:
        ada.join()
        crowd.wait(lambda: sleepy.metric("rooms_awake") == 0, "sleep")
        woken = sleepy.metric("rooms_rehydrations_total")
        ada.send("stats", ref=1)
        assert ada.receive("stats")["lobby"]["online"] == 1
        assert sleepy.metric("rooms_awake") == 0
        assert sleepy.metric("rooms_rehydrations_total") == woken


def test_messages_timed_around_the_idle_limit_are_neither_lost_nor_doubled(sleepy: Server) -> None:
    """The room closes its file while the next message comes in: over and over, in many rooms at once."""
    rooms, rounds = 100, 3
    pass_for_all = token("ada", "*")
    with Crowd() as crowd:
        for i in range(rooms):
            crowd.open(sleepy.port, f"/rooms/edge{i}/ws", pass_for_all)
        crowd.wait(lambda: all(member.is_open for member in crowd.members), "upgrades")
        for member in crowd.members:
            member.send("join")
        crowd.wait(lambda: all(member.of("joined") for member in crowd.members), "joined")
        for number in range(1, rounds + 1):
            crowd.wait(lambda: sleepy.metric("rooms_awake") < rooms / 2, "half of them to fall asleep")
            for member in crowd.members:
                member.send("message", message=str(number))
            crowd.wait(lambda number=number: all(len(m.of("message")) >= number for m in crowd.members), "messages")  # type: ignore[misc]
        for member in crowd.members:
            assert [(m["seq"], m["message"]) for m in member.of("message")] == [(n, str(n)) for n in range(1, rounds + 1)]
