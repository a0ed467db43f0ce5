"""SIGTERM with many open sockets, one of them stuck: everybody is told, everything said is on disk, exit 0."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.crowd import Crowd, Member
from tests.system.server import CarrierName, Server
from tests.system.tokens import token

SOCKETS = 500
DRAIN_SECONDS = 3


@pytest.fixture
def server(tmp_path: Path, carrier: CarrierName) -> Iterator[Server]:
    with Server(tmp_path, carrier=carrier, env={"ROOMS_DRAIN_SECONDS": str(DRAIN_SECONDS)}) as running:
        yield running


def fill(server: Server, crowd: Crowd) -> tuple[list[Member], Member]:
    """Sockets in rooms of ten; one more whose client has stopped reading with its buffers full."""
    tokens = [token(f"user{i}", "*") for i in range(10)]
    members = [crowd.open(server.port, f"/rooms/r{i // 10}/ws", tokens[i % 10]) for i in range(SOCKETS)]
    stuck = crowd.open(server.port, "/rooms/r0/ws", tokens[0], receive_bytes=4096)
    crowd.wait(lambda: all(member.is_open for member in crowd.members), "upgrades")
    for member in crowd.members:
        member.send("join")
    crowd.wait(lambda: all(member.of("joined") for member in crowd.members), "joined")
    stuck.reads = False
    for _ in range(40):
        members[0].send("message", message="x" * 4000)
    crowd.wait(lambda: len(members[10].of("message")) == 0 and len(members[9].of("message")) == 40, "messages")
    return members, stuck


def test_sigterm_tells_everybody_and_exits_0_in_spite_of_a_stuck_client(server: Server) -> None:
    with Crowd() as crowd:
        members, _ = fill(server, crowd)
        members[0].send("message", message="the last word", cid="last")
        crowd.wait(lambda: bool(members[0].of("ack")), "ack")
        server.terminate()
        crowd.wait(lambda: all(member.is_over for member in members), "the goodbyes")
        assert {member.close_code for member in members} == {1012}
        for member in members:
            (closing,) = member.of("closing")
            assert closing["reconnect_ms"] >= 0
        assert server.wait(DRAIN_SECONDS + 20) == 0
    assert server.history("r0")[-1]["message"] == "the last word"


def test_a_draining_server_is_not_ready_and_lets_nobody_in(server: Server) -> None:
    with Crowd() as crowd:
        members, _ = fill(server, crowd)
        server.terminate()
        crowd.wait(lambda: bool(members[0].of("closing")) or members[0].is_over, "closing")
        with contextlib.suppress(OSError):  # if it does not listen any more, it is not ready either
            assert server.get("/readyz")[0] == 503
        assert server.wait(DRAIN_SECONDS + 20) == 0


def test_sigterm_twice_is_quicker_and_not_worse(server: Server) -> None:
    with Crowd() as crowd:
        members, _ = fill(server, crowd)
        server.terminate()
        server.terminate()
        assert server.wait(DRAIN_SECONDS + 20) == 0
        crowd.read_to_the_end()
        assert all(member.close_code in (1012, None) for member in members)
    assert len(server.history("r0")) == 40


def test_sigterm_during_a_stream_loses_nothing_that_was_acknowledged(server: Server) -> None:
    with Crowd() as crowd:
        ada = crowd.open(server.port, "/rooms/lobby/ws", token("ada", "*"))
        crowd.wait(lambda: ada.is_open, "upgrade")
        ada.send("join")
        for i in range(300):
            ada.send("message", message=str(i), cid=str(i))
        crowd.wait(lambda: len(ada.of("ack")) > 20, "acks")
        server.terminate()
        crowd.wait(lambda: ada.is_over, "the goodbye")
        assert server.wait(DRAIN_SECONDS + 20) == 0
    stored = {row["message"]: row["seq"] for row in server.history("lobby")}
    assert all(stored[ack["cid"]] == ack["seq"] for ack in ada.of("ack"))
    assert all(stored[message["message"]] == message["seq"] for message in ada.of("message"))
