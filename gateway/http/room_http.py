"""A room's own HTTP: ``/{kind}/{name}/…`` becomes mail to the room, and its answer a response that no browser trusts.

Whoever may open a socket to the room may ask it, unless the class says ``public_http``. A room's pages live on the gateway's own origin,
so they are served with ``nosniff`` and ``CSP: sandbox``: they run no script there and read no cookie.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.types import Receive, Scope, Send

from gateway.auth.credentials import Form, credential_of, origin_may_connect
from gateway.auth.session_cookies import CSRF_HEADER
from gateway.edge.address import ClientAddress
from gateway.edge.containment import Log
from gateway.edge.door import HttpReply
from gateway.edge.head import RequestHead
from gateway.entrance import may_enter
from gateway.errors import NOT_AUTHORIZED, TOKEN_REFUSED, http_reply, refusal
from gateway.routes import RoomHttp as RoomAddress
from gateway.routes import decide
from rooms import Identity, Kind, Refusal, Request, Response, RoomError, RoomKey

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}
SAFETY_HEADERS = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
    }
)
HIDDEN_HEADERS = frozenset({"authorization", "cookie"})
"""What of a request a room does not see: it knows who asks, and need not hold their keys."""

Identify = Callable[[RequestHead, ClientAddress], Awaitable[Identity | Refusal | None]]


class Rooms(Protocol):
    """What of the runtime is needed here."""

    def refusal(self, key: RoomKey) -> Refusal | None: ...

    async def request(self, key: RoomKey, request: Request) -> Response: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomHttpSettings:
    """What the settings say of rooms' HTTP. ``body_bytes_max``: a larger body is refused with 413, unread."""

    body_bytes_max: int
    token_header: str
    public_url: str | None = None
    allowed_origins: Sequence[str] = ()


class RoomHttp:
    """The ASGI application of all rooms."""

    def __init__(
        self,
        rooms: Rooms,
        kinds: Mapping[str, Kind],
        identify: Identify,
        settings: RoomHttpSettings,
        log: Log,
        proves_intent: Callable[[str, str | None], bool] = lambda _cookie, _header: False,
    ) -> None:
        self._rooms = rooms
        self._kinds = kinds
        self._identify = identify
        self._settings = settings
        self._log = log
        self._proves_intent = proves_intent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HttpRequest(scope, receive)
        response = await self._respond(request)
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def _respond(self, request: HttpRequest) -> HttpResponse:
        head: RequestHead = request.scope["request_head"]
        decision = decide(head.path, False, self._kinds)
        if isinstance(decision, HttpReply):
            return _answer(decision)
        if not isinstance(decision, RoomAddress):
            return _refused(refusal("not_found"))
        key = decision.key
        if request.method not in METHODS:
            return _answer(HttpReply(405, ((b"allow", ", ".join(sorted(METHODS)).encode()),)))
        who = await self._who(key, head, request.scope["client_address"])
        if isinstance(who, Refusal):
            return _refused(who)
        try:
            body = await self._body(request)
        except ClientDisconnect:
            return _refused(refusal("bad_message"))  # nobody reads it
        if body is None:
            return _refused(refusal("too_large"))
        return await self._ask(key, _for_room(request, decision.path, body, who))

    async def _who(self, key: RoomKey, head: RequestHead, client: ClientAddress) -> Identity | Refusal | None:
        """Who asks, if they may; ``None`` is a stranger, whom only ``public_http`` lets in."""
        unavailable = self._rooms.refusal(key)
        if unavailable is not None:
            return unavailable
        if head.method not in SAFE_METHODS and not self._is_meant(head):
            return NOT_AUTHORIZED
        who = await self._identify(head, client)
        if isinstance(who, Refusal) or self._kinds[key.kind].public_http:
            return who
        if who is None:
            return TOKEN_REFUSED
        return who if may_enter(who, key) else NOT_AUTHORIZED

    def _is_meant(self, head: RequestHead) -> bool:
        """Whether a request that may change something is no forgery of another site's page. A cookie alone proves nothing:
        the header has to repeat what only our own pages can read."""
        settings = self._settings
        if not origin_may_connect(head, settings.public_url, settings.allowed_origins):
            return False
        credential = credential_of(head, settings.token_header)
        if credential is None or credential.form is not Form.COOKIE:
            return True
        header = head.get(CSRF_HEADER.encode())
        return self._proves_intent(credential.token, None if header is None else header.decode("latin-1"))

    async def _body(self, request: HttpRequest) -> bytes | None:
        """The whole body; ``None`` if it is larger than it may be."""
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self._settings.body_bytes_max:
                return None
            parts.append(part)
        return b"".join(parts)

    async def _ask(self, key: RoomKey, request: Request) -> HttpResponse:
        try:
            response = await self._rooms.request(key, request)
        except RoomError as error:
            return _refused(_as_refusal(error))
        sendable = _sendable(response)
        if sendable is None:
            self._log.error("room_answered_badly", room=str(key), status=response.status, headers=str(dict(response.headers))[:500])
            return _refused(refusal("internal"))
        return sendable


def _for_room(request: HttpRequest, path: str, body: bytes, who: Identity | None) -> Request:
    return Request(
        method=request.method,
        path=path,
        query=dict(request.query_params),
        headers={name: value for name, value in request.headers.items() if name not in HIDDEN_HEADERS},
        body=body,
        identity=who,
    )


def _sendable(response: Response) -> HttpResponse | None:
    """The room's answer with the gateway's safety headers; ``None`` if it is none that HTTP can carry."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    if not 200 <= response.status <= 599 or not all(_HEADER_NAME.fullmatch(n) and _HEADER_VALUE.fullmatch(v) for n, v in headers.items()):
        return None
    kept = {name: value for name, value in headers.items() if name not in HOP_BY_HOP}
    if "content-type" not in kept and response.body:
        kept["content-type"] = "text/plain; charset=utf-8" if isinstance(response.body, str) else "application/octet-stream"
    return HttpResponse(response.body, response.status, {**kept, **SAFETY_HEADERS})


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_CODES: dict[str, str] = {
    "RoomOverloaded": "overloaded",
    "RoomUnavailable": "unavailable",
    "CallTimeout": "timeout",
}


def _as_refusal(error: RoomError) -> Refusal:
    """The protocol's code for what the runtime says; a turn that was undone brings its own."""
    code: Any = getattr(error, "code", None) or _CODES.get(type(error).__name__, "internal")
    return refusal(code)


def _refused(refused: Refusal) -> HttpResponse:
    return _answer(http_reply(refused))


def _answer(reply: HttpReply) -> HttpResponse:
    return HttpResponse(reply.body, reply.status, {name.decode(): value.decode() for name, value in reply.headers})
