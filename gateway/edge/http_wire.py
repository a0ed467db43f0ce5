"""One HTTP/1.1 connection: h11 over a trio stream, every wait bounded. It knows bytes and events, not what they are for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

import h11
import trio

from gateway.edge.door import HttpReply
from gateway.edge.head import Header, RequestHead
from gateway.edge.http_faults import BAD_REQUEST, FAULT_BY_STATUS, REQUEST_TIMEOUT, has_folded_line, head_fault

_RECEIVE_BYTES = 65_536
_WRITE_BYTES = 262_144
_UNREAD_BYTES_MAX = 65_536
"""Up to so much of a body that nobody wanted is read, so that the connection can go on; with more it is closed."""


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """Limits of one HTTP connection.

    ``head_bytes_max``, ``headers_max``: a request head (431). ``head_seconds``: from the first byte of a head to its last, and
    from the connection to the first byte (408, or closed without a word). ``keep_alive_seconds``: silence between requests.
    ``body_bytes_max``: a request's body (413). ``body_seconds`` and ``body_bytes_per_second_min``: waiting for a body ends after
    so long, and a second later for every so many bytes that came (408). ``write_seconds``: a client may take nothing for so long.
    ``linger_seconds``: how long we wait for a client to read what was said last.
    """

    head_bytes_max: int = 16_384
    headers_max: int = 100
    head_seconds: float = 10.0
    keep_alive_seconds: float = 75.0
    body_bytes_max: int = 12 << 20
    body_seconds: float = 20.0
    body_bytes_per_second_min: int = 4_096
    write_seconds: float = 30.0
    linger_seconds: float = 2.0


class HttpWire:
    """``received`` came before us. ``wall_seconds`` is Unix time, for the ``Date`` header."""

    def __init__(
        self, stream: trio.abc.Stream, settings: HttpSettings, received: bytes = b"", wall_seconds: Callable[[], float] = time.time
    ) -> None:
        self.settings = settings
        self._stream = stream
        self._wall_seconds = wall_seconds
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=settings.head_bytes_max)
        self._requests = 0
        self._method = ""
        self._silence = trio.CancelScope()
        self._draining = False
        self._has_no_body = False
        self._is_whole = True  # what h11 says was sent was also written
        if received:
            self._h11.receive_data(received)

    def drain(self) -> None:
        """No further request: a connection that is silent between two ends now, one that is busy ends after its answer."""
        self._draining = True
        if self._requests:
            self._silence.cancel()

    async def read_head(self) -> RequestHead | HttpReply | None:
        """The next head; the answer to one that is wrong; or ``None``: the client left or was silent for too long."""
        if not await self._wait_for_bytes():
            return None
        self._requests += 1
        with trio.move_on_after(self.settings.head_seconds):
            return await self._read_head()
        return REQUEST_TIMEOUT

    async def next_event(self) -> h11.Event | type[h11.PAUSED]:
        """The next event of the request's body; asks for it if the client waits to be asked.

        Raises h11.RemoteProtocolError if the client breaks the protocol or leaves in the middle.
        """
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]
            if self._h11.they_are_waiting_for_100_continue:
                await self._write(self._h11.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            self._h11.receive_data(await self._receive())

    async def wait_until_gone(self) -> bool:
        """Watch a client that has sent its request. True when it left; False if it sends on, so that its leaving cannot be seen."""
        while len(self._h11.trailing_data[0]) < self.settings.head_bytes_max:
            data = await self._receive()
            self._h11.receive_data(data)
            if not data:
                return True
        return False

    @property
    def is_gone(self) -> bool:
        """Whether the client's side has ended."""
        return self._h11.trailing_data[1]

    @property
    def owes_answer(self) -> bool:
        """Whether a request came whose answer was not begun yet, and can be."""
        return self._h11.our_state is h11.SEND_RESPONSE

    async def begin_response(self, status: int, headers: list[Header], body: bytes, *, whole: bool) -> None:
        """Send the response's head and the first of its body; all of it if ``whole``. Adds ``date``, and ``connection`` if it closes.

        Raises h11.LocalProtocolError, with nothing sent, for headers that are none; trio.BrokenResourceError if the client is gone.
        """
        if all(name != b"date" for name, _ in headers):
            headers = [*headers, (b"date", formatdate(self._wall_seconds(), usegmt=True).encode())]
        if self._draining:
            headers = [*headers, (b"connection", b"close")]
        self._has_no_body = self._method == "HEAD" or status in (204, 304)
        head = self._h11.send(h11.Response(status_code=status, headers=headers, reason=_reason(status))) or b""
        await self._write(head + self._body_bytes(body, whole))

    async def continue_response(self, body: bytes, *, whole: bool) -> None:
        """Send more of the body; the last of it if ``whole``. Raises as ``begin_response``."""
        await self._write(self._body_bytes(body, whole))

    async def reply(self, reply: HttpReply, *, closing: bool = False) -> None:
        """Send a whole answer; ``closing`` says that nothing else follows."""
        headers = [*reply.headers, (b"content-length", str(len(reply.body)).encode())]
        if any(name == b"upgrade" for name, _ in headers):
            headers.append((b"connection", b"upgrade"))
        if closing:
            headers.append((b"connection", b"close"))
        await self.begin_response(reply.status, headers, reply.body, whole=True)

    async def start_next(self) -> bool:
        """Whether the connection goes on to another request. A rest of the last one's body is read if it is small and comes soon."""
        if self._draining or not self._is_whole or self._h11.our_state is not h11.DONE:
            return False
        with trio.move_on_after(self.settings.linger_seconds):
            if await self._skip_body() and self._h11.their_state is h11.DONE:
                self._h11.start_next_cycle()
                return True
        return False

    async def end_of_http(self) -> bytes:
        """After a head that asks for an upgrade: what the client sent behind it. h11 has nothing more to say."""
        event = await self.next_event()
        assert isinstance(event, h11.EndOfMessage), "an upgrade has no body"
        return self._h11.trailing_data[0]

    async def _wait_for_bytes(self) -> bool:
        if self._h11.trailing_data[0]:
            return True
        seconds = self.settings.keep_alive_seconds if self._requests else self.settings.head_seconds
        with trio.move_on_after(seconds) as self._silence:
            data = await self._receive()
            self._h11.receive_data(data)
            return bool(data)
        return False

    async def _read_head(self) -> RequestHead | HttpReply | None:
        raw = bytearray(self._h11.trailing_data[0])
        try:
            while (event := self._h11.next_event()) is h11.NEED_DATA:
                data = await self._receive()
                self._h11.receive_data(data)
                raw += data
        except h11.RemoteProtocolError as error:
            return None if self.is_gone else FAULT_BY_STATUS.get(error.error_status_hint, BAD_REQUEST)
        if not isinstance(event, h11.Request):
            return None
        if has_folded_line(raw[: len(raw) - len(self._h11.trailing_data[0])]):
            return BAD_REQUEST
        self._method = event.method.decode("ascii")
        head = RequestHead(self._method, event.target.decode("ascii"), list(event.headers), event.http_version.decode("ascii"))
        return head_fault(head, self.settings.head_bytes_max, self.settings.headers_max) or head

    async def _skip_body(self) -> bool:
        skipped = 0
        while self._h11.their_state is h11.SEND_BODY and skipped <= _UNREAD_BYTES_MAX:
            if self._h11.they_are_waiting_for_100_continue:
                return False
            try:
                event = await self.next_event()
            except h11.RemoteProtocolError:
                return False
            skipped += len(event.data) if isinstance(event, h11.Data) else 0
        return skipped <= _UNREAD_BYTES_MAX

    def _body_bytes(self, body: bytes, whole: bool) -> bytes:
        data = self._h11.send(h11.Data(data=body)) or b"" if body and not self._has_no_body else b""
        return data + (self._h11.send(h11.EndOfMessage()) or b"") if whole else data

    async def _receive(self) -> bytes:
        """The next bytes; none if the client is gone, however it left."""
        try:
            return bytes(await self._stream.receive_some(_RECEIVE_BYTES))
        except trio.BrokenResourceError:
            return b""

    async def _write(self, data: bytes) -> None:
        """Raises trio.BrokenResourceError if the client is gone or takes nothing for too long."""
        self._is_whole = False
        for at in range(0, len(data), _WRITE_BYTES):
            with trio.move_on_after(self.settings.write_seconds) as patience:
                await self._stream.send_all(data[at : at + _WRITE_BYTES])
            if patience.cancelled_caught:
                raise trio.BrokenResourceError("the client takes nothing")
        self._is_whole = True


def _reason(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode("ascii")
    except ValueError:
        return b""
