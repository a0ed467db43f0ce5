"""Who calls, and whether the call is meant: tokens and cookies, Origin, and the double submit against forged requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request

from gateway.auth.credentials import SESSION_COOKIE as SESSION
from gateway.auth.credentials import Form, cookie, credential_of, origin_may_connect
from gateway.auth.session_cookies import CSRF_HEADER
from gateway.auth.sign_in_services import SignInServices
from gateway.edge.address import ClientAddress
from gateway.edge.head import RequestHead
from gateway.errors import NOT_AUTHORIZED, refusal
from gateway.settings import Settings
from rooms import Identity, Refusal

Identify = Callable[[RequestHead, ClientAddress], Awaitable[Identity | Refusal | None]]

SIGN_IN_FIRST = refusal("not_authorized", "Sign in first", close_code=4401)
ORIGIN_REFUSED = refusal("not_authorized", "Origin not allowed", close_code=4403)
FORGED = refusal("not_authorized", "X-XSRF-Token has to be equal to the rooms_csrf cookie", close_code=4403)
ADMINS_ONLY = NOT_AUTHORIZED


class Callers:
    """Asked by every resource before it does anything."""

    def __init__(self, identify: Identify, signing_in: SignInServices, settings: Settings) -> None:
        self._identify = identify
        self._signing_in = signing_in
        self._settings = settings

    async def reading(self, request: Request) -> Identity | Refusal:
        """Who asks for something. Guests are nobody here: each request would be another one."""
        who = await self._identify(_head(request), request.scope["client_address"])
        if who is None or (isinstance(who, Identity) and who.guest):
            return SIGN_IN_FIRST
        if isinstance(who, Identity):
            self._signing_in.known_users.note(who.user)
        return who

    async def changing(self, request: Request) -> Identity | Refusal:
        """Who changes something, and means it."""
        if not self.is_from_own_page(request):
            return ORIGIN_REFUSED
        who = await self.reading(request)
        if isinstance(who, Refusal):
            return who
        credential = credential_of(_head(request), self._settings.token_header)
        if credential is not None and credential.form is Form.COOKIE and not self.is_meant(request, credential.token):
            return FORGED
        return who

    async def overseeing(self, request: Request) -> Identity | Refusal:
        """Who looks at what only admins see."""
        who = await self.reading(request)
        return who if isinstance(who, Refusal) or who.admin else ADMINS_ONLY

    async def administering(self, request: Request) -> Identity | Refusal:
        """Who changes something that only admins change, and means it."""
        who = await self.changing(request)
        return who if isinstance(who, Refusal) or who.admin else ADMINS_ONLY

    def is_from_own_page(self, request: Request) -> bool:
        """Whether the page that sends it, if one does, is the server's own or on the list."""
        return origin_may_connect(_head(request), self._settings.public_url, self._settings.allowed_origins)

    def is_meant(self, request: Request, session: str) -> bool:
        """Whether the request repeats what only a page of ours can read: the proof that belongs to this session's cookie."""
        return self._signing_in.cookies.proves_intent(session, request.headers.get(CSRF_HEADER))

    def csrf_of(self, request: Request) -> str | None:
        """What a caller by cookie has to repeat; ``None`` for others."""
        credential = credential_of(_head(request), self._settings.token_header)
        if credential is None or credential.form is not Form.COOKIE:
            return None
        return self._signing_in.cookies.csrf_of(credential.token)


def session_cookie(request: Request) -> str | None:
    """The cookie of a sign-in, if the request has one."""
    return cookie(_head(request), SESSION)


def host_of(request: Request) -> str:
    """The address that limits count by."""
    client: ClientAddress = request.scope["client_address"]
    return client.host


def _head(request: Request) -> RequestHead:
    head: RequestHead = request.scope["request_head"]
    return head
