"""From an address to a stream of bytes."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import trio

Dial = Callable[[str], Awaitable[trio.abc.Stream]]
"""Opens a stream to the host of a ``ws:`` or ``wss:`` address, TLS included. Raises OSError or trio.BrokenResourceError."""

PORTS = {"ws": 80, "wss": 443}


def dialler(ssl_context: ssl.SSLContext | None) -> Dial:
    """Opens TCP connections, with TLS for ``wss:``; ``ssl_context`` is the system's trust if ``None``."""

    async def dial(url: str) -> trio.abc.Stream:
        parts = urlsplit(url)
        assert parts.hostname is not None, "addresses were checked"
        port = parts.port or PORTS[parts.scheme]
        if parts.scheme == "wss":
            context = ssl_context or ssl.create_default_context()
            return await trio.open_ssl_over_tcp_stream(parts.hostname, port, ssl_context=context, https_compatible=True)
        return await trio.open_tcp_stream(parts.hostname, port)

    return dial


def host_header(url: str) -> str:
    """What ``Host`` says for this address."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return host if parts.port is None or parts.port == PORTS[parts.scheme] else f"{host}:{parts.port}"


class WatchedStream(trio.abc.Stream):
    """A stream that says when its far end is gone, and why: trio-websocket waits for a handshake even then."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self.ended = trio.Event()
        self.reason = "the server closed the connection"

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        try:
            data = await self._stream.receive_some(max_bytes)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            self._end(error)
            raise
        if not data:
            self.ended.set()
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        try:
            await self._stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            self._end(error)
            raise

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        self.ended.set()
        await self._stream.aclose()

    def _end(self, error: Exception) -> None:
        if isinstance(error.__cause__, ssl.SSLError):  # a certificate that is not trusted, say
            self.reason = str(error.__cause__)
        self.ended.set()
