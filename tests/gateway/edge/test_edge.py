"""One connection from its first byte to its last, over streams in memory, with a door, an application and a hub of our own."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import trio
import trio.testing

from gateway.edge.address import ClientAddress
from gateway.edge.door import Admission, HttpReply, Later
from gateway.edge.edge import Edge, EdgeSettings
from gateway.edge.http_wire import HttpSettings
from tests.gateway.edge_harness import PLAIN, UPGRADE, EchoDoor, application, everything, exchange, running, status_of, until
from tests.gateway.frames_corpus import CLOSE, HELLO, TEXT, close_payload, from_client, from_server
from tests.gateway.recording_log import RecordingLog


async def test_requests_follow_one_another_on_one_connection(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect()
        await stream.send_all(PLAIN)
        assert status_of(await until(stream, b"/plain")) == 200
        await stream.send_all(PLAIN.replace(b"plain", b"again"))
        assert status_of(await until(stream, b"/again")) == 200


async def test_requests_sent_at_once_are_answered_in_order(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect()
        await stream.send_all(b"".join(PLAIN.replace(b"plain", b"%d" % i) for i in range(50)))
        received = await until(stream, b"/49")
        assert [part[-2:].strip(b"/H") for part in received.split(b"TTP/1.1 200")[1:-1]][:3] == [b"0", b"1", b"2"]
        assert received.count(b"HTTP/1.1 200") == 50


async def test_a_silent_connection_ends_after_keep_alive_seconds(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect()
        await stream.send_all(PLAIN)
        await until(stream, b"/plain")
        began = trio.current_time()
        assert await everything(stream) == b""
        assert trio.current_time() - began == pytest.approx(75)


async def test_an_upgrade_is_carried(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect()
        await stream.send_all(UPGRADE)
        assert (await until(stream, b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        await stream.send_all(HELLO)
        await until(stream, from_server(TEXT, b"hello"))
        await stream.send_all(from_client(CLOSE, close_payload(1000)))
        assert await everything(stream) == from_server(CLOSE, close_payload(1000))
        assert at.door.sessions[0].endings == [1000]


async def test_an_upgrade_may_be_the_second_request_with_frames_behind_it(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect()
        await stream.send_all(PLAIN + UPGRADE + HELLO)
        received = await until(stream, from_server(TEXT, b"hello"))
        assert received.startswith(b"HTTP/1.1 200")
        assert b"HTTP/1.1 101" in received


async def test_a_refused_upgrade_leaves_the_connection_usable(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect()
        await stream.send_all(UPGRADE.replace(b"Version: 13", b"Version: 8") + PLAIN)
        received = await until(stream, b"/plain")
        assert status_of(received) == 426
        assert b"sec-websocket-version: 13" in received
        assert len(at.door.seen) == 1


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"GET", b"POST", 405),
        (b"HTTP/1.1", b"HTTP/1.0", 400),
        (b"Connection: Upgrade", b"Connection: keep-alive", 400),
        (b"Sec-WebSocket-Version: 13", b"X: y", 426),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhlIHNhbXBsZQ==", 400),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"not base64 at all!!!!!!!", 400),
        (b"Host: x", b"Host: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 400),
        (b"Host: x", b"Host: x\r\nContent-Length: 5", 400),
        (b"Host: x", b"Host: x\r\nTransfer-Encoding: chunked", 400),
    ],
)
async def test_a_wrong_handshake_is_refused_before_the_door(
    old: bytes, new: bytes, status: int, autojump_clock: trio.testing.MockClock
) -> None:
    async with running() as at:
        stream = at.connect()
        await stream.send_all(UPGRADE.replace(old, new))
        assert status_of(bytes(await stream.receive_some())) == status
        assert at.door.seen == []


@pytest.mark.parametrize(
    "spelling", [b"upgrade: WebSocket\r\nconnection: keep-alive, Upgrade", b"UPGRADE: h2c, websocket\r\nConnection: UPGRADE"]
)
async def test_tokens_of_the_handshake_are_read_in_any_case(spelling: bytes, autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        at.door.answer = Admission(at.door.open)
        stream = at.connect()
        await stream.send_all(UPGRADE.replace(b"Upgrade: websocket\r\nConnection: Upgrade", spelling))
        assert (await until(stream, b"\r\n\r\n")).startswith(b"HTTP/1.1 101")


async def test_another_upgrade_than_websocket_is_plain_http(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect()
        await stream.send_all(PLAIN.replace(b"Host: x", b"Host: x\r\nUpgrade: h2c\r\nConnection: Upgrade"))
        assert status_of(await until(stream, b"/plain")) == 200


async def test_a_refusal_of_the_door_is_written(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        at.door.answer = HttpReply(426, [(b"upgrade", b"websocket")], b"Upgrade header must be websocket")
        stream = at.connect()
        await stream.send_all(PLAIN)
        received = await until(stream, b"Upgrade header must be websocket")
        assert status_of(received) == 426
        assert b"\r\nupgrade: websocket\r\n" in received
        assert b"\r\nconnection: upgrade\r\n" in received.lower()


async def test_a_decision_may_take_time_but_not_for_ever(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:

        async def slow() -> Admission:
            await trio.sleep(5)
            return Admission(at.door.open)

        at.door.answer = Later(slow)
        stream = at.connect()
        await stream.send_all(UPGRADE)
        assert (await until(stream, b"\r\n\r\n")).startswith(b"HTTP/1.1 101")

        at.door.answer = Later(trio.sleep_forever)
        stream = at.connect()
        await stream.send_all(UPGRADE)
        assert status_of(bytes(await stream.receive_some())) == 503


async def test_a_session_that_fails_ends_its_own_socket_with_1011(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        healthy, failing = at.connect(), at.connect()
        for stream in (healthy, failing):
            await stream.send_all(UPGRADE)
            await until(stream, b"\r\n\r\n")
        await failing.send_all(from_client(TEXT, b"fail"))
        await until(failing, from_server(CLOSE, close_payload(1011, b"internal error")))
        await healthy.send_all(HELLO)
        await until(healthy, from_server(TEXT, b"hello"))
        assert at.log.events() == ["session_failed"]


async def test_a_door_that_fails_ends_that_connection_only(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:

        def fail() -> None:
            raise LookupError("a fault of ours")

        at.door.answer = Later(fail)  # type: ignore[arg-type]
        assert status_of(await exchange(at, PLAIN)) == 500
        assert at.log.events() == ["connection_failed"]
        at.door.answer = None
        stream = at.connect()
        await stream.send_all(PLAIN)
        await until(stream, b"/plain")


async def test_what_somebody_else_read_and_decided_is_gone_on_with(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect(received=PLAIN + PLAIN[:5], decision=HttpReply(404, (), b"nowhere"))
        assert status_of(await until(stream, b"nowhere")) == 404
        await stream.send_all(PLAIN[5:])
        assert status_of(await until(stream, b"/plain")) == 200
        assert len(at.door.seen) == 1


async def test_forwarded_addresses_count_from_trusted_proxies_only(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect()
        await stream.send_all(PLAIN.replace(b"Host: x", b"Host: x\r\nX-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https"))
        await until(stream, b"/plain")
        assert at.door.seen[0][1] == ClientAddress("192.0.2.7", secure=False, forwarded=True)


async def test_draining_ends_silent_connections_and_lets_busy_ones_answer(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        silent, busy = at.connect(), at.connect()
        await silent.send_all(PLAIN)
        await until(silent, b"/plain")
        await busy.send_all(PLAIN[:20])
        await trio.testing.wait_all_tasks_blocked()
        began = trio.current_time()
        at.edge.drain()
        assert await everything(silent) == b""
        await busy.send_all(PLAIN[20:])
        received = await everything(busy)
        assert status_of(received) == 200
        assert b"connection: close" in received
        assert trio.current_time() - began < 3


async def test_who_comes_while_the_edge_drains_gets_one_answer(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        at.edge.drain()
        assert (await exchange(at, PLAIN * 2)).count(b"HTTP/1.1 200") == 1


async def test_past_its_conversations_the_edge_says_503(autojump_clock: trio.testing.MockClock) -> None:
    async with running(EdgeSettings(conversations_max=1, http=HttpSettings())) as at:
        at.connect()
        await trio.testing.wait_all_tasks_blocked()
        received = await everything(at.connect())
        assert status_of(received) == 503
        assert b"retry-after: 5" in received


async def test_the_log_of_a_hostile_address_is_bounded(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        for _ in range(100):
            await exchange(at, b"garbage\r\n\r\n")
        assert len(at.log.lines) == 20


async def test_on_plain_tcp_the_hub_gets_the_socket_the_101_and_what_followed() -> None:
    adopted: list[tuple[socket.socket, bytes, bytes, Admission]] = []

    class Hub:
        def adopt(self, *arguments: Any) -> None:
            adopted.append(arguments)
            taken.set()

    taken = trio.Event()
    door = EchoDoor()
    edge = Edge(door, application, EdgeSettings(), lambda _host: False, RecordingLog(), Hub())
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    async with trio.open_nursery() as nursery:
        await nursery.start(edge.run)
        edge.listen(listening)
        client = await trio.open_tcp_stream(*listening.getsockname())
        await client.send_all(UPGRADE + HELLO)
        with trio.fail_after(5):
            await taken.wait()
        sock, opening, received, admission = adopted[0]
        with sock:
            assert sock.getblocking() is False
            assert opening.startswith(b"HTTP/1.1 101")
            assert received == HELLO
            assert admission.open == door.open
            sock.send(opening)
            assert await until(client, b"\r\n\r\n") == opening
        nursery.cancel_scope.cancel()
