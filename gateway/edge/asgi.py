"""One HTTP request given to an ASGI application, and its answer (ASGI 3.0, HTTP scope of spec version 2.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

import h11
import trio

from gateway.edge.address import ClientAddress
from gateway.edge.containment import Containment, Log
from gateway.edge.door import HttpReply
from gateway.edge.head import Header, RequestHead
from gateway.edge.http_faults import BAD_REQUEST, BODY_TOO_LARGE, INTERNAL, REQUEST_TIMEOUT
from gateway.edge.http_wire import HttpWire

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class Exchange:
    """``run`` gives the request to the application and sees to it that it gets exactly one answer.

    ``status`` is that answer's, or 0 if the client left before it.
    """

    def __init__(self, wire: HttpWire, head: RequestHead, client: ClientAddress, log: Log) -> None:
        self._wire = wire
        self._head = head
        self._client = client
        self._log = log
        self._body = _Body(wire)
        self._start: tuple[int, list[Header]] | None = None
        self._watching: trio.Nursery | None = None
        self._gone = trio.Event()
        self._answered = False
        self.status = 0

    async def run(self, application: Application) -> None:
        """Contains whatever the application raises: a 500 if nothing was answered yet, else the connection is cut."""
        if int(self._head.get(b"content-length") or 0) > self._wire.settings.body_bytes_max:
            await self._refuse(BODY_TOO_LARGE)
            return
        async with trio.open_nursery() as self._watching:
            with Containment(self._application_failed):
                await application(self._scope(), self._receive, self._send)
            self._watching.cancel_scope.cancel()
        if not self._gone.is_set() and self._wire.owes_answer:
            await self._refuse(self._body.refused or INTERNAL)

    async def _receive(self) -> Message:
        """The next of the body, then the client's leaving. A leaving that is known is told without a checkpoint:
        Starlette's ``is_disconnected`` asks from inside a cancelled scope."""
        if self._gone.is_set() or self._answered or self._body.refused is not None:
            return {"type": "http.disconnect"}
        if not self._body.is_read:
            piece = await self._body.read()
            if piece is not None:
                return {"type": "http.request", "body": piece, "more_body": not self._body.is_read}
            if self._body.refused is None:
                self._gone.set()
            return {"type": "http.disconnect"}
        self._watch()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        """The head waits for the first of the body, so that an application that fails between them still gets its 500."""
        if message["type"] == "http.response.start":
            if self._start is not None:
                raise RuntimeError("the response was started twice")
            self._start = (message["status"], _response_headers(message.get("headers", ())))
        elif message["type"] == "http.response.body":
            await self._send_body(bytes(message.get("body", b"")), whole=not message.get("more_body", False))
        else:
            raise RuntimeError(f"{message['type']} is not part of an HTTP response")

    async def _send_body(self, body: bytes, *, whole: bool) -> None:
        if self._start is None or self._answered:
            raise RuntimeError("a body before the response was started, or after it was ended")
        if self._gone.is_set() or self._body.refused is not None:
            await trio.lowlevel.checkpoint()
            return
        try:
            if self._wire.owes_answer:
                self.status, headers = self._start
                await self._wire.begin_response(self.status, headers, body, whole=whole)
            else:
                await self._wire.continue_response(body, whole=whole)
        except trio.BrokenResourceError:
            self._gone.set()
        self._answered = whole

    async def _refuse(self, reply: HttpReply) -> None:
        self.status = reply.status
        await self._wire.reply(reply, closing=True)

    def _watch(self) -> None:
        """Begin to look for the client's leaving: only for an application that asks, since it costs a task."""
        assert self._watching is not None
        if not self._watching.child_tasks:
            self._watching.start_soon(self._notice_leaving)

    async def _notice_leaving(self) -> None:
        if await self._wire.wait_until_gone():
            self._gone.set()
        else:
            await trio.sleep_forever()

    def _application_failed(self, error: Exception) -> None:
        """What an application says because its client left or was refused is no news."""
        if not self._gone.is_set() and self._body.refused is None:
            self._log.error("application_failed", method=self._head.method, path=self._head.path, exc_info=error)

    def _scope(self) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": self._head.http_version,
            "method": self._head.method,
            "scheme": "https" if self._client.secure else "http",
            "path": _decoded(self._head.path),
            "raw_path": self._head.path.encode("ascii"),
            "query_string": self._head.query.encode("ascii"),
            "root_path": "",
            "headers": list(self._head.headers),
            "client": (self._client.host, 0),
            "server": None,
            "client_address": self._client,
            "request_head": self._head,
        }


class _Body:
    """A request's body, read as it is asked for and no faster. ``refused`` says why the rest of it is not wanted."""

    def __init__(self, wire: HttpWire) -> None:
        self._wire = wire
        self._received_bytes = 0
        self._waited_seconds = 0.0
        self.is_read = False
        self.refused: HttpReply | None = None

    async def read(self) -> bytes | None:
        """The next piece, empty only at the end; ``None`` if the client left or ``refused``."""
        began = trio.current_time()
        with trio.move_on_after(self._patience_seconds()) as patience:
            try:
                event = await self._wire.next_event()
            except h11.RemoteProtocolError:
                self.refused = None if self._wire.is_gone else BAD_REQUEST
                return None
            except trio.BrokenResourceError:  # while asking the client to go on
                return None
        self._waited_seconds += trio.current_time() - began
        if patience.cancelled_caught:
            self.refused = REQUEST_TIMEOUT
            return None
        return self._piece_of(event)

    def _piece_of(self, event: object) -> bytes | None:
        if not isinstance(event, h11.Data):
            self.is_read = True
            return b""
        self._received_bytes += len(event.data)
        if self._received_bytes > self._wire.settings.body_bytes_max:
            self.refused = BODY_TOO_LARGE
            return None
        return bytes(event.data)

    def _patience_seconds(self) -> float:
        settings = self._wire.settings
        return settings.body_seconds + self._received_bytes / settings.body_bytes_per_second_min - self._waited_seconds


def _decoded(path: str) -> str:
    """``path`` without its percent-encoding, but for slashes: one that is encoded separates nothing (RFC 3986 §2.2), and stays ``%2F``."""
    return unquote(path.replace("%2F", "%252F").replace("%2f", "%252F"))


def _response_headers(headers: Any) -> list[Header]:
    """As the application says, but how the body is framed is ours."""
    return [(bytes(name).lower(), bytes(value)) for name, value in headers if bytes(name).lower() != b"transfer-encoding"]
