"""The generator in C against the peer in C: every delivery is counted, neither more nor less."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from bench.generator import Generator, LoadFailed
from bench.ports import free_port
from bench.toolchain import floor

PATH = "/rooms/r%r/ws"


@pytest.fixture
def port() -> Iterator[int]:
    number = free_port()
    server = subprocess.Popen([str(floor()), str(number)])
    try:
        yield number
    finally:
        server.kill()
        server.wait()


def opened(generator: Generator) -> None:
    """The peer may need a moment to listen."""
    assert generator.opened()["failed"] == 0


@pytest.fixture
def listening(port: int) -> int:
    for _ in range(100):
        with Generator(port, "0", path=PATH, connections=1, hold=True, seconds=0, settle=0) as probe:
            try:
                probe.opened()
            except LoadFailed:
                continue
            return port
    raise AssertionError("the peer never listened")


def test_what_everybody_says_once_is_heard_by_everybody_of_their_room(listening: int) -> None:
    with Generator(listening, "0", path=PATH, connections=103, rooms=10, senders=2, once=True, rate=1000, seconds=20) as load:
        opened(load)
        load.measuring()
        done = load.done()
    assert done["said"] == 20
    assert done["delivered"] == done["expected"] == 2 * 103
    assert 0 < done["p50_us"] <= done["p99_us"]


def test_a_window_is_kept_in_flight(listening: int) -> None:
    with Generator(listening, "0", path=PATH, connections=10, rooms=5, window=3, seconds=0.3, warm=0.1, settle=0) as load:
        opened(load)
        load.measuring()
        done = load.done()
    assert done["delivered"] > 100
    assert abs(done["delivered"] - 2 * done["said"]) <= 2 * 3 * 5, "each of a room's two hears each message"


def test_a_server_that_is_not_there_is_a_failure() -> None:
    with Generator(free_port(), "0", connections=3) as load, pytest.raises(LoadFailed):
        load.opened()
