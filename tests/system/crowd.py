"""Thousands of clients in one thread, on the sans-I/O core of the `websockets` library.

crowd = Crowd()
members = [crowd.open(server.port, f"/rooms/{i}/ws", token) for i in range(1000)]
crowd.wait(lambda: all(member.is_open for member in members))
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import msgpack
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

PATIENCE_SECONDS = 60.0


class Member:
    """One socket of the crowd. ``received`` holds every envelope so far, ``frames`` every other frame."""

    def __init__(self, port: int, path: str, token: str | None, receive_bytes: int | None, subprotocol: str | None = None) -> None:
        self.socket = socket.socket()
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.received: list[dict[str, Any]] = []
        self._received_by_type: dict[str, list[dict[str, Any]]] = {}
        self.frames: list[Frame] = []
        self.response: Response | None = None
        self.reads = True
        """A member that does not read is a stalled client."""
        self._protocol = ClientProtocol(
            parse_uri(f"ws://127.0.0.1:{port}{path}"), subprotocols=[Subprotocol(subprotocol)] if subprotocol else None, max_size=None
        )
        request = self._protocol.connect()
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
        self._packs = subprotocol == "rooms.v1.msgpack"
        self._protocol.send_request(request)
        self.flush()

    @property
    def is_open(self) -> bool:
        return self._protocol.state is State.OPEN

    @property
    def is_over(self) -> bool:
        return self._protocol.state is State.CLOSED

    @property
    def close_code(self) -> int | None:
        """The code of the close frame that came; ``None`` if none came."""
        return self._protocol.close_rcvd.code if self._protocol.close_rcvd else None

    def send(self, type: str, *, ref: str | int | None = None, **data: Any) -> None:
        """One envelope; silently nothing on a socket that is over."""
        if self.is_open:
            envelope = {"type": type, "data": data} if ref is None else {"type": type, "data": data, "ref": ref}
            if self._packs:
                self._protocol.send_binary(msgpack.packb(envelope))
            else:
                self._protocol.send_text(json.dumps(envelope).encode())
            self.flush()

    def close(self) -> None:
        """Begin the closing handshake."""
        if self.is_open:
            self._protocol.send_close(1000)
            self.flush()

    def send_raw(self, text: str) -> None:
        """One text frame."""
        self._protocol.send_text(text.encode())
        self.flush()

    def ping(self, payload: bytes) -> None:
        """A protocol ping; its pong comes into ``frames``."""
        self._protocol.send_ping(payload)
        self.flush()

    def of(self, type: str) -> list[dict[str, Any]]:
        """The ``data`` of all envelopes of one type so far."""
        return self._received_by_type.get(type, [])

    def take(self) -> list[dict[str, Any]]:
        """The envelopes that came since; they are not kept."""
        received, self.received = self.received, []
        self._received_by_type.clear()
        return received

    def flush(self) -> None:
        """Small requests on an empty socket: the kernel takes them whole."""
        for piece in self._protocol.data_to_send():
            with contextlib.suppress(OSError):
                self.socket.sendall(piece) if piece else self.socket.shutdown(socket.SHUT_WR)

    def read(self) -> None:
        """Takes what the socket holds. A reset counts as its end."""
        try:
            piece = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if piece:
            self._protocol.receive_data(piece)
        else:
            self._protocol.receive_eof()
        self._take_events()
        self.flush()

    def _receive(self, envelope: dict[str, Any]) -> None:
        self.received.append(envelope)
        self._received_by_type.setdefault(envelope["type"], []).append(envelope["data"])

    def _take_events(self) -> None:
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                self.response = event
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT and event.data[:1] == b"{":
                self._receive(json.loads(bytes(event.data)))
            elif isinstance(event, Frame) and event.opcode is Opcode.BINARY and self._packs:
                self._receive(msgpack.unpackb(event.data))
            elif isinstance(event, Frame):
                self.frames.append(event)


class Crowd:
    """Owns its members' sockets; a context manager that closes them without a word."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._selector.close()
        for member in self.members:
            member.socket.close()

    def open(
        self, port: int, path: str, token: str | None = None, *, receive_bytes: int | None = None, subprotocol: str | None = None
    ) -> Member:
        """A socket that is on its way; ``wait`` until it ``is_open``."""
        member = Member(port, path, token, receive_bytes, subprotocol)
        self.members.append(member)
        self._selector.register(member.socket, selectors.EVENT_READ, member)
        if len(self.members) % 64 == 0:
            self.turn()  # so that the server's queue of new connections never overflows
        return member

    def drop(self, member: Member) -> None:
        """Its socket is closed, without a word unless one was said before."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(member.socket)
        member.socket.close()
        self.members.remove(member)

    def turn(self, seconds: float = 0.0) -> None:
        """Reads every socket that has something."""
        for key, _ in self._selector.select(seconds):
            member: Member = key.data
            if member.reads:
                member.read()
            if member.is_over or not member.reads:
                self._selector.unregister(member.socket)

    def resume(self, member: Member) -> None:
        """A stalled member reads again."""
        member.reads = True
        with contextlib.suppress(KeyError):
            self._selector.register(member.socket, selectors.EVENT_READ, member)

    def wait(self, is_done: Callable[[], bool], what: str = "") -> None:
        """Reads until the condition holds; fails after ``PATIENCE_SECONDS``."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_done():
            assert time.monotonic() < deadline, f"waited in vain: {what or is_done}"
            self.turn(0.05)

    def read_to_the_end(self) -> None:
        """Reads what is left in every socket after the server is gone."""
        for member in self.members:
            while not member.is_over and member.reads:
                before = len(member.received), len(member.frames)
                member.read()
                if (len(member.received), len(member.frames)) == before and not member.is_over:
                    break
