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
from gateway.auth.passwords import OVERLOADED, PASSWORD_CHARACTERS_MAX
from gateway.auth.sign_in_services import SignInServices
from gateway.auth.tokens import TokenFault
from gateway.errors import TOKEN_REFUSED, refusal
from gateway.http.description import Json, json_answer, json_body, operation, text
from gateway.names import name_of
from gateway.session.services import Services
from rooms import Identity, Refusal, RoomKey
from rooms.kinds.users import USERS

WRONG = refusal("not_authorized", "Wrong user or password", close_code=4401)
"""One refusal for both, so that it does not tell who has an account."""

ONE_OF_TWO = refusal("bad_message", "Give user and password, or a token")
SIGNED_OUT = "Signed out"

PATHS: Json = {
    "/api/sessions": {
        "post": operation(
            "Sign in: sets the cookies rooms_session and rooms_csrf",
            requestBody=json_body(
                {"user": text("with password"), "password": text("with user"), "token": text("a JWT, in place of both")},
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


class SignIn(msgspec.Struct, frozen=True):
    """The body."""

    user: str | None = None
    password: str | None = None
    token: str | None = None


class Sessions:
    """Begins and ends sign-ins."""

    def __init__(self, callers: Callers, services: Services, signing_in: SignInServices) -> None:
        self._callers = callers
        self._services = services
        self._signing_in = signing_in
        self.routes = [route("POST", "/api/sessions", self.begin), route("DELETE", "/api/sessions", self.end)]

    async def begin(self, request: Request) -> Response | Refusal:
        """``POST /api/sessions``."""
        if not self._callers.is_from_own_page(request):
            return ORIGIN_REFUSED
        asked = await json_of(request, SignIn)
        if isinstance(asked, Refusal):
            return asked
        if asked.token is not None and asked.user is None and asked.password is None:
            return await self._with_token(asked.token)
        if asked.token is None and asked.user is not None and asked.password is not None:
            return await self._with_password(asked.user, asked.password, host_of(request))
        return ONE_OF_TWO

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

    async def _signed_in(self, user: str, token: Identity | None) -> Response:
        cookie, identity = await self._signing_in.sign_ins.begin(user, token)
        assert identity.expires_ms is not None
        lifetime_seconds = max(0, (identity.expires_ms - self._services.clock.now_ms()) // 1000)
        cookies = self._signing_in.cookies
        self._services.log.info("signed_in", user=user, by="password" if token is None else "token")
        return json(described(identity, cookies.csrf_of(cookie)), 201, cookies.set_cookies(cookie, lifetime_seconds))

    def _close_sockets(self, ended: Identity) -> None:
        for session in self._services.registry.of_user(ended.user):
            if session.identity.sign_in == ended.token_id:
                session.close(4401, SIGNED_OUT)
