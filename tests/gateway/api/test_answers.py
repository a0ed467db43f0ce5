"""How a room that cannot serve is told of."""

from __future__ import annotations

import json

import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json as json_answer
from gateway.api.answers import route
from gateway.errors import refusal, refusal_of
from rooms import CallFailed, CallTimeout, CallUndone, Refusal, RoomError, RoomOverloaded, RoomUnavailable


async def answered(endpoint: object) -> Response:
    found = route("GET", "/x", endpoint)  # type: ignore[arg-type]
    response: Response = await found.endpoint(Request({"type": "http", "method": "GET", "headers": []}))
    return response


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (RoomOverloaded("users/ada", 9), "overloaded", 503),
        (RoomUnavailable("users/ada", "damaged"), "unavailable", 503),
        (CallTimeout("users/ada", "profile", 10.0), "timeout", 504),
        (CallUndone("users/ada", "profile", "storage_full"), "storage_full", 507),
        (CallUndone("users/ada", "profile", "no code of the protocol"), "internal", 500),
        (CallFailed("users/ada", "profile", "ValueError", "a secret"), "internal", 500),
    ],
)
async def test_a_room_that_cannot_serve_is_an_error_of_the_protocol(error: RoomError, code: str, status: int) -> None:
    async def endpoint(_request: Request) -> Response | Refusal:
        raise error

    response = await answered(endpoint)
    assert (response.status_code, json.loads(bytes(response.body))["error"]["code"]) == (status, code)
    assert b"secret" not in bytes(response.body)
    assert refusal_of(error).code == code


async def test_a_refusal_and_an_answer_are_kept_by_nobody() -> None:
    async def refuses(_request: Request) -> Response | Refusal:
        return refusal("not_found")

    async def answers(_request: Request) -> Response | Refusal:
        return json_answer({"a": 1}, 201, ["x=1", "y=2"])

    assert (await answered(refuses)).headers["cache-control"] == "no-store"
    said = await answered(answers)
    assert (said.status_code, said.headers["cache-control"], said.headers.getlist("set-cookie")) == (201, "no-store", ["x=1", "y=2"])
