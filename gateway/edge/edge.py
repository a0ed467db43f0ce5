"""The edge: one connection from its first byte to its last. It reads heads, asks the door, and obeys.

Each request of a connection may be the one that upgrades it. Whatever goes wrong in a connection ends there.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import trio

from gateway.counters import Counters
from gateway.edge.accepting import Accepting
from gateway.edge.address import Trusts
from gateway.edge.arrival import Arrival, peer_of
from gateway.edge.asgi import Application, Exchange
from gateway.edge.bounded_log import BoundedLog
from gateway.edge.containment import Containment, Log
from gateway.edge.door import Admission, Decision, Door, HttpReply, Later, ToApplication
from gateway.edge.handshake import accept_response, asks_for_websocket, handshake_fault
from gateway.edge.head import RequestHead
from gateway.edge.http_faults import INTERNAL, OVERLOADED
from gateway.edge.http_wire import HttpSettings, HttpWire
from gateway.stream.stream import StreamCarrier, StreamSettings


class SocketAdopter(Protocol):
    """The hub, as the edge sees it."""

    def adopt(self, sock: socket.socket, opening: bytes, received: bytes, admission: Admission) -> None:
        """Own the non-blocking ``sock`` from now on; write ``opening`` (a 101), open the session, then hear ``received``; never raises."""


@dataclass(frozen=True, kw_only=True)
class EdgeSettings:
    """``conversations_max``: connections at once that are not (yet) WebSockets; beyond it 503 and closed."""

    http: HttpSettings = field(default_factory=HttpSettings)
    stream: StreamSettings = field(default_factory=StreamSettings)
    conversations_max: int = 2_000


class Edge:
    """``run`` owns every connection; ``listen`` and ``take`` bring them while it runs.

    ``trusts`` says whose forwarded addresses count; with a ``hub``, upgrades on plain TCP sockets are handed to it.
    """

    def __init__(
        self,
        door: Door,
        application: Application,
        settings: EdgeSettings,
        trusts: Trusts,
        log: Log,
        hub: SocketAdopter | None = None,
        counters: Counters | None = None,
    ) -> None:
        self._door = door
        self._application = application
        self._settings = settings
        self._trusts = trusts
        self._log = log
        self._hub = hub
        self._counters = counters or Counters()
        self._strangers = BoundedLog(log, trio.current_time)
        self._nursery: trio.Nursery | None = None
        self._accepting: set[trio.CancelScope] = set()
        self._wires: set[HttpWire] = set()
        self._draining = False

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled; cancelling cuts what is still open."""
        async with trio.open_nursery() as self._nursery:
            task_status.started()
            await trio.sleep_forever()

    def listen(self, listening: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Accept from ``listening`` until ``drain``; over TLS if there is a context."""
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(listening))
        self._start(self._accept, listener, tls)

    def take(self, sock: socket.socket, received: bytes, decision: Decision | None) -> None:
        """Go on with a TCP connection that somebody else accepted: ``received`` was read from it already, and ``decision`` is what
        the door said about its first request, if it was asked."""
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(sock))
        self._start(self._serve, Arrival(stream, peer_of(stream), secure=False, received=received, decision=decision))

    def drain(self) -> None:
        """Accept nothing more; connections that are silent between requests end now, the others after their answer."""
        self._draining = True
        for scope in self._accepting:
            scope.cancel()
        for wire in self._wires:
            wire.drain()

    async def _accept(self, listener: trio.SocketListener, tls: ssl.SSLContext | None) -> None:
        def welcome(stream: trio.SocketStream) -> None:
            self._start(self._serve, Arrival(stream, peer_of(stream), secure=tls is not None), tls)

        with trio.CancelScope() as scope:
            self._accepting.add(scope)
            async with listener:
                await Accepting(listener, welcome, self._log).run()
        self._accepting.discard(scope)

    async def _serve(self, arrival: Arrival, tls: ssl.SSLContext | None = None) -> None:
        """One connection, contained."""
        contained = Containment(partial(self._failed, arrival))
        try:
            with contained:
                if tls is None or await self._secure(arrival, tls):
                    await self._converse(arrival, contained)
            await arrival.close(self._settings.http.linger_seconds)
        finally:
            if arrival.stream is not None:
                await trio.aclose_forcefully(arrival.stream)

    async def _secure(self, arrival: Arrival, tls: ssl.SSLContext) -> bool:
        assert arrival.stream is not None
        stream = trio.SSLStream(arrival.stream, tls, server_side=True, https_compatible=True)
        with trio.move_on_after(self._settings.http.head_seconds):
            try:
                await stream.do_handshake()
            except trio.BrokenResourceError as error:
                self._strangers.line(arrival.peer, "tls_refused", reason=str(error.__cause__ or error))
                return False
            arrival.stream = stream
            return True
        return False

    async def _converse(self, arrival: Arrival, contained: Containment) -> None:
        """Request by request, until the connection ends or is a WebSocket. A fault of ours is a 500 while an answer is owed."""
        assert arrival.stream is not None
        wire = HttpWire(arrival.stream, self._settings.http, arrival.received)
        admitted = None
        try:
            if len(self._wires) >= self._settings.conversations_max:
                await wire.reply(OVERLOADED, closing=True)
                return
            self._wires.add(wire)
            if self._draining:
                wire.drain()
            with contained:
                admitted = await self._answer_requests(arrival, wire)
            if admitted is None and wire.owes_answer:
                await wire.reply(INTERNAL, closing=True)
        finally:
            self._wires.discard(wire)
        if admitted is not None:
            await self._upgrade(arrival, *admitted)

    async def _answer_requests(self, arrival: Arrival, wire: HttpWire) -> tuple[RequestHead, bytes, Admission] | None:
        while True:
            head = await wire.read_head()
            if isinstance(head, HttpReply):
                self._strangers.line(arrival.peer, "request_refused", status=head.status)
                await wire.reply(head, closing=True)
                return None
            if head is None:
                return None
            decision = await self._decide(head, arrival)
            if isinstance(decision, Admission):
                return head, await wire.end_of_http(), decision
            await self._answer(head, decision, arrival, wire)
            if not await wire.start_next():
                return None

    async def _decide(self, head: RequestHead, arrival: Arrival) -> Admission | HttpReply | ToApplication:
        decision, arrival.decision = arrival.decision, None
        if decision is None:
            fault = handshake_fault(head) if asks_for_websocket(head) else None
            decision = fault or self._door.admit(head, arrival.client(head, self._trusts))
        if not isinstance(decision, Later):
            return decision
        with trio.move_on_after(self._settings.http.head_seconds):
            return await decision.decide()
        return OVERLOADED

    async def _answer(self, head: RequestHead, decision: HttpReply | ToApplication, arrival: Arrival, wire: HttpWire) -> None:
        client = arrival.client(head, self._trusts)
        if isinstance(decision, HttpReply):
            await wire.reply(decision)
            status = decision.status
        else:
            exchange = Exchange(wire, head, client, self._log)
            await exchange.run(self._application)
            status = exchange.status
        if status >= 400 or head.method not in ("GET", "HEAD", "OPTIONS"):
            self._strangers.line(client.host, "request", method=head.method, path=head.path, status=status)

    async def _upgrade(self, arrival: Arrival, head: RequestHead, received: bytes, admission: Admission) -> None:
        sock = arrival.detach() if self._hub is not None else None
        if sock is not None and self._hub is not None:
            self._hub.adopt(sock, accept_response(head, admission.subprotocol, admission.headers), received, admission)
            return
        assert arrival.stream is not None
        carrier = StreamCarrier(arrival.stream, head, received, admission, self._settings.stream, self._counters, self._log)
        await carrier.run()

    def _failed(self, arrival: Arrival, error: Exception) -> None:
        if not isinstance(error, trio.BrokenResourceError):  # a client that is gone is no fault
            self._log.error("connection_failed", client=arrival.peer, exc_info=error)

    def _start(self, function: Callable[..., object], *arguments: object) -> None:
        assert self._nursery is not None, "the edge does not run"
        self._nursery.start_soon(function, *arguments)  # type: ignore[arg-type]
