"""Whatever bytes a stranger sends: the edge answers or closes, the log stays small, and the next client is served."""

from __future__ import annotations

import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.edge import EdgeSettings
from gateway.edge.http_wire import HttpSettings
from tests.gateway.edge_harness import PLAIN, UPGRADE, running, until

REQUESTS = (
    PLAIN,
    UPGRADE,
    b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789",
    b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"GET /fails HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
)
QUICK = EdgeSettings(http=HttpSettings(head_seconds=1, keep_alive_seconds=1, body_seconds=1, linger_seconds=1))


@st.composite
def conversations(draw: st.DrawFn) -> list[bytes]:
    """A few requests, damaged: bytes replaced, cut out or put in; sent in pieces."""
    data = bytearray(b"".join(draw(st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=4))) + draw(st.binary(max_size=40)))
    for at, junk in draw(st.lists(st.tuples(st.integers(0, len(data)), st.binary(max_size=8)), max_size=5)):
        data[at : at + draw(st.integers(0, 8))] = junk
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    return [bytes(data[start:end]) for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@given(conversations(), st.booleans())
def test_damaged_conversations_end_and_harm_nobody(pieces: list[bytes], leaves: bool) -> None:
    trio.run(_survives, pieces, leaves, clock=trio.testing.MockClock(autojump_threshold=0))


async def _survives(pieces: list[bytes], leaves: bool) -> None:
    async with running(QUICK) as at:
        stream = at.connect()
        for piece in pieces:
            try:
                await stream.send_all(piece)
            except trio.BrokenResourceError:
                break
            await trio.testing.wait_all_tasks_blocked()
        if leaves:
            await stream.aclose()
        else:
            with trio.fail_after(200):
                while await stream.receive_some():
                    pass
        next_client = at.connect()
        await next_client.send_all(PLAIN)
        await until(next_client, b"/plain")
        assert set(at.log.events()) <= {"request", "request_refused", "application_failed"}
