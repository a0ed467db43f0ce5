"""Whether the kernel would take bytes right now, without waiting to find out."""

from __future__ import annotations

import select

import trio


def takes_bytes(stream: trio.abc.SendStream) -> bool:
    """Whether the socket under ``stream`` (plain, or below TLS) has room; False for a stream without a socket, or a closed one."""
    if isinstance(stream, trio.SSLStream):
        return takes_bytes(stream.transport_stream)
    if not isinstance(stream, trio.SocketStream) or stream.socket.fileno() < 0:
        return False
    asked = select.poll()
    asked.register(stream.socket.fileno(), select.POLLOUT)
    return any(events & select.POLLOUT for _, events in asked.poll(0))
