"""The same client, of those who chose msgpack."""

from __future__ import annotations

from typing import Any

import msgpack
from websockets.exceptions import ConnectionClosed

from tests.system.client import PATIENCE_SECONDS, Client


class PackedClient(Client):
    """Sends and hears msgpack."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, subprotocols=["rooms.v1.msgpack"], **options)

    def send(self, type: str, *, ref: str | int | None = None, **data: Any) -> None:
        envelope: dict[str, Any] = {"type": type, "data": data}
        self.socket.send(msgpack.packb(envelope if ref is None else {**envelope, "ref": ref}))

    def next(self) -> dict[str, Any]:
        if self._waiting:
            return self._waiting.popleft()
        received: dict[str, Any] = msgpack.unpackb(self.socket.recv(PATIENCE_SECONDS))
        return received

    def close_code(self) -> int:
        try:
            while True:
                self._waiting.append(msgpack.unpackb(self.socket.recv(PATIENCE_SECONDS)))
        except ConnectionClosed as error:
            if error.rcvd is None:
                raise AssertionError(f"the socket ended without a close frame: {error!r}") from error
            return error.rcvd.code
