"""Closing a socket so that what was written last is read: a close over unread input makes the kernel throw it away."""

from __future__ import annotations

import trio

_DISCARD_BYTES_MAX = 262_144


async def close_gracefully(stream: trio.abc.Stream, linger_seconds: float) -> None:
    """Say that nothing more comes, read what the peer still sends until it ends, then close.

    Never raises for a peer that is gone; reads at most 256 KiB and waits at most ``linger_seconds``.
    """
    try:
        with trio.move_on_after(linger_seconds):
            if isinstance(stream, trio.abc.HalfCloseableStream):
                await stream.send_eof()
                await _discard(stream)
            else:
                await stream.aclose()
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    finally:
        await trio.aclose_forcefully(stream)


async def _discard(stream: trio.abc.ReceiveStream) -> None:
    discarded = 0
    while discarded < _DISCARD_BYTES_MAX:
        data = await stream.receive_some(65_536)
        if not data:
            return
        discarded += len(data)
