"""One WebSocket, from its dialling to its end."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, HandshakeError, WebSocketConnection, wrap_client_stream
from wsproto.utilities import ProtocolError

from rooms.client.dialling import Dial, WatchedStream, host_header
from rooms.client.returning import End
from rooms.client.settings import ClientSettings

MESSAGE_BYTES_MAX = 1024 * 1024
"""More than a server ever sends in one frame."""

FRAMES_MAX = 5_000
"""Frames that wait to be written. A server that takes none of them any more is given up."""

QUEUED_MESSAGES_MAX = 100


class Receiver(Protocol):
    """Whoever hears what comes."""

    def opened(self) -> None:
        """The handshake is done."""

    def heard(self, frame: str | bytes) -> None:
        """One whole message came."""


class Connection:
    """``run`` it once. What is given to ``send_nowait`` is written in order; nothing is kept over its end."""

    def __init__(self, dial: Dial, settings: ClientSettings, receiver: Receiver) -> None:
        self._dial = dial
        self._settings = settings
        self._receiver = receiver
        self._frames: deque[str | bytes] = deque()
        self._more = trio.Event()
        self._scope = trio.CancelScope()
        self._end = End(1006, "the connection was lost")
        self._heard_at = 0.0
        self._is_closing = False

    async def run(self, url: str, headers: list[tuple[bytes, bytes]], subprotocols: Sequence[str]) -> End:
        """Connect and move frames until it is over; returns how it ended. Raises nothing of its own."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    await self._run(nursery, url, headers, subprotocols)
        except* ConnectionRejected as group:
            self._end = _end_of_rejection(_first(group))
        except* (ConnectionClosed, HandshakeError, ProtocolError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the end is noted, or it was simply lost
        except* OSError as group:
            self._end = End(1006, str(_first(group)))
        return self._end

    def send_nowait(self, frame: str | bytes) -> None:
        """Write a frame after those before it."""
        if len(self._frames) >= FRAMES_MAX:
            self.lose("the server takes nothing any more")
            return
        self._frames.append(frame)
        self._more.set()

    def lose(self, reason: str) -> None:
        """Give it up at once."""
        if not self._is_closing:
            self._end = End(1006, reason)
        self._scope.cancel()

    def close(self) -> None:
        """Say goodbye after what was given to be sent."""
        self._is_closing = True
        self._end = End(1000)
        self._more.set()

    async def _run(self, nursery: trio.Nursery, url: str, headers: list[tuple[bytes, bytes]], subprotocols: Sequence[str]) -> None:
        socket = None
        with trio.move_on_after(self._settings.connect_timeout_seconds):
            socket = await self._open(nursery, url, headers, subprotocols)
        if socket is None:
            self.lose("no answer in time")
            return
        self._heard_at = trio.current_time()
        self._receiver.opened()
        nursery.start_soon(self._write, socket)
        nursery.start_soon(self._beat, socket)
        await self._read(socket)
        nursery.cancel_scope.cancel()

    async def _open(
        self, nursery: trio.Nursery, url: str, headers: list[tuple[bytes, bytes]], subprotocols: Sequence[str]
    ) -> WebSocketConnection:
        stream = WatchedStream(await self._dial(url))
        nursery.start_soon(_close_at_the_end, stream)
        async with trio.open_nursery() as handshake:
            handshake.start_soon(self._give_up_with, stream)
            socket = await wrap_client_stream(
                nursery,
                stream,  # type: ignore[arg-type]  # any stream does, as its documentation says
                host_header(url),
                _resource(url),
                subprotocols=subprotocols,
                extra_headers=headers,
                message_queue_size=QUEUED_MESSAGES_MAX,
                max_message_size=MESSAGE_BYTES_MAX,
                receive_buffer_size=65_536,
            )
            handshake.cancel_scope.cancel()
        return socket

    async def _give_up_with(self, stream: WatchedStream) -> None:
        await stream.ended.wait()
        self.lose(stream.reason)

    async def _read(self, socket: WebSocketConnection) -> None:
        while True:
            try:
                frame = await socket.get_message()
            except ConnectionClosed as closed:
                if closed.reason is not None and not self._is_closing:
                    self._end = End(closed.reason.code, closed.reason.reason or "")
                return
            self._heard_at = trio.current_time()
            self._receiver.heard(frame)

    async def _write(self, socket: WebSocketConnection) -> None:
        while True:
            while self._frames:
                await socket.send_message(self._frames.popleft())
            if self._is_closing:
                await socket.aclose(1000)
                return
            self._more = trio.Event()
            await self._more.wait()

    async def _beat(self, socket: WebSocketConnection) -> None:
        """The server says something every ten seconds; when it does not, ask, and give it up when it does not answer."""
        seconds = self._settings.heartbeat_seconds
        while True:
            await trio.sleep_until(self._heard_at + seconds)
            if self._heard_at + seconds > trio.current_time():
                continue
            with trio.move_on_after(seconds) as patience:
                await socket.ping()
                self._heard_at = trio.current_time()
            if patience.cancelled_caught:
                self.lose("nothing was heard any more")


async def _close_at_the_end(stream: trio.abc.Stream) -> None:
    """Closes the stream when its connection is over, however that comes about."""
    try:
        await trio.sleep_forever()
    finally:
        await trio.aclose_forcefully(stream)


def _resource(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _end_of_rejection(rejected: BaseException) -> End:
    """An upgrade that was refused: its status, what its body says, and how long it asks to wait."""
    assert isinstance(rejected, ConnectionRejected)
    try:
        message = json.loads(rejected.body or b"")["error"]["message"]
    except (ValueError, KeyError, TypeError):
        message = f"the server answered {rejected.status_code}"
    wait = next((value for name, value in rejected.headers if name.lower() == b"retry-after"), b"")
    return End(rejected.status_code, str(message), float(wait) if wait.isdigit() else None)
