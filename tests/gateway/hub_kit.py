"""A running hub and clients of it over loopback sockets, in virtual time.

The clock jumps only after nothing happened for three real milliseconds: bytes on the loopback interface need a moment.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from gateway.carrier import Carrier
from gateway.counters import Counters
from gateway.edge.door import Admission
from gateway.frames import close_frame
from gateway.hub.hub import Hub, HubSettings
from gateway.wheel import Wheel
from tests.gateway.frames_corpus import CLOSE, FRAGMENTS_MAX, MESSAGE_BYTES_MAX, close_payload, from_client
from tests.gateway.recording_log import RecordingLog

OPENING = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
GOODBYE = from_client(CLOSE, close_payload(1000, b"bye"))
LOST = (1006, "", False)
"""How a session hears of an end without a Close frame."""

SETTINGS = HubSettings(message_bytes_max=MESSAGE_BYTES_MAX, fragments_max=FRAGMENTS_MAX)


@pytest.fixture
def clock() -> trio.testing.MockClock:
    """Virtual time."""
    return trio.testing.MockClock(autojump_threshold=0.003)


class Recorder:
    """A receiver that keeps what it hears, and does what it is told to on each frame and at its end."""

    def __init__(self, on_frame: Callable[[Carrier, str | bytes], None] = lambda _carrier, _message: None) -> None:
        self.carrier: Carrier
        self.messages: list[str | bytes] = []
        self.endings: list[tuple[int, str, bool]] = []
        self.ended = trio.Event()
        self.on_end: Callable[[], None] = lambda: None
        self._on_frame = on_frame

    def open(self, carrier: Carrier) -> Recorder:
        self.carrier = carrier
        return self

    def frame(self, message: str | bytes) -> None:
        self.messages.append(message)
        self._on_frame(self.carrier, message)

    def gone(self, code: int, reason: str, clean: bool) -> None:
        self.endings.append((code, reason, clean))
        self.ended.set()
        self.on_end()


class Client:
    """The far end of a TCP connection: writes bytes, reads whole frames."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.was_reset = False
        self._buffer = b""

    async def send(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def receive_exactly(self, size: int) -> bytes:
        """The next ``size`` bytes; raises ``EOFError`` if the server closes before."""
        while len(self._buffer) < size:
            data = await self.stream.receive_some(65_536)
            if not data:
                raise EOFError(f"{self._buffer!r} and no more")
            self._buffer += data
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    async def receive_to_end(self) -> bytes:
        """Everything until the server has closed, or reset the connection (then ``was_reset``)."""
        try:
            while data := await self.stream.receive_some(65_536):
                self._buffer += data
        except trio.BrokenResourceError:
            self.was_reset = True
        data, self._buffer = self._buffer, b""
        return data

    def reset(self) -> None:
        """End the connection as a crash does."""
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.stream.socket.close()


class RunningHub:
    """A hub that serves, and the way to get sockets into it."""

    def __init__(self, hub: Hub, log: RecordingLog) -> None:
        self.hub = hub
        self.log = log
        self.expects: list[str] = []  # what has been logged by the end

    async def connect(self, recorder: Recorder, received: bytes = b"", send_buffer: int | None = None) -> Client:
        """A client whose 101 was read; ``received`` followed its head; ``send_buffer`` bytes bound what the server's kernel takes."""
        server_end, client_end = await loopback_pair()
        if send_buffer is not None:
            server_end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        self.hub.adopt(server_end, OPENING, received, Admission(recorder.open))
        client = Client(client_end)
        assert await client.receive_exactly(len(OPENING)) == OPENING
        return client


async def loopback_pair() -> tuple[socket.socket, trio.SocketStream]:
    """Both ends of one TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client_end = await trio.open_tcp_stream(*listener.getsockname())
        client_end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        return listener.accept()[0], client_end


@asynccontextmanager
async def running_hub(settings: HubSettings = SETTINGS) -> AsyncIterator[RunningHub]:
    """A hub that is cancelled at the end."""
    log = RecordingLog()
    wheel = Wheel(log)
    hub = Hub(settings, wheel, Counters(), log)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wheel.run)
        await nursery.start(hub.run)
        running = RunningHub(hub, log)
        yield running
        assert log.events() == running.expects, log.lines
        nursery.cancel_scope.cancel()


async def settle() -> None:
    """Let everything happen that can without time passing."""
    for _ in range(3):
        await trio.testing.wait_all_tasks_blocked(0.001)


async def until(condition: Callable[[], bool], tries: int = 5_000) -> None:
    """Return once it holds, without time passing: a busy kernel may take longer to deliver what one end sent than ``settle`` waits."""
    for _ in range(tries):
        if condition():
            return
        await trio.testing.wait_all_tasks_blocked(0.001)
    raise AssertionError("what was waited for did not happen")


def without_reasons(frames: bytes) -> bytes:
    """What the server said, a Close frame at the end cut to its code: reasons are words."""
    at = 0
    while at < len(frames):
        if frames[at] == 0x88:
            return frames[:at] + close_frame(int.from_bytes(frames[at + 2 : at + 4], "big") if frames[at + 1] else None)
        at += 2 + frames[at + 1]
    return frames
