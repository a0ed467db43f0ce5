"""The stream carrier: one WebSocket over any trio stream (TLS, Unix sockets, tests in memory), spoken by trio-websocket.

trio-websocket parses, answers pings and answers a Close; ``Wire`` stands between it and the socket. Ours are the writing,
the limits, the keepalive, every Close that we begin, and the end.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream

from gateway.carrier import Receiver
from gateway.counters import Counters
from gateway.edge.containment import Containment, Log
from gateway.edge.door import Admission
from gateway.edge.handshake import canned_head
from gateway.edge.head import RequestHead
from gateway.edge.lingering import close_gracefully
from gateway.frames import PING, close_frame
from gateway.stream.meter import FrameMeter
from gateway.stream.wire import RECEIVE_BYTES, Wire
from gateway.stream.writer import FrameWriter


@dataclass(frozen=True, kw_only=True)
class StreamSettings:
    """Limits of one WebSocket. Past each of them the socket is closed, with the code named here.

    ``message_bytes_max``: a message, summed over its fragments (1009). ``fragments_max``: pieces of a message (1009).
    ``outbox_bytes_max``: what is said and not yet written (4413). ``held_bytes_max``: what is read while the session is
    paused, beyond it TCP holds the client back. ``ping_seconds``: how often we ask; ``ping_timeout_seconds``: how long
    we wait to hear anything (1011). ``close_seconds``: how long a closing handshake may take.
    """

    message_bytes_max: int = 65_536
    fragments_max: int = 4_096
    outbox_bytes_max: int = 1_048_576
    held_bytes_max: int = 131_072
    ping_seconds: float = 30.0
    ping_timeout_seconds: float = 20.0
    close_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How the socket ended, as ``Receiver.gone`` tells it."""

    code: int
    reason: str
    clean: bool


LOST = Ending(1006, "", False)


class StreamCarrier:
    """One WebSocket from its 101 to its end. ``run`` is its whole life; the other methods are the session's (see ``Carrier``)."""

    def __init__(
        self,
        transport: trio.abc.Stream,
        head: RequestHead,
        received: bytes,
        admission: Admission,
        settings: StreamSettings,
        counters: Counters,
        log: Log,
    ) -> None:
        self._transport = transport
        self._admission = admission
        self._settings = settings
        self._writer = FrameWriter(transport, settings.outbox_bytes_max, counters)
        self._meter = FrameMeter(settings.message_bytes_max, settings.fragments_max)
        self._wire = Wire(transport, self._writer, self._meter, canned_head(head, admission.subprotocol), received, settings.held_bytes_max)
        self._log = log
        self._contained = Containment(self._session_failed)
        self._receiver: Receiver | None = None
        self._life = trio.CancelScope()
        self._ending: Ending | None = None
        self._closing = False
        self._opened = False
        self._pauses = 0

    async def run(self) -> None:
        """Carry until the socket is over and closed. ``gone`` has been called exactly once when this returns or raises."""
        try:
            async with trio.open_nursery() as writing:
                writing.start_soon(self._writer.run)
                async with trio.open_nursery() as reading:
                    with self._life:
                        await self._converse(reading)
                    reading.cancel_scope.cancel()
                self._tell_gone()
                await self._finish()
                writing.cancel_scope.cancel()
        finally:
            self._tell_gone()

    @property
    def unsent_bytes(self) -> int:
        """What was said and is not yet written."""
        return self._writer.unsent_bytes

    def send_nowait(self, frames: bytes) -> None:
        if not self._writer.push(frames):
            self._begin_close(4413, "reads too slowly", dropping=True)

    def close(self, code: int, reason: str) -> None:
        self._begin_close(code, reason, dropping=False)

    def pause(self) -> None:
        if not self._closing:
            self._pauses += 1
            self._wire.pause()

    def resume(self) -> None:
        self._wire.resume()

    def _begin_close(self, code: int, reason: str, *, dropping: bool) -> None:
        """Our Close goes past trio-websocket: to it, the peer's answer looks like a Close that the peer began."""
        if self._closing:
            return
        self._closing = True
        self._writer.end(close_frame(code, reason), dropping=dropping)
        self.resume()
        self._life.deadline = trio.current_time() + self._settings.close_seconds

    async def _converse(self, nursery: trio.Nursery) -> None:
        """From the opening handshake to the last message."""
        request = await wrap_server_stream(
            nursery, self._wire, message_queue_size=sys.maxsize, max_message_size=sys.maxsize, receive_buffer_size=RECEIVE_BYTES
        )
        socket = await request.accept(subprotocol=self._admission.subprotocol, extra_headers=list(self._admission.headers))
        self._opened = True
        with self._contained:
            self._receiver = self._admission.open(self)
        nursery.start_soon(self._keep_alive)
        await self._hand_over(socket)
        self._ending = self._ending or self._ending_of(socket)

    async def _hand_over(self, socket: WebSocketConnection) -> None:
        while True:
            try:
                message = await socket.get_message()
            except ConnectionClosed:
                return
            await self._wire.wait_resumed()
            if self._receiver is not None and not self._closing:
                with self._contained:
                    self._receiver.frame(message)

    def _session_failed(self, error: Exception) -> None:
        self._log.error("session_failed", exc_info=error)
        self.close(1011, "internal error")

    def _ending_of(self, socket: WebSocketConnection) -> Ending:
        """Why trio-websocket stopped: a limit, the peer's Close, a frame that is none, or the end of the stream."""
        if self._meter.fault is not None:
            return Ending(1009, self._meter.fault, False)
        closed = socket.closed
        if closed is None or closed.code == 1006:
            return LOST
        reason = closed.reason or ""
        return Ending(int(closed.code), reason, self._wire.closed_by_peer)

    async def _keep_alive(self) -> None:
        """Ask now and then; silence until the timeout is the end, unless it was we who did not read."""
        while True:
            await trio.sleep(self._settings.ping_seconds)
            if not self._wire.is_paused:
                self._writer.push_past_bound(PING)
                await self._expect_sign_of_life()

    async def _expect_sign_of_life(self) -> None:
        """A peer lives if it says anything, or if it takes what is waiting for it; while we do not read, nobody can tell."""
        seconds, pauses, written = self._settings.ping_timeout_seconds, self._pauses, self._writer.written_bytes
        with trio.move_on_after(seconds):
            await self._wire.wait_heard()
            return
        takes = self._writer.unsent_bytes > 0 and self._writer.written_bytes > written
        if self._pauses == pauses and not self._wire.is_paused and not takes:
            self._ending = Ending(1011, f"nothing heard in {seconds:g} seconds", False)
            self._life.cancel()

    def _tell_gone(self) -> None:
        """Exactly once to a session that began; a session that never did is given up."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            ending = self._ending or LOST
            with self._contained:
                receiver.gone(ending.code, ending.reason, ending.clean)
        elif not self._opened:
            self._opened = True
            self._admission.abandon()

    async def _finish(self) -> None:
        """Say why, if it was we who failed the connection; write what is queued; close, all within ``close_seconds``."""
        ending = self._ending or LOST
        if ending is LOST:
            await trio.aclose_forcefully(self._transport)
            return
        if not ending.clean:
            self._writer.end(close_frame(ending.code, ending.reason))
        with trio.move_on_after(self._settings.close_seconds):
            await self._writer.wait_done()
            await close_gracefully(self._transport, self._settings.close_seconds)
        await trio.aclose_forcefully(self._transport)
