"""Plain HTTP: which address is answered by what. Every failure is one JSON shape, ``{"error": {"code", "message"}}``."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from functools import partial
from ipaddress import IPv6Address, ip_address

import msgspec
import trio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.counters import Counters
from gateway.edge.address import ClientAddress
from gateway.edge.door import HttpReply
from gateway.errors import TOKEN_REFUSED, http_reply, refusal
from gateway.http.openapi import document
from gateway.http.pages import Pages
from gateway.lifetime import Lifetime, Stage
from gateway.metrics import CONTENT_TYPE, exposition, snapshot
from rooms import Stats


def make_application(
    *,
    lifetime: Lifetime,
    stats: Callable[[], Stats],
    counters: Counters,
    metrics_token: str | None,
    room_http: ASGIApp,
    api: Iterable[Route] = (),
    pages: Pages | None = None,
) -> Starlette:
    """The ASGI application behind the edge. ``room_http`` answers for rooms' own HTTP; ``api`` are the routes of the REST interface."""
    pages = pages or Pages()
    application = Starlette(
        routes=[
            Route("/", pages.index),
            Route("/assets/{name}", pages.asset),
            Route("/healthz", healthz),
            Route("/readyz", partial(readyz, lifetime)),
            Route("/metrics", partial(metrics, stats, counters, metrics_token)),
            Route("/api/openapi.json", openapi),
            *api,
        ],
        exception_handlers={HTTPException: refused, Exception: failed},
    )
    application.router.default = room_http
    application.router.redirect_slashes = False
    return application


async def healthz(_request: Request) -> Response:
    """Alive: this line ran. It touches nothing else."""
    return PlainTextResponse("ok\n")


async def readyz(lifetime: Lifetime, _request: Request) -> Response:
    """Whether new sockets are welcome."""
    return PlainTextResponse(lifetime.stage.value + "\n", 200 if lifetime.stage is Stage.SERVING else 503)


async def metrics(stats: Callable[[], Stats], counters: Counters, token: str | None, request: Request) -> Response:
    """Prometheus text, for whoever has the token; without one set, for this machine only."""
    if not _may_see_metrics(request, token):
        return answer(http_reply(TOKEN_REFUSED if token is not None else refusal("not_authorized")))
    text = await trio.to_thread.run_sync(exposition, snapshot(stats(), counters))
    return Response(text, headers={"content-type": CONTENT_TYPE})


async def openapi(_request: Request) -> Response:
    """What the HTTP interface is, in OpenAPI 3.1."""
    return Response(msgspec.json.encode(document()), media_type="application/json")


async def refused(_request: Request, error: Exception) -> Response:
    """What the router refuses: an unknown address, a method that is not answered here."""
    assert isinstance(error, HTTPException)
    codes = {404: "not_found", 413: "too_large", 503: "unavailable"}
    body = msgspec.json.encode({"error": {"code": codes.get(error.status_code, "bad_message"), "message": error.detail}})
    return Response(body, error.status_code, {**(error.headers or {}), "content-type": "application/json"})


async def failed(_request: Request, _error: Exception) -> Response:
    """A fault of ours. What it was is in the log, not in the answer."""
    return answer(http_reply(refusal("internal")))


def answer(reply: HttpReply) -> Response:
    """A reply of the door's, as Starlette sends it."""
    return Response(reply.body, reply.status, {name.decode(): value.decode() for name, value in reply.headers})


def _may_see_metrics(request: Request, token: str | None) -> bool:
    if token is not None:
        return hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())
    client: ClientAddress = request.scope["client_address"]
    return not client.forwarded and _is_this_machine(client.host)


def _is_this_machine(host: str) -> bool:
    if host == "unix":
        return True
    address = ip_address(host)
    return address.is_loopback or (isinstance(address, IPv6Address) and address.ipv4_mapped is not None and address.ipv4_mapped.is_loopback)
