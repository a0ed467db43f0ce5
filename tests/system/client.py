"""A client of the chat on the `websockets` library: software that nobody here wrote, on a thread of its own.

with Client(server.socket_url("lobby"), token=token) as ada:
    ada.join()
    ada.send("message", message="hi", cid="1")
    assert ada.receive("ack")["seq"] == 1
"""

from __future__ import annotations

import json
from collections import deque
from types import TracebackType
from typing import Any

import msgpack
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE_SECONDS = 20.0
"""How long an answer may take before the test fails: never reached by a server that is well."""


class Client:
    """One socket. ``token`` goes in the Authorization header; ``subprotocols`` and ``headers`` as given."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        subprotocols: list[str] | None = None,
        headers: dict[str, str] | None = None,
        origin: str | None = None,
    ) -> None:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        self.socket: ClientConnection = connect(
            url,
            subprotocols=[Subprotocol(offered) for offered in subprotocols] if subprotocols else None,
            additional_headers={**bearer, **(headers or {})},
            origin=Origin(origin) if origin else None,
            compression=None,
            proxy=None,
            ping_interval=None,
            open_timeout=PATIENCE_SECONDS,
            close_timeout=PATIENCE_SECONDS,
            max_size=None,
            max_queue=None,  # who leaves with much unread would wait the whole of close_timeout
            legacy=True,
        )
        self.packs = self.socket.subprotocol == "rooms.v1.msgpack"
        self._waiting: deque[dict[str, Any]] = deque()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.socket.close()

    def send(self, type: str, *, ref: str | int | None = None, **data: Any) -> None:
        """One envelope."""
        envelope: dict[str, Any] = {"type": type, "data": data}
        if ref is not None:
            envelope["ref"] = ref
        self.socket.send(msgpack.packb(envelope) if self.packs else json.dumps(envelope))

    def next(self) -> dict[str, Any]:
        """The next envelope, whatever it is."""
        if self._waiting:
            return self._waiting.popleft()
        return self._read(self.socket.recv(PATIENCE_SECONDS))

    def envelope(self, type: str) -> dict[str, Any]:
        """The next envelope of this type; those before it stay to be received, in order."""
        passed: list[dict[str, Any]] = []
        try:
            while (received := self.next())["type"] != type:
                passed.append(received)
        except (TimeoutError, ConnectionClosed) as error:
            raise AssertionError(f"no {type!r} came ({error!r}), but {passed}") from error
        self._waiting.extendleft(reversed(passed))
        return received

    def receive(self, type: str) -> dict[str, Any]:
        """The ``data`` of the next envelope of this type."""
        data: dict[str, Any] = self.envelope(type)["data"]
        return data

    def join(self, **data: Any) -> dict[str, Any]:
        """Enters the socket's room; returns ``joined``."""
        self.send("join", **data)
        return self.receive("joined")

    def say(self, message: str, **data: Any) -> dict[str, Any]:
        """Sends a message and returns its ``ack``."""
        self.send("message", message=message, ref=message, **data)
        return self.receive("ack")

    def settled(self) -> list[dict[str, Any]]:
        """Everything that came before the room's answer to a question asked now: what has not come by then does not come."""
        self.send("who", ref="settled")
        passed: list[dict[str, Any]] = []
        while (received := self.next()).get("ref") != "settled":
            passed.append(received)
        return passed

    def close_code(self) -> int:
        """The code with which the server closes the socket; what it says before that stays to be received."""
        try:
            while True:
                frame = self.socket.recv(PATIENCE_SECONDS)
                if frame[:1] == "{" or (self.packs and isinstance(frame, bytes)):
                    self._waiting.append(self._read(frame))
        except ConnectionClosed as error:
            if error.rcvd is None:
                raise AssertionError(f"the socket ended without a close frame: {error!r}") from error
            return error.rcvd.code

    def _read(self, frame: str | bytes) -> dict[str, Any]:
        """An envelope in the format that the socket chose, and in no other."""
        assert isinstance(frame, bytes) is self.packs, f"a frame of the other format: {frame!r}"
        envelope: dict[str, Any] = msgpack.unpackb(frame) if isinstance(frame, bytes) else json.loads(frame)
        return envelope
