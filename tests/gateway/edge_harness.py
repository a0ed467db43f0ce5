"""An edge that runs over streams in memory, with a door and an application of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
import trio.testing

from gateway.carrier import Carrier
from gateway.edge.address import ClientAddress
from gateway.edge.arrival import Arrival
from gateway.edge.door import Admission, Decision, ToApplication
from gateway.edge.edge import Edge, EdgeSettings
from gateway.edge.head import RequestHead
from tests.gateway.frames_corpus import TEXT, from_server
from tests.gateway.recording_log import RecordingLog

UPGRADE = (
    b"GET /echo/x/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
SETTINGS = EdgeSettings()
PLAIN = b"GET /plain HTTP/1.1\r\nHost: x\r\n\r\n"


class Echo:
    """A session that says what it hears."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.endings: list[int] = []

    def frame(self, message: str | bytes) -> None:
        if message == "fail":
            raise LookupError("a fault of ours")
        self.carrier.send_nowait(from_server(TEXT, message.encode() if isinstance(message, str) else message))

    def gone(self, code: int, reason: str, clean: bool) -> None:
        self.endings.append(code)


class EchoDoor:
    """Admits every upgrade; everything else is the application's."""

    def __init__(self) -> None:
        self.seen: list[tuple[RequestHead, ClientAddress]] = []
        self.sessions: list[Echo] = []
        self.answer: Decision | None = None

    def admit(self, head: RequestHead, client: ClientAddress) -> Decision:
        self.seen.append((head, client))
        if self.answer is not None:
            return self.answer
        return Admission(self.open) if head.get(b"upgrade") == b"websocket" else ToApplication()

    def open(self, carrier: Carrier) -> Echo:
        self.sessions.append(Echo(carrier))
        return self.sessions[-1]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the path."""
    if scope["path"] == "/fails":
        raise LookupError("a fault of ours")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(scope["path"])).encode())]})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


class Running:
    """An edge that runs, and connections to it."""

    def __init__(self, edge: Edge, door: EchoDoor, log: RecordingLog, nursery: trio.Nursery) -> None:
        self.edge = edge
        self.door = door
        self.log = log
        self._nursery = nursery

    def connect(self, received: bytes = b"", decision: Decision | None = None) -> trio.abc.Stream:
        client, server = trio.testing.memory_stream_pair()
        self._nursery.start_soon(self.edge._serve, Arrival(server, "192.0.2.7", received=received, decision=decision))
        return client


@asynccontextmanager
async def running(settings: EdgeSettings = SETTINGS) -> AsyncIterator[Running]:
    door, log = EchoDoor(), RecordingLog()
    edge = Edge(door, application, settings, lambda host: host == "10.0.0.1", log)
    async with trio.open_nursery() as nursery:
        await nursery.start(edge.run)
        yield Running(edge, door, log, nursery)
        nursery.cancel_scope.cancel()


async def everything(stream: trio.abc.Stream) -> bytes:
    """What comes until the server closes."""
    received = b""
    while data := await stream.receive_some():
        received += data
    return received


async def until(stream: trio.abc.Stream, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        data = await stream.receive_some()
        assert data, received
        received += data
    return received


async def exchange(at: Running, request: bytes) -> bytes:
    """Send these bytes and nothing more; what is answered until the server closes."""
    stream = at.connect()
    await stream.send_all(request)
    return await everything(stream)


def status_of(response: bytes) -> int:
    return int(response.split(b" ", 2)[1])
