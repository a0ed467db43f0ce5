"""Real sockets: listening on TCP, Unix and TLS, clients of other makers, and descriptors that run out."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
import trio
import trio.testing
from trio_websocket import connect_websocket_url, open_websocket_url
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from gateway.edge.accepting import Accepting
from gateway.edge.edge import Edge, EdgeSettings
from gateway.edge.listeners import listen_tcp, listen_unix, tls_context
from gateway.frames import binary_frame
from gateway.stream.stream import StreamSettings
from tests.gateway.edge_harness import PLAIN, SETTINGS, UPGRADE, EchoDoor, application, until
from tests.gateway.recording_log import RecordingLog


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, "-keyout", key, "-out", cert, *names], check=True, capture_output=True)
    return cert, key


@pytest.fixture
async def edge(nursery: trio.Nursery) -> Edge:
    edge = Edge(EchoDoor(), application, SETTINGS, lambda _host: False, RecordingLog())
    await nursery.start(edge.run)
    return edge


async def test_a_port_is_served_on_every_address_of_the_name(edge: Edge) -> None:
    sockets = listen_tcp("localhost", 0)
    assert len({listening.getsockname()[1] for listening in sockets}) == 1
    for listening in sockets:
        edge.listen(listening)
        with trio.fail_after(5):
            stream = await trio.open_tcp_stream(*listening.getsockname()[:2])
            await stream.send_all(PLAIN)
            await until(stream, b"/plain")


async def test_several_listeners_are_served_until_the_edge_drains(edge: Edge) -> None:
    sockets = listen_tcp("127.0.0.1", 0) + listen_tcp("127.0.0.1", 0)
    addresses = [listening.getsockname() for listening in sockets]
    for listening in sockets:
        edge.listen(listening)
    for address in addresses:
        stream = await trio.open_tcp_stream(*address)
        await stream.send_all(PLAIN)
        await until(stream, b"/plain")
    edge.drain()
    await trio.testing.wait_all_tasks_blocked()
    for address in addresses:
        with pytest.raises(OSError):
            await trio.open_tcp_stream(*address)


async def test_a_port_that_is_taken_cannot_be_had() -> None:
    (first,) = listen_tcp("127.0.0.1", 0)
    with first, pytest.raises(OSError) as refused:
        listen_tcp("127.0.0.1", first.getsockname()[1])
    assert refused.value.errno == errno.EADDRINUSE


async def test_a_unix_socket_is_served_to_its_user_and_group_only(edge: Edge, tmp_path: Path) -> None:
    edge.listen(listen_unix(tmp_path / "edge.sock"))
    assert (tmp_path / "edge.sock").stat().st_mode & 0o777 == 0o660
    with trio.fail_after(5):
        stream = await trio.open_unix_socket(str(tmp_path / "edge.sock"))
        await stream.send_all(PLAIN)
        await until(stream, b"/plain")


async def test_a_dead_unix_socket_is_replaced_a_living_one_and_a_file_are_not(tmp_path: Path) -> None:
    path = tmp_path / "edge.sock"
    listen_unix(path).close()
    with listen_unix(path), pytest.raises(OSError):
        listen_unix(path)
    (tmp_path / "file").write_text("precious")
    with pytest.raises(OSError):
        listen_unix(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "precious"


async def test_over_tls_http_1_1_is_agreed_even_with_a_client_that_prefers_http_2(edge: Edge, certificate: tuple[Path, Path]) -> None:
    (listening,) = listen_tcp("127.0.0.1", 0)
    edge.listen(listening, tls_context(*certificate))
    trusting = ssl.create_default_context(cafile=certificate[0])
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    with trio.fail_after(10):
        raw = await trio.open_tcp_stream("127.0.0.1", listening.getsockname()[1])
        stream = trio.SSLStream(raw, trusting, server_hostname="localhost", https_compatible=True)
        await stream.send_all(PLAIN)
        await until(stream, b"/plain")
        assert stream.selected_alpn_protocol() == "http/1.1"


async def test_a_websocket_over_tls(edge: Edge, certificate: tuple[Path, Path]) -> None:
    (listening,) = listen_tcp("127.0.0.1", 0)
    edge.listen(listening, tls_context(*certificate))
    trusting = ssl.create_default_context(cafile=certificate[0])
    with trio.fail_after(10):
        async with open_websocket_url(f"wss://localhost:{listening.getsockname()[1]}/echo/x/ws", trusting) as client:
            await client.send_message("x" * 60_000)
            assert await client.get_message() == "x" * 60_000


async def test_garbage_in_place_of_tls_ends_that_connection_only(edge: Edge, certificate: tuple[Path, Path]) -> None:
    (listening,) = listen_tcp("127.0.0.1", 0)
    edge.listen(listening, tls_context(*certificate))
    with trio.fail_after(10):
        garbage = await trio.open_tcp_stream(*listening.getsockname())
        await garbage.send_all(PLAIN)
        with pytest.raises((AssertionError, trio.BrokenResourceError)):
            await until(garbage, b"/plain")
        async with open_websocket_url(
            f"wss://localhost:{listening.getsockname()[1]}/ws", ssl.create_default_context(cafile=certificate[0])
        ) as client:
            await client.send_message("served")
            assert await client.get_message() == "served"


async def test_the_websockets_library_is_understood(edge: Edge) -> None:
    (listening,) = listen_tcp("127.0.0.1", 0)
    edge.listen(listening)
    client = ClientProtocol(parse_uri("ws://localhost/echo/x/ws"))
    with trio.fail_after(5):
        stream = await trio.open_tcp_stream(*listening.getsockname())
        client.send_request(client.connect())
        assert client.state is State.CONNECTING
        while client.state is State.CONNECTING:
            await talk(client, stream)
        client.send_text(b"hello")
        client.send_ping(b"x")
        client.send_close(1000, "done")
        while client.state is not State.CLOSED:
            await talk(client, stream)
    frames = [event for event in client.events_received() if isinstance(event, Frame)]
    assert [frame.opcode for frame in frames] == [Opcode.TEXT, Opcode.PONG, Opcode.CLOSE]
    assert client.close_code == 1000


async def talk(client: ClientProtocol, stream: trio.abc.Stream) -> None:
    """Send what the client wants to send, and give it what comes."""
    for data in client.data_to_send():
        if data:
            await stream.send_all(data)
    if received := await stream.receive_some():
        client.receive_data(received)
    else:
        client.receive_eof()


async def test_a_burst_past_the_outbox_reaches_a_reader_that_reads_and_ends_one_that_does_not(nursery: trio.Nursery) -> None:
    door = EchoDoor()
    edge = Edge(
        door,
        application,
        EdgeSettings(stream=StreamSettings(outbox_bytes_max=10_000, close_seconds=0.1)),
        lambda _host: False,
        RecordingLog(),
    )
    await nursery.start(edge.run)
    (listening,) = listen_tcp("127.0.0.1", 0)
    edge.listen(listening)
    frame = binary_frame(b"x" * 996)
    with trio.fail_after(10):
        client = await trio.open_tcp_stream(*listening.getsockname())
        await client.send_all(UPGRADE)
        await until(client, b"\r\n\r\n")
        for _ in range(1_000):
            door.sessions[0].carrier.send_nowait(frame)
        received = 0
        while received < 1_000 * len(frame):
            received += len(await client.receive_some())
        assert door.sessions[0].endings == []
        for _ in range(1_000):
            for _ in range(100):
                door.sessions[0].carrier.send_nowait(frame)
            await trio.sleep(0.001)
            if door.sessions[0].endings:
                break
    assert door.sessions[0].endings == [1006], "closed with 4413, which nobody reads"


async def test_a_client_that_disappears_harms_nobody(edge: Edge, nursery: trio.Nursery) -> None:
    (listening,) = listen_tcp("127.0.0.1", 0)
    edge.listen(listening)
    url = f"ws://127.0.0.1:{listening.getsockname()[1]}/echo/x/ws"
    with trio.fail_after(10):
        staying = await connect_websocket_url(nursery, url)
        for _ in range(20):
            leaving = await trio.open_tcp_stream(*listening.getsockname())
            await leaving.send_all(PLAIN[:20])
            leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            await leaving.aclose()
        await staying.send_message("still here")
        assert await staying.get_message() == "still here"


class RunningOut(trio.abc.Listener[trio.SocketStream]):
    """A listener whose first accepts fail as they do without a descriptor."""

    def __init__(self, listening: socket.socket, failures: int) -> None:
        self.listener = trio.SocketListener(trio.socket.from_stdlib_socket(listening))
        self.failures = failures

    async def accept(self) -> trio.SocketStream:
        if self.failures:
            self.failures -= 1
            await trio.lowlevel.checkpoint()
            raise OSError(errno.EMFILE, "Too many open files")
        return await self.listener.accept()

    async def aclose(self) -> None:
        await self.listener.aclose()


async def test_accepting_outlives_a_lack_of_descriptors_and_says_so_once(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    (listening,) = listen_tcp("127.0.0.1", 0)
    welcomed = trio.Event()
    log = RecordingLog()
    descriptors = len(os.listdir("/proc/self/fd"))
    accepting = Accepting(RunningOut(listening, failures=100), lambda _stream: welcomed.set(), log)
    nursery.start_soon(accepting.run)
    await trio.sleep(30)
    assert log.events() == ["accept_failed"]
    assert log.lines[0][2] == {"reason": "Too many open files"}
    assert len(os.listdir("/proc/self/fd")) == descriptors + 1, "the one in reserve"
    await trio.open_tcp_stream(*listening.getsockname())
    autojump_clock.autojump_threshold = float("inf")
    await welcomed.wait()
