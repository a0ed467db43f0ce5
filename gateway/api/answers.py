"""How the REST interface answers: JSON that nobody caches, and refusals in one shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.errors import http_reply, refusal_of
from rooms import Refusal, RoomError

Endpoint = Callable[[Request], Awaitable[Response | Refusal]]


def route(method: str, path: str, endpoint: Endpoint) -> Route:
    """``endpoint`` answers ``method`` at ``path``; a returned refusal, or a room that cannot serve, becomes an error."""

    async def answer(request: Request) -> Response:
        try:
            answered = await endpoint(request)
        except RoomError as error:
            answered = refusal_of(error)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        return refused(answered) if isinstance(answered, Refusal) else answered

    return Route(path, answer, methods=[method])


def json(data: Any, status: int = 200, cookies: Iterable[str] = ()) -> Response:
    """``data`` as JSON; ``cookies`` are values of ``Set-Cookie``."""
    response = Response(msgspec.json.encode(data), status, {"cache-control": "no-store"}, "application/json")
    return with_cookies(response, cookies)


def nothing(cookies: Iterable[str] = ()) -> Response:
    """It is done, and there is nothing to say: 204."""
    return with_cookies(Response(status_code=204, headers={"cache-control": "no-store"}), cookies)


def refused(refusal: Refusal) -> Response:
    """``{"error": {"code", "message"}}`` with the fitting status."""
    reply = http_reply(refusal)
    headers = {name.decode(): value.decode() for name, value in reply.headers}
    return Response(reply.body, reply.status, {**headers, "cache-control": "no-store"})


def with_cookies(response: Response, cookies: Iterable[str]) -> Response:
    """The same response, setting these too."""
    for cookie in cookies:
        response.headers.append("set-cookie", cookie)
    return response
