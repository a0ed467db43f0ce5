"""What clients hear while the journal is brought into the files: the server is alive, and not ready yet."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trio

from gateway.edge.address import ClientAddress, Trusts
from gateway.edge.containment import Log
from gateway.edge.door import HttpReply
from gateway.edge.edge import Edge, EdgeSettings
from gateway.edge.head import RequestHead
from gateway.edge.http_faults import fault
from gateway.lifetime import Stage

PATIENCE_SECONDS = 1.0
"""Nearly every start is quicker than this: clients that come meanwhile wait in the sockets' queues and are served."""

_TEXT = ((b"content-type", b"text/plain; charset=utf-8"),)
_ALIVE = HttpReply(200, _TEXT, b"ok\n")
_NOT_READY = HttpReply(503, (*_TEXT, (b"retry-after", b"5")), f"{Stage.STARTING.value}\n".encode())
_UNAVAILABLE = fault(503, "unavailable", "The server is starting")


class ShutDoor:
    """Admits nobody."""

    def admit(self, head: RequestHead, client: ClientAddress) -> HttpReply:  # noqa: ARG002  whoever it is
        """``Door.admit``."""
        if head.path == "/healthz":
            return _ALIVE
        return _NOT_READY if head.path == "/readyz" else _UNAVAILABLE


@asynccontextmanager
async def behind_a_shut_door(
    sockets: Sequence[socket.socket],
    tls: ssl.SSLContext | None,
    settings: EdgeSettings,
    trusts: Trusts,
    log: Log,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> AsyncIterator[None]:
    """While the block runs, answer what comes to the listening ``sockets``, once it has taken ``patience_seconds``. They stay open."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_answer, sockets, tls, Edge(ShutDoor(), _no_application, settings, trusts, log), patience_seconds)
        yield
        nursery.cancel_scope.cancel()


async def _answer(sockets: Sequence[socket.socket], tls: ssl.SSLContext | None, edge: Edge, patience_seconds: float) -> None:
    await trio.sleep(patience_seconds)
    async with trio.open_nursery() as nursery:
        await nursery.start(edge.run)
        for listening in sockets:
            edge.listen(listening.dup(), tls)


async def _no_application(_scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError("a shut door sends nobody on")
