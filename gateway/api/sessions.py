"""``/api/sessions``: signing in for a browser, with a password or a token, and out again."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.accounts import NO_ACCOUNTS
from gateway.api.answers import json, nothing, route
from gateway.api.bodies import json_of
from gateway.api.callers import FORGED, ORIGIN_REFUSED, Callers, host_of, session_cookie
from gateway.api.me import EXAMPLE, described
from gateway.auth.authentication import Pending
from gateway.auth.guests import is_guest_key
from gateway.auth.passwords import OVERLOADED, PASSWORD_CHARACTERS_MAX
from gateway.auth.sign_in_services import SignInServices
from gateway.auth.tokens import TokenFault
from gateway.errors import TOKEN_REFUSED, refusal
from gateway.http.description import Json, json_answer, json_body, operation, text
from gateway.names import display_name_of, name_of
from gateway.session.services import Services
from rooms import Identity, Refusal, RoomKey
from rooms.kinds.users import USERS

WRONG = refusal("not_authorized", "Wrong user or password", close_code=4401)
"""One refusal for both, so that it does not tell who has an account."""

ONE_OF_THREE = refusal("bad_message", "Give user and password, or a token, or (with --dev) a guest")
NO_GUESTS = refusal("not_authorized", "This server lets no guests in", close_code=4403)
BAD_GUEST = refusal("bad_message", "guest: a name, and a key of 1 to 256 characters")
SIGNED_OUT = "Signed out"

PATHS: Json = {
    "/api/sessions": {
        "get": operation(
            "Whether one is signed in by a cookie, and how one may come in: with an account, as a guest (--dev), or only with a token",
            ok={"200": json_answer("How things stand", {"signed_in": False, "accounts": True, "guests": False})},
            refused=("403", "503"),
        ),
        "post": operation(
            "Sign in: sets the cookies rooms_session and rooms_csrf",
            requestBody=json_body(
                {
                    "user": text("with password"),
                    "password": text("with user"),
                    "token": text("a JWT, in place of both"),
                    "guest": {
                        "type": "object",
                        "description": "with --dev, in place of all: a name to show, and a key that makes the same guest each time",
                        "properties": {"name": text("the name to show"), "key": text("the browser's own random string")},
                        "required": ["name", "key"],
                    },
                },
                (),
                {"user": "ada", "password": "correct horse battery"},
            ),
            ok={"201": json_answer("Signed in", EXAMPLE)},
            refused=("400", "401", "403", "413", "429", "503"),
        ),
        "delete": operation(
            "Sign out: ends the session and its open sockets (4401), and clears the cookies",
            security=[{"session": [], "csrf": []}],
            ok={"204": {"description": "Signed out, or was not signed in"}},
            refused=("403", "503"),
        ),
    }
}


class GuestName(msgspec.Struct, frozen=True):
    """A guest: what to be called, and the key that makes the same guest each time."""

    name: str
    key: str


class SignIn(msgspec.Struct, frozen=True):
    """The body."""

    user: str | None = None
    password: str | None = None
    token: str | None = None
    guest: GuestName | None = None


class Sessions:
    """Begins and ends sign-ins."""

    def __init__(self, callers: Callers, services: Services, signing_in: SignInServices) -> None:
        self._callers = callers
        self._services = services
        self._signing_in = signing_in
        self.routes = [
            route("GET", "/api/sessions", self.look),
            route("POST", "/api/sessions", self.begin),
            route("DELETE", "/api/sessions", self.end),
        ]

    async def look(self, request: Request) -> Response | Refusal:
        """``GET /api/sessions``: for a page that has to know what to offer. Never a 401, which browsers report as a fault."""
        if not self._callers.is_from_own_page(request):
            return ORIGIN_REFUSED
        cookie = session_cookie(request)
        signed_in = cookie is not None and isinstance(await self._signing_in.sign_ins.identity(cookie), Identity)
        has_accounts, has_guests = self._services.settings.has_accounts, self._services.guests is not None
        return json({"signed_in": signed_in, "accounts": has_accounts, "guests": has_guests})

    async def begin(self, request: Request) -> Response | Refusal:
        """``POST /api/sessions``."""
        if not self._callers.is_from_own_page(request):
            return ORIGIN_REFUSED
        asked = await json_of(request, SignIn)
        if isinstance(asked, Refusal):
            return asked
        match asked:
            case SignIn(user=None, password=None, token=str(token), guest=None):
                return await self._with_token(token)
            case SignIn(user=str(user), password=str(password), token=None, guest=None):
                return await self._with_password(user, password, host_of(request))
            case SignIn(user=None, password=None, token=None, guest=GuestName() as guest):
                return await self._as_guest(guest, host_of(request))
        return ONE_OF_THREE

    async def end(self, request: Request) -> Response | Refusal:
        """``DELETE /api/sessions``."""
        if not self._callers.is_from_own_page(request):
            return ORIGIN_REFUSED
        cookie, sign_ins = session_cookie(request), self._signing_in.sign_ins
        if cookie is not None and sign_ins.is_ours(cookie):
            if not self._callers.is_meant(request, cookie):
                return FORGED
            ended = await sign_ins.end(cookie)
            if ended is not None:
                self._services.log.info("signed_out", user=ended.user)
                self._close_sockets(ended)
        return nothing(self._signing_in.cookies.clear_cookies())

    async def _with_password(self, user: str, password: str, host: str) -> Response | Refusal:
        if not self._services.settings.has_accounts:
            return NO_ACCOUNTS
        name = name_of(user)
        if name is None or len(password) > PASSWORD_CHARACTERS_MAX:
            name, password = "", ""  # goes the same way as any other that is wrong
        attempts, passwords = self._signing_in.attempts, self._signing_in.passwords
        retry_after_ms = attempts.begin(name, host)
        if retry_after_ms is not None:
            return refusal("rate_limited", retry_after_ms=retry_after_ms)
        if passwords.is_overloaded:
            return OVERLOADED
        kept = await self._signing_in.rooms.stub(RoomKey(USERS, name)).password() if name else None
        if not await passwords.matches(kept, password):
            self._services.log.info("sign_in_refused", user=name, address=host)
            return WRONG
        attempts.was_right(name, host)
        await self._keep_well(name, password, kept or "")
        return await self._signed_in(name, None)

    async def _keep_well(self, user: str, password: str, kept: str) -> None:
        """Hash the password anew if it was hashed with older parameters: only now is it at hand."""
        passwords = self._signing_in.passwords
        if passwords.is_outdated(kept):
            await self._signing_in.rooms.stub(RoomKey(USERS, user)).set_password(await passwords.hash(password))

    async def _with_token(self, token: str) -> Response | Refusal:
        authenticator = self._services.authenticator
        verdict = authenticator.check(token)
        if verdict is Pending.KEY:
            await authenticator.keys.fetched()
            verdict = authenticator.check_finally(token)
        if isinstance(verdict, TokenFault | Pending):
            self._services.log.info("token_refused", reason=getattr(verdict, "reason", "unknown key"))
            return TOKEN_REFUSED
        if self._services.is_revoked(verdict):
            return TOKEN_REFUSED
        self._signing_in.known_users.note(verdict.user)
        return await self._signed_in(verdict.user, verdict)

    async def _as_guest(self, guest: GuestName, host: str) -> Response | Refusal:
        """A guest with a cookie: by it a browser may do over HTTP what a guest may do over a socket."""
        if self._services.guests is None:
            return NO_GUESTS
        name = display_name_of(guest.name)
        if name is None or not is_guest_key(guest.key):
            return BAD_GUEST
        retry_after_ms = self._signing_in.attempts.account(host)
        if retry_after_ms is not None:
            return refusal("rate_limited", retry_after_ms=retry_after_ms)
        identity = self._services.guests.welcome(name, guest.key)
        now_ms = self._services.clock.now_ms()  # a revocation from before does not cover it
        return await self._signed_in(identity.user, msgspec.structs.replace(identity, issued_ms=now_ms))

    async def _signed_in(self, user: str, token: Identity | None) -> Response:
        cookie, identity = await self._signing_in.sign_ins.begin(user, token)
        assert identity.expires_ms is not None
        lifetime_seconds = max(0, (identity.expires_ms - self._services.clock.now_ms()) // 1000)
        cookies = self._signing_in.cookies
        by = "password" if token is None else "guest" if token.guest else "token"
        self._services.log.info("signed_in", user=user, by=by)
        return json(described(identity, cookies.csrf_of(cookie)), 201, cookies.set_cookies(cookie, lifetime_seconds))

    def _close_sockets(self, ended: Identity) -> None:
        for session in self._services.registry.of_user(ended.user):
            if session.identity.sign_in == ended.token_id:
                session.close(4401, SIGNED_OUT)
