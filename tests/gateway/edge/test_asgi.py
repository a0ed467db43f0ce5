"""One HTTP request given to an ASGI application, over streams in memory; Starlette where its habits matter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
import trio.testing
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from gateway.edge.address import ClientAddress
from gateway.edge.asgi import Exchange
from gateway.edge.head import RequestHead
from gateway.edge.http_wire import HttpWire
from tests.gateway.http_harness import SETTINGS, answering, get, served, starlette
from tests.gateway.recording_log import RecordingLog


async def test_the_scope_says_what_was_asked(autojump_clock: trio.testing.MockClock) -> None:
    scopes: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await answering(204, [], b"")(scope, receive, send)

    async with served(application) as at:
        await at.send(get(b"/a%20b%2Fc%252f/%C3%A9?q=1%202", b"X-Twice: 1", b"X-Twice: 2"))
        await at.until(b"\r\n\r\n")
    scope = scopes[0]
    assert (scope["method"], scope["scheme"], scope["path"]) == ("GET", "https", "/a b%2Fc%2f/é")
    assert (scope["raw_path"], scope["query_string"]) == (b"/a%20b%2Fc%252f/%C3%A9", b"q=1%202")
    assert scope["headers"] == [(b"host", b"x"), (b"x-twice", b"1"), (b"x-twice", b"2")]
    assert scope["client"] == ("192.0.2.7", 0)
    assert scope["client_address"] == ClientAddress("192.0.2.7", secure=True)


async def test_an_answer_of_known_length(autojump_clock: trio.testing.MockClock) -> None:
    async with served(answering(200, [(b"content-length", b"5"), (b"X-Case", b"kept")], b"he", b"llo")) as at:
        await at.send(get(b"/"))
        received = await at.until(b"hello")
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"x-case: kept" in received.lower()
    assert b"date: Thu, 01 Jan 1970 00:00:00 GMT" in received
    assert b"chunked" not in received


async def test_an_answer_of_unknown_length_is_chunked_and_the_connection_goes_on(autojump_clock: trio.testing.MockClock) -> None:
    async with served(answering(200, [], b"he", b"llo")) as at:
        for _ in range(2):
            await at.send(get(b"/"))
            received = await at.until(b"0\r\n\r\n")
            assert b"transfer-encoding: chunked" in received.lower()
            assert received.endswith(b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")


async def test_to_http_1_0_the_end_of_the_answer_is_the_end_of_the_connection(autojump_clock: trio.testing.MockClock) -> None:
    async with served(answering(200, [], b"he", b"llo")) as at:
        await at.send(b"GET / HTTP/1.0\r\n\r\n")
        assert (await at.to_the_end()).endswith(b"\r\n\r\nhello")


async def test_head_is_answered_without_a_body(autojump_clock: trio.testing.MockClock) -> None:
    async with served(answering(200, [(b"content-length", b"5")], b"hello")) as at:
        await at.send(get(b"/", method=b"HEAD") + get(b"/"))
        received = await at.until(b"hello")
    assert received.count(b"content-length: 5") == 2
    assert received.count(b"hello") == 1


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_has_none(status: int, autojump_clock: trio.testing.MockClock) -> None:
    async with served(answering(status, [], b"ignored")) as at:
        await at.send(get(b"/") * 2)
        received = await at.until(b"\r\n\r\n")
        assert b"ignored" not in received


async def test_an_application_that_fails_is_500_once(autojump_clock: trio.testing.MockClock) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError("a fault of ours")

    async with served(application) as at:
        await at.send(get(b"/"))
        received = await at.to_the_end()
    assert received.startswith(b"HTTP/1.1 500")
    assert received.count(b"HTTP/1.1") == 1
    assert b"a fault of ours" not in received
    assert at.log.events() == ["application_failed"]


async def test_starlette_that_answered_500_itself_is_not_answered_again(autojump_clock: trio.testing.MockClock) -> None:
    async def endpoint(request: Request) -> Response:
        raise LookupError("a fault of ours")

    async with served(starlette(endpoint)) as at:
        await at.send(get(b"/") * 2)
        received = await at.until(b"Error")
        received += await at.until(b"Error")
    assert received.count(b"HTTP/1.1 500") == 2
    assert at.log.events() == ["application_failed"] * 2


async def test_an_application_that_fails_in_the_middle_cuts_its_answer(autojump_clock: trio.testing.MockClock) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise LookupError("a fault of ours")

    async with served(application) as at:
        await at.send(get(b"/"))
        received = await at.to_the_end()
    assert received.endswith(b"half\r\n"), "no last chunk: the client sees that it is cut"


@pytest.mark.parametrize(
    "headers",
    [[(b"bad name", b"x")], [(b"x", b"a\r\nset-cookie: b")], [(b"content-length", b"many")]],
    ids=["name", "value with a line break", "length"],
)
async def test_headers_that_are_none_are_500(headers: list[tuple[bytes, bytes]], autojump_clock: trio.testing.MockClock) -> None:
    async with served(answering(200, headers, b"hello")) as at:
        await at.send(get(b"/"))
        received = await at.to_the_end()
    assert received.startswith(b"HTTP/1.1 500")
    assert b"set-cookie" not in received
    assert at.log.events() == ["application_failed"]


@pytest.mark.parametrize("pieces", [(b"he",), (b"hello!",)], ids=["short", "long"])
async def test_a_body_that_belies_its_length_ends_the_connection(pieces: tuple[bytes, ...], autojump_clock: trio.testing.MockClock) -> None:
    async with served(answering(200, [(b"content-length", b"5")], *pieces)) as at:
        await at.send(get(b"/") * 2)
        received = await at.to_the_end()
    assert received.count(b"HTTP/1.1") <= 1
    assert at.log.events() == ["application_failed"]


async def test_an_application_that_answers_nothing_is_500(autojump_clock: trio.testing.MockClock) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        pass

    async with served(application) as at:
        await at.send(get(b"/"))
        assert (await at.to_the_end()).startswith(b"HTTP/1.1 500")


async def test_a_client_that_leaves_is_noticed_by_an_application_that_waits_for_it(autojump_clock: trio.testing.MockClock) -> None:
    noticed = trio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        noticed.set()

    async with served(application) as at:
        await at.send(get(b"/"))
        await trio.testing.wait_all_tasks_blocked()
        await at.client.aclose()
        with trio.fail_after(1):
            await noticed.wait()
    assert at.log.lines == []


async def test_starlettes_is_disconnected_turns_true(autojump_clock: trio.testing.MockClock) -> None:
    answers: list[bool] = []
    asked_enough = trio.Event()

    async def endpoint(request: Request) -> Response:
        for _ in range(20):
            answers.append(await request.is_disconnected())
            await trio.sleep(0.1)
        asked_enough.set()
        return PlainTextResponse("late")

    async with served(starlette(endpoint)) as at:
        await at.send(get(b"/"))
        await trio.sleep(1)
        await at.client.aclose()
        await asked_enough.wait()
    assert answers[:10] == [False] * 10
    assert answers[-1] is True


async def test_an_endless_stream_ends_when_the_client_leaves(autojump_clock: trio.testing.MockClock) -> None:
    ended = trio.Event()

    async def events() -> AsyncIterator[bytes]:
        try:
            yield b"data: 1\n\n"
            await trio.sleep_forever()
        finally:
            ended.set()

    async def endpoint(request: Request) -> Response:
        return StreamingResponse(events(), media_type="text/event-stream")

    async with served(starlette(endpoint)) as at:
        await at.send(get(b"/"))
        await at.until(b"data: 1\n\n\r\n")
        await at.client.aclose()
        with trio.fail_after(1):
            await ended.wait()


async def test_a_request_sent_ahead_is_not_lost_by_watching_for_a_disconnect(autojump_clock: trio.testing.MockClock) -> None:
    async def endpoint(request: Request) -> Response:
        await request.is_disconnected()
        await trio.sleep(1)
        return JSONResponse({"path": request.url.path, "gone": await request.is_disconnected()})

    async with served(starlette(endpoint)) as at:
        await at.send(get(b"/first"))
        await trio.testing.wait_all_tasks_blocked()
        await at.send(get(b"/second"))
        assert b'"path":"/first","gone":false' in await at.until(b"}")
        assert b'"path":"/second","gone":false' in await at.until(b"}")


async def test_a_client_that_takes_nothing_is_given_up(autojump_clock: trio.testing.MockClock) -> None:
    client, server = trio.testing.lockstep_stream_pair()
    wire = HttpWire(server, SETTINGS)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.send_all, get(b"/"))
        head = await wire.read_head()
        assert isinstance(head, RequestHead)
    began = trio.current_time()
    await Exchange(wire, head, ClientAddress("192.0.2.7", secure=False), RecordingLog()).run(answering(200, [], b"x" * 1_000_000))
    assert trio.current_time() - began == pytest.approx(30)
    assert not await wire.start_next()
