"""Heads that are none, come too slowly or not at all."""

from __future__ import annotations

import json

import pytest
import trio
import trio.testing

from tests.gateway.edge_harness import PLAIN, everything, exchange, running, status_of, until


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"\r\n\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no Host
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400),  # a folded line
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n\tb\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX : a\r\n\r\n", 400),
        (b"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 65_536 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: a\r\n" % i for i in range(200)) + b"\r\n", 431),
    ],
)
async def test_a_head_that_is_none_is_refused_and_the_connection_closed(
    request_bytes: bytes, status: int, autojump_clock: trio.testing.MockClock
) -> None:
    async with running() as at:
        response = await exchange(at, request_bytes)
        assert status_of(response) == status
        assert b"connection: close" in response.lower()
        assert "error" in json.loads(response.partition(b"\r\n\r\n")[2])
        assert at.door.seen == []
        assert at.log.events() == ["request_refused"]


async def test_a_client_that_says_nothing_is_closed_without_a_word(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        began = trio.current_time()
        assert await everything(at.connect()) == b""
        assert trio.current_time() - began == pytest.approx(10)


async def test_a_head_that_trickles_is_408_after_head_seconds(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect()
        began = trio.current_time()
        for byte in PLAIN[:9]:
            await stream.send_all(bytes([byte]))
            await trio.sleep(1)
        response = await everything(stream)
        assert status_of(response) == 408
        assert trio.current_time() - began < 13


async def test_a_folded_line_in_a_body_is_no_fault(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect()
        await stream.send_all(b"POST /plain HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na\n b")
        assert status_of(await until(stream, b"/plain")) == 200


async def test_a_head_cut_off_by_the_client_gets_no_answer(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as at:
        stream = at.connect()
        await stream.send_all(PLAIN[:20])
        await stream.send_eof()  # type: ignore[attr-defined]
        assert await everything(stream) == b""
        assert at.log.lines == []
