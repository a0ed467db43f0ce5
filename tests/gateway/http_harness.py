"""A connection in memory whose requests an ASGI application answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio
import trio.testing
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.edge.address import ClientAddress
from gateway.edge.asgi import Application, Exchange
from gateway.edge.head import RequestHead
from gateway.edge.http_wire import HttpSettings, HttpWire
from tests.gateway.recording_log import RecordingLog

SETTINGS = HttpSettings(body_bytes_max=100_000)


class Served:
    """A connection that is answered request by request until it ends."""

    def __init__(self, application: Application, settings: HttpSettings = SETTINGS) -> None:
        self.client, server = trio.testing.memory_stream_pair()
        self.log = RecordingLog()
        self.statuses: list[int] = []
        self._server = server
        self._application = application
        self._wire = HttpWire(server, settings, wall_seconds=lambda: 0.0)

    async def run(self) -> None:
        try:
            while isinstance(head := await self._wire.read_head(), RequestHead):
                exchange = Exchange(self._wire, head, ClientAddress("192.0.2.7", secure=True), self.log)
                await exchange.run(self._application)
                self.statuses.append(exchange.status)
                if not await self._wire.start_next():
                    return
        except trio.BrokenResourceError:
            pass
        finally:
            await trio.aclose_forcefully(self._server)

    async def send(self, data: bytes) -> None:
        await self.client.send_all(data)

    async def until(self, end: bytes) -> bytes:
        received = b""
        while not received.endswith(end):
            data = await self.client.receive_some()
            assert data, received
            received += data
        return received

    async def to_the_end(self) -> bytes:
        received = b""
        while data := await self.client.receive_some():
            received += data
        return received


@asynccontextmanager
async def served(application: Application, settings: HttpSettings = SETTINGS) -> AsyncIterator[Served]:
    at = Served(application, settings)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(at.run)
        yield at
        nursery.cancel_scope.cancel()


def get(path: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    return b"\r\n".join([method + b" " + path + b" HTTP/1.1", b"Host: x", *headers, b"", b""])


def post(body: bytes, *headers: bytes) -> bytes:
    return get(b"/", b"Content-Length: %d" % len(body), *headers, method=b"POST") + body


def answering(status: int, headers: list[tuple[bytes, bytes]], *pieces: bytes) -> Application:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for i, piece in enumerate(pieces):
            await send({"type": "http.response.body", "body": piece, "more_body": i + 1 < len(pieces)})

    return application


async def echo(scope: Any, receive: Any, send: Any) -> None:
    request = Request(scope, receive)
    await PlainTextResponse(await request.body())(scope, receive, send)


def starlette(endpoint: Callable[[Request], Awaitable[Response]]) -> Application:
    return Starlette(routes=[Route("/{rest:path}", endpoint, methods=["GET", "HEAD", "POST"])])
