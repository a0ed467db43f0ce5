"""New plain TCP connections: accepted in batches, their heads read without a task each.

A plain WebSocket upgrade that the door admits becomes the hub's at once. Everything else (HTTP, unusual heads, refusals, what
must wait for a key) goes to the edge's general path, with the bytes read so far.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import trio

from gateway.edge.address import Trusts, client_address
from gateway.edge.containment import Log
from gateway.edge.door import Admission, Decision, Door
from gateway.edge.handshake import accept_response
from gateway.edge.head import RequestHead
from gateway.edge.spare_descriptor import SpareDescriptor
from gateway.hub.hub import Hub
from gateway.hub.quick_head import quick_head

General = Callable[[socket.socket, bytes, Decision | None], None]
"""The edge's general path: the socket, what was read of it, and the door's answer to its first request if it was asked already."""


@dataclass(frozen=True, kw_only=True)
class ArrivalSettings:
    """``head_seconds``: how long a connection may take to send its request head (then 408, and it is closed).

    ``waiting_max``: connections whose head has not come; one more, and the one that waited longest is closed.
    ``retry_seconds``: after descriptors ran out, how long nothing is accepted.
    """

    head_seconds: float = 10.0
    waiting_max: int = 4_096
    retry_seconds: float = 0.5


class Arrivals:
    """One listening socket and the connections that have not said yet what they want."""

    def __init__(
        self, hub: Hub, listener: socket.socket, door: Door, general: General, trusts: Trusts, settings: ArrivalSettings, log: Log
    ) -> None:
        listener.setblocking(False)
        self._hub = hub
        self._listener = listener
        self._door = door
        self._general = general
        self._trusts = trusts
        self._settings = settings
        self._log = log
        self._waiting: dict[int, Newcomer] = {}  # by descriptor, oldest first
        self._spare = SpareDescriptor()
        self._sweeping = False
        self._accepting = False
        self._quiet_until = 0.0

    def start(self) -> None:
        """Begin to accept."""
        self._hub.poller.add(self._listener.fileno())
        self._hub.place(self._listener.fileno(), self)
        self._accepting = True

    def stop(self) -> None:
        """Accept nothing more: the listening socket and the connections that asked for nothing yet are closed."""
        if not self._accepting:
            return
        self._accepting = False
        self._hub.poller.remove(self._listener.fileno())
        self._hub.forget(self._listener.fileno())
        self._listener.close()
        self._spare.give_up()
        for newcomer in list(self._waiting.values()):
            self._drop(newcomer)

    def ready(self, _events: int) -> None:
        """Connections are waiting to be accepted."""
        now = trio.current_time()
        for _ in range(_ACCEPTS_A_ROUND):
            try:
                sock, address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _OUT_OF_DESCRIPTORS:
                    self._shed(error)
                    return
                continue  # that one is gone already
            self._wait_for_head(sock, address[0], now)

    def failed(self) -> None:
        """Accepting one connection raised; the next may not."""

    def heard(self, newcomer: Newcomer) -> None:
        """Bytes came: perhaps the head is whole."""
        head = quick_head(newcomer.received)
        if head is not None:
            self._admit(newcomer, head)
        elif not _may_become_head(newcomer.received):
            self._hand_over(newcomer, None)

    def lose(self) -> None:
        """The hub ends."""
        self.stop()

    def lose_newcomer(self, newcomer: Newcomer) -> None:
        """It ended before it was known what it wants; does nothing if that is known by now."""
        if self._waiting.get(newcomer.fd) is newcomer:
            self._drop(newcomer)

    def due(self) -> None:
        """End those that waited too long for their own head."""
        self._sweeping = False
        oldest = trio.current_time() - self._settings.head_seconds
        for newcomer in list(self._waiting.values()):
            if newcomer.since > oldest:
                self._sweep_later()
                return
            if newcomer.received:
                with suppress(OSError):
                    os.write(newcomer.fd, _TOO_SLOW)
            self._drop(newcomer)

    def _wait_for_head(self, sock: socket.socket, host: str, now: float) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fd = sock.detach()
        newcomer = Newcomer(fd, host.removeprefix("::ffff:") if "." in host else host, now, self)
        self._waiting[fd] = newcomer
        self._hub.place(fd, newcomer)
        self._hub.poller.add(fd)
        self._sweep_later()
        if len(self._waiting) > self._settings.waiting_max:
            self._drop(next(iter(self._waiting.values())))

    def _admit(self, newcomer: Newcomer, head: RequestHead) -> None:
        decision = self._door.admit(head, client_address(head, newcomer.host, False, self._trusts))
        if not isinstance(decision, Admission):
            self._hand_over(newcomer, decision)
            return
        del self._waiting[newcomer.fd]
        self._hub.carry(newcomer.fd, accept_response(head, decision.subprotocol, decision.headers), b"", decision)

    def _hand_over(self, newcomer: Newcomer, decision: Decision | None) -> None:
        self._leave(newcomer)
        self._hub.forget(newcomer.fd)
        self._general(socket.socket(fileno=newcomer.fd), newcomer.received, decision)

    def _drop(self, newcomer: Newcomer) -> None:
        self._leave(newcomer)
        self._hub.release(newcomer.fd)

    def _leave(self, newcomer: Newcomer) -> None:
        del self._waiting[newcomer.fd]
        self._hub.poller.remove(newcomer.fd)

    def _sweep_later(self) -> None:
        if not self._sweeping:
            self._sweeping = True
            self._hub.wheel.at(1.0, self)

    def _shed(self, error: OSError) -> None:
        """No descriptor is left: refuse those that wait by closing them with the help of the spare one, then pause.

        Without that the listening socket stays ready, and the loop spins (accept(2) leaves the connection in the queue).
        """
        self._spare.give_up()
        for _ in range(_ACCEPTS_A_ROUND):
            try:
                self._listener.accept()[0].close()
            except OSError:
                break
        self._spare.hold()
        self._hub.poller.change(self._listener.fileno(), False, False)
        self._hub.wheel.at(self._settings.retry_seconds, _Retry(self))
        self._warn(error)

    def retry(self) -> None:
        """Accept again after a pause."""
        if self._accepting:
            self._hub.poller.change(self._listener.fileno(), True, False)

    def _warn(self, error: OSError) -> None:
        """At most one line a minute, however often it happens."""
        now = trio.current_time()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET_SECONDS
            self._log.warning("descriptors_exhausted", error=str(error), sockets=self._hub.sockets)


class Newcomer:
    """One accepted connection whose request head has not come whole."""

    __slots__ = ("_arrivals", "fd", "host", "received", "since")

    def __init__(self, fd: int, host: str, since: float, arrivals: Arrivals) -> None:
        self.fd = fd
        self.host = host
        self.received = b""
        self.since = since
        self._arrivals = arrivals

    def ready(self, _events: int) -> None:
        """Something came, or the end."""
        try:
            data = os.read(self.fd, _HEAD_BYTES_MAX)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.received += data
            self._arrivals.heard(self)
        else:
            self.lose()

    def failed(self) -> None:
        """Deciding about it raised, a fault of ours."""
        self.lose()

    def lose(self) -> None:
        """Close it, if it still is one that asked for nothing."""
        self._arrivals.lose_newcomer(self)


class _Retry:
    """The deadline at which accepting goes on."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals

    def due(self) -> None:
        self._arrivals.retry()


def _may_become_head(received: bytes) -> bool:
    """Whether this may be the beginning of a plain head whose end has not come."""
    return received[:5] == b"GET /"[: len(received)] and len(received) < _HEAD_BYTES_MAX and b"\r\n\r\n" not in received


_ACCEPTS_A_ROUND = 64
_HEAD_BYTES_MAX = 16_384
_QUIET_SECONDS = 60.0
_OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
