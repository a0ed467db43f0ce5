"""Readiness of descriptors."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import trio
import trio.testing

from gateway.hub.poller import READ, WRITE, Poller, open_poller


@pytest.fixture
def poller() -> Iterator[Poller]:
    poller = open_poller()
    yield poller
    poller.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def ready(poller: Poller, sock: socket.socket) -> int:
    events = 0
    for fd, mask in poller.ready():
        assert fd == sock.fileno()
        events |= mask
    return events


def test_a_descriptor_is_told_until_everything_was_read(poller: Poller, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    poller.add(ours.fileno())
    assert ready(poller, ours) == 0
    theirs.send(b"xy")
    assert ready(poller, ours) == READ
    ours.recv(1)
    assert ready(poller, ours) == READ
    ours.recv(1)
    assert ready(poller, ours) == 0


def test_what_is_not_wanted_is_not_told(poller: Poller, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    poller.add(ours.fileno())
    theirs.send(b"x")
    poller.change(ours.fileno(), reading=False, writing=False)
    assert ready(poller, ours) == 0
    poller.change(ours.fileno(), reading=False, writing=True)
    assert ready(poller, ours) == WRITE
    poller.change(ours.fileno(), reading=True, writing=True)
    assert ready(poller, ours) == READ | WRITE


def test_the_end_is_something_to_read(poller: Poller, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    poller.add(ours.fileno())
    theirs.close()
    assert ready(poller, ours) & ~WRITE


def test_a_removed_descriptor_is_told_no_more(poller: Poller, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    poller.add(ours.fileno())
    theirs.send(b"x")
    poller.remove(ours.fileno())
    assert ready(poller, ours) == 0


def test_a_batch_is_bounded_and_the_rest_comes_next(poller: Poller) -> None:
    pairs = [socket.socketpair() for _ in range(300)]
    for ours, theirs in pairs:
        poller.add(ours.fileno())
        theirs.send(b"x")
    first = poller.ready()
    second = poller.ready()
    assert len(first) == len(second) == 256
    assert {fd for fd, _ in first + second} == {ours.fileno() for ours, _ in pairs}
    for sockets in pairs:
        for sock in sockets:
            sock.close()


async def test_a_task_waits_for_all_descriptors_at_once(poller: Poller, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    poller.add(ours.fileno())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.lowlevel.wait_readable, poller.fileno())
        await trio.testing.wait_all_tasks_blocked()
        assert nursery.child_tasks, "nothing is ready yet"
        theirs.send(b"x")
    assert ready(poller, ours) == READ
