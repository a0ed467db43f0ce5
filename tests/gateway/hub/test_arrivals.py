"""New connections on a real listening socket, before anybody knows what they want."""

from __future__ import annotations

import gc
import os
import resource
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import pytest
import trio
import trio.testing

from gateway.edge.address import ClientAddress
from gateway.edge.door import Admission, Decision, HttpReply, Later
from gateway.edge.handshake import accept_response
from gateway.edge.head import RequestHead
from gateway.frames import text_frame
from gateway.hub.arrivals import Arrivals, ArrivalSettings
from gateway.hub.quick_head import quick_head
from tests.gateway.frames_corpus import HELLO
from tests.gateway.hub_kit import Client, Recorder, RunningHub, clock, running_hub, settle, until

__all__ = ["clock"]

Clock = trio.testing.MockClock
UPGRADE = (
    b"GET /rooms/lobby/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PLAIN = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Door:
    """Decides as it is told, and remembers whom it was asked about."""

    def __init__(self, decide: Callable[[], Decision]) -> None:
        self.asked: list[tuple[RequestHead, ClientAddress]] = []
        self._decide = decide

    def admit(self, head: RequestHead, client: ClientAddress) -> Decision:
        self.asked.append((head, client))
        return self._decide()


class Reception:
    """What arrives: the hub, the door, and what was left to the general path (its sockets are closed at the end)."""

    def __init__(self, running: RunningHub, door: Door, arrivals_settings: ArrivalSettings) -> None:
        self.running = running
        self.door = door
        self.left: list[tuple[socket.socket, bytes, Decision | None]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._address = self._listener.getsockname()
        self.arrivals = Arrivals(running.hub, self._listener, door, self._leave, lambda _host: True, arrivals_settings, running.log)
        self.arrivals.start()

    async def connect(self, data: bytes = b"") -> Client:
        client = Client(await trio.open_tcp_stream(*self._address))
        await client.send(data)
        await settle()
        return client

    def _leave(self, sock: socket.socket, received: bytes, decision: Decision | None) -> None:
        self.left.append((sock, received, decision))


@asynccontextmanager
async def reception(
    decide: Callable[[], Decision] = lambda: Admission(Recorder().open), settings: ArrivalSettings | None = None
) -> AsyncIterator[Reception]:
    async with running_hub() as running:
        made = Reception(running, Door(decide), settings or ArrivalSettings())
        yield made
        for sock, _, _ in made.left:
            sock.close()


async def test_a_plain_upgrade_that_is_admitted_is_the_hubs_at_once(clock: Clock) -> None:
    recorder = Recorder(lambda carrier, message: carrier.send_nowait(text_frame(message)))
    async with reception(lambda: Admission(recorder.open, "rooms.v1.json", [(b"x-more", b"1")])) as arriving:
        client = await arriving.connect(UPGRADE)
        head = quick_head(UPGRADE)
        assert head is not None
        expected = accept_response(head, "rooms.v1.json", [(b"x-more", b"1")])
        assert await client.receive_exactly(len(expected)) == expected
        await client.send(HELLO)
        assert await client.receive_exactly(7) == text_frame("hello")
        assert arriving.door.asked == [(head, ClientAddress("127.0.0.1", secure=False))]
        assert arriving.left == []


async def test_a_head_may_come_in_pieces(clock: Clock) -> None:
    async with reception() as arriving:
        client = await arriving.connect()
        for byte in UPGRADE[:-1]:
            await client.send(bytes([byte]))
        await settle()
        assert arriving.door.asked == []
        await client.send(UPGRADE[-1:])
        assert (await client.receive_exactly(12)) == b"HTTP/1.1 101"


async def test_a_trusted_proxy_is_looked_through(clock: Clock) -> None:
    async with reception() as arriving:
        await arriving.connect(UPGRADE.replace(b"Host: x", b"Host: x\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https"))
        assert arriving.door.asked[0][1] == ClientAddress("192.0.2.7", secure=True, forwarded=True)


@pytest.mark.parametrize("data", [PLAIN, UPGRADE + HELLO, b"POST / ", b"\x16\x03\x01", b"\r\n", b"GET /" + b"x" * 20_000])
async def test_whatever_is_no_plain_upgrade_is_left_to_the_general_path(data: bytes, clock: Clock) -> None:
    async with reception() as arriving:
        client = await arriving.connect(data)
        [(sock, received, decision)] = arriving.left
        assert received == data[: len(received)]
        assert len(received) == len(data[:16_384])
        assert decision is None
        assert arriving.door.asked == []
        sock.send(b"from the general path")
        assert await client.receive_exactly(21) == b"from the general path"


async def _never() -> HttpReply:
    raise AssertionError("decided by the general path, which is not here")


@pytest.mark.parametrize("decision", [HttpReply(401), Later(_never)])
async def test_what_is_not_admitted_at_once_is_left_to_the_general_path_with_the_answer(decision: Decision, clock: Clock) -> None:
    """The door is asked once a request: it counts."""
    async with reception(lambda: decision) as arriving:
        await arriving.connect(UPGRADE)
        [(_, received, answer)] = arriving.left
        assert (received, answer) == (UPGRADE, decision)


async def test_a_door_that_raises_ends_that_connection_only(clock: Clock) -> None:
    answers = iter([Admission(Recorder().open)])

    def decide() -> Decision:
        if len(arriving.door.asked) == 1:
            raise ValueError("broken")
        return next(answers)

    async with reception(decide) as arriving:
        failing, well = await arriving.connect(UPGRADE), await arriving.connect(UPGRADE)
        assert await failing.receive_to_end() == b""
        assert await well.receive_exactly(12) == b"HTTP/1.1 101"
        arriving.running.expects = ["session_failed"]


async def test_a_general_path_that_raises_ends_nothing_that_is_its_own(clock: Clock) -> None:
    async with reception() as arriving:

        def fail(sock: socket.socket, received: bytes, decision: Decision | None) -> None:
            arriving.left.append((sock, received, decision))
            raise ValueError("broken")

        arriving.arrivals._general = fail
        client = await arriving.connect(PLAIN)
        arriving.running.expects = ["session_failed"]
        arriving.left[0][0].send(b"still mine")
        assert await client.receive_exactly(10) == b"still mine"


@pytest.mark.parametrize(("sent", "answer"), [(b"", b""), (UPGRADE[:-2], b"HTTP/1.1 408 Request Timeout\r\n")])
async def test_a_head_that_does_not_come_is_not_waited_for(sent: bytes, answer: bytes, clock: Clock) -> None:
    async with reception() as arriving:
        start = trio.current_time()
        client = await arriving.connect(sent)
        assert (await client.receive_to_end()).startswith(answer)
        assert 10 <= trio.current_time() - start <= 12
        assert arriving.running.hub.sockets == 1, "the listening one"


async def test_a_slow_head_is_no_excuse_however_it_drips(clock: Clock) -> None:
    async with reception() as arriving:
        client = await arriving.connect()
        for byte in UPGRADE[:9]:
            await client.send(bytes([byte]))
            await trio.sleep(1)
        assert arriving.running.hub.sockets == 2
        await trio.sleep(3)
        assert arriving.running.hub.sockets == 1


async def test_the_longest_waiting_gives_way_when_too_many_wait(clock: Clock) -> None:
    async with reception(settings=ArrivalSettings(waiting_max=3)) as arriving:
        clients = [await arriving.connect() for _ in range(5)]
        assert [await client.receive_to_end() for client in clients[:2]] == [b"", b""]
        await clients[2].send(UPGRADE)
        assert await clients[2].receive_exactly(12) == b"HTTP/1.1 101"


async def test_a_connection_that_ends_before_its_head_leaves_nothing(clock: Clock) -> None:
    async with reception() as arriving:
        before = arriving.running.hub.sockets
        quiet, halfway, crashed = [await arriving.connect(data) for data in (b"", UPGRADE[:9], b"")]
        await quiet.stream.aclose()
        await halfway.stream.aclose()
        crashed.reset()
        await settle()
        assert arriving.running.hub.sockets == before
        await trio.sleep(20)


async def test_running_out_of_descriptors_harms_no_open_socket_and_passes(clock: Clock) -> None:
    """Those who wait are turned away now and then, the loop does not spin, the log has one line, and in the end it goes on."""
    recorder = Recorder(lambda carrier, message: carrier.send_nowait(text_frame(message)))
    async with reception(lambda: Admission(recorder.open), ArrivalSettings(retry_seconds=10)) as arriving:
        old = await arriving.connect(UPGRADE)
        await old.receive_exactly(12)
        clients, late = [socket.socket() for _ in range(3)], [socket.socket() for _ in range(3)]
        with _no_descriptor_left():
            for client in clients:
                client.connect(arriving._address)
            for client in clients:
                await until(partial(_was_turned_away, client))
            await old.send(HELLO)
            await until(lambda: recorder.messages == ["hello"])
            for client in late:
                client.connect(arriving._address)
                await settle()
                assert not _was_turned_away(client), "nothing is accepted for a while"
                await trio.sleep(11)
                await until(partial(_was_turned_away, client))
        await trio.sleep(11)
        new = await arriving.connect(UPGRADE)
        assert await new.receive_exactly(12) == b"HTTP/1.1 101"
        arriving.running.expects = ["descriptors_exhausted"]
        for client in clients + late:
            client.close()


def _was_turned_away(client: socket.socket) -> bool:
    """Whether the server has closed the connection."""
    try:
        return client.recv(1, socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


@contextmanager
def _no_descriptor_left() -> Iterator[None]:
    """The process may open no descriptor above those it has."""
    gc.collect()  # nothing that was forgotten gives its descriptor back meanwhile
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    fillers = [os.open(os.devnull, os.O_RDONLY) for _ in range(5)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(fillers) + 1, limits[1]))
    try:
        while True:
            try:
                fillers.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                break
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for fd in fillers:
            os.close(fd)


async def test_stopping_turns_nobody_away_who_is_in(clock: Clock) -> None:
    async with reception() as arriving:
        inside, waiting = await arriving.connect(UPGRADE), await arriving.connect()
        arriving.arrivals.stop()
        arriving.arrivals.stop()
        assert await waiting.receive_to_end() == b""
        with pytest.raises(OSError):
            await trio.open_tcp_stream(*arriving._address)
        assert await inside.receive_exactly(12) == b"HTTP/1.1 101"
        assert arriving.running.hub.sockets == 1
