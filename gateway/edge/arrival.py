"""One accepted socket, until it is closed or handed on."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import trio

from gateway.edge.address import ClientAddress, Trusts, client_address
from gateway.edge.door import Decision
from gateway.edge.head import RequestHead
from gateway.edge.lingering import close_gracefully


@dataclass(slots=True)
class Arrival:
    """``peer``: who is at the other end of the socket; ``received``: what was read from it already; ``decision``: what the door said
    about its first request, if it was asked."""

    stream: trio.abc.Stream | None
    peer: str
    secure: bool = False
    received: bytes = b""
    decision: Decision | None = None

    def client(self, head: RequestHead, trusts: Trusts) -> ClientAddress:
        """Who sent ``head``, a trusted proxy looked through."""
        return client_address(head, self.peer, self.secure, trusts)

    def detach(self) -> socket.socket | None:
        """The bare non-blocking socket, which is the caller's from now on, if this is plain TCP; ``None``, and nothing changed, if not."""
        stream = self.stream
        if not isinstance(stream, trio.SocketStream) or stream.socket.family not in (socket.AF_INET, socket.AF_INET6):
            return None
        self.stream = None
        bare = socket.socket(fileno=stream.socket.detach())
        bare.setblocking(False)
        return bare

    async def close(self, linger_seconds: float) -> None:
        """Close it if it was not handed on; what was said last is given time to be read."""
        if self.stream is not None:
            await close_gracefully(self.stream, linger_seconds)


def peer_of(stream: trio.SocketStream) -> str:
    """The IP address at the other end, ``"unix"``, or ``"0.0.0.0"`` if it left already."""
    if stream.socket.family not in (socket.AF_INET, socket.AF_INET6):
        return "unix"
    try:
        host: str = stream.socket.getpeername()[0]
    except OSError:
        return "0.0.0.0"
    return host.removeprefix("::ffff:") if "." in host else host
