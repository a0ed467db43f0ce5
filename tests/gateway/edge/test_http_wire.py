"""The bodies of requests: taken as they come, asked for when wanted, refused when too big or too slow."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from tests.gateway.http_harness import answering, echo, get, post, served


async def test_a_body_reaches_the_application_however_it_was_sent(autojump_clock: trio.testing.MockClock) -> None:
    async with served(echo) as at:
        await at.send(post(b"whole"))
        assert (await at.until(b"whole")).startswith(b"HTTP/1.1 200")
        await at.send(get(b"/", b"Transfer-Encoding: chunked", method=b"POST"))
        for piece in (b"3\r\nchu", b"\r\n5\r\nnked!\r\n0\r\n\r\n"):
            await at.send(piece)
            await trio.testing.wait_all_tasks_blocked()
        assert (await at.until(b"chunked!")).startswith(b"HTTP/1.1 200")


async def test_a_client_that_waits_to_be_asked_is_asked_when_the_body_is_wanted(autojump_clock: trio.testing.MockClock) -> None:
    async with served(echo) as at:
        await at.send(get(b"/", b"Content-Length: 5", b"Expect: 100-continue", method=b"POST"))
        assert (await at.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        await at.send(b"hello")
        await at.until(b"hello")


async def test_a_client_that_waits_to_be_asked_in_vain_gets_its_answer_and_the_end(autojump_clock: trio.testing.MockClock) -> None:
    async with served(answering(403, [(b"content-length", b"2")], b"no")) as at:
        await at.send(get(b"/", b"Content-Length: 5", b"Expect: 100-continue", method=b"POST"))
        received = await at.to_the_end()
    assert received.startswith(b"HTTP/1.1 403")


async def test_a_body_that_is_announced_too_big_is_413_and_not_read(autojump_clock: trio.testing.MockClock) -> None:
    async with served(echo) as at:
        await at.send(get(b"/", b"Content-Length: 100001", b"Expect: 100-continue", method=b"POST"))
        received = await at.to_the_end()
    assert received.startswith(b"HTTP/1.1 413")
    assert b"too_large" in received


async def test_a_body_exactly_at_the_limit_is_taken(autojump_clock: trio.testing.MockClock) -> None:
    async with served(echo) as at:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(at.send, post(b"x" * 100_000))
            assert len(await at.until(b"x" * 100_000)) > 100_000


async def test_a_chunked_body_that_grows_too_big_is_413(autojump_clock: trio.testing.MockClock) -> None:
    async with served(echo) as at:
        await at.send(get(b"/", b"Transfer-Encoding: chunked", method=b"POST") + b"186a1\r\n" + b"x" * 100_001)
        received = await at.to_the_end()
    assert received.startswith(b"HTTP/1.1 413")
    assert at.log.lines == []


async def test_bad_chunks_are_400(autojump_clock: trio.testing.MockClock) -> None:
    async with served(echo) as at:
        await at.send(get(b"/", b"Transfer-Encoding: chunked", method=b"POST") + b"zz\r\n")
        assert (await at.to_the_end()).startswith(b"HTTP/1.1 400")


async def test_a_body_that_stops_coming_is_408(autojump_clock: trio.testing.MockClock) -> None:
    async with served(echo) as at:
        await at.send(post(b"hello")[:-1])
        began = trio.current_time()
        assert (await at.to_the_end()).startswith(b"HTTP/1.1 408")
        assert trio.current_time() - began == pytest.approx(20, abs=0.1)


async def test_a_body_that_trickles_is_408_although_it_never_stops(autojump_clock: trio.testing.MockClock) -> None:
    async with served(echo) as at:
        await at.send(get(b"/", b"Content-Length: 1000", method=b"POST"))
        for _ in range(20):
            await at.send(b"x")
            await trio.sleep(1)
        assert (await at.to_the_end()).startswith(b"HTTP/1.1 408")


async def test_a_big_body_may_take_longer_than_a_small_one(autojump_clock: trio.testing.MockClock) -> None:
    async with served(echo) as at:
        await at.send(get(b"/", b"Content-Length: 90000", method=b"POST"))
        for _ in range(9):
            await at.send(b"x" * 10_000)
            await trio.sleep(4)
        assert (await at.until(b"x" * 90_000)).startswith(b"HTTP/1.1 200")


async def test_a_small_rest_of_an_unwanted_body_is_skipped_and_a_big_one_ends_the_connection(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with served(answering(200, [(b"content-length", b"2")], b"no")) as at:
        await at.send(post(b"x" * 1_000) + post(b"x" * 90_000) + get(b"/"))
        assert (await at.to_the_end()).count(b"HTTP/1.1 200") == 2
