"""``/api/admin/revoke``: a token, or all that a user has, counts no longer, on open sockets too."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json, route
from gateway.api.bodies import json_of
from gateway.api.callers import Callers
from gateway.auth.sign_in_services import SignInServices
from gateway.errors import refusal
from gateway.http.description import SIGNED_IN, Json, json_answer, json_body, operation, text
from gateway.names import name_of
from gateway.session.services import Services
from rooms import Refusal

REVOKED = "Revoked"
ONE_OF_TWO = refusal("bad_message", "Give jti, or user")
BAD_USER = refusal("bad_message", "user: no name of a user")
TOO_MANY = refusal("storage_full", "As many are revoked as may be: rotate the keys")

PATHS: Json = {
    "/api/admin/revoke": {
        "post": operation(
            "Revoke a token, or all that was issued to a user so far; closes their sockets (4401) and survives a restart",
            security=SIGNED_IN,
            requestBody=json_body(
                {
                    "jti": text("the token's id"),
                    "until": {
                        "type": "integer",
                        "description": "with jti: when the token expires, in Unix milliseconds; it is kept for ever without",
                    },
                    "user": text("in place of jti: tokens issued before now, and those that do not say when, count no longer"),
                },
                (),
                {"user": "ada"},
            ),
            ok={"200": json_answer("How many sockets were closed", {"closed": 2})},
            refused=("400", "401", "403", "503", "507"),
        )
    }
}


class Revocation(msgspec.Struct, frozen=True):
    """The body."""

    jti: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    until: Annotated[int, Meta(ge=0, le=253_402_300_799_000)] | None = None
    user: str | None = None


class Revoke:
    """For admins. What is revoked is on disk before it takes effect."""

    def __init__(self, callers: Callers, services: Services, signing_in: SignInServices) -> None:
        self._callers = callers
        self._services = services
        self._signing_in = signing_in
        self.routes = [route("POST", "/api/admin/revoke", self.revoke)]

    async def revoke(self, request: Request) -> Response | Refusal:
        """``POST /api/admin/revoke``."""
        admin = await self._callers.administering(request)
        if isinstance(admin, Refusal):
            return admin
        asked = await json_of(request, Revocation)
        if isinstance(asked, Refusal):
            return asked
        if (asked.jti is None) == (asked.user is None):
            return ONE_OF_TWO
        closed = await (self._token(asked.jti, asked.until) if asked.jti is not None else self._user(asked.user or ""))
        if isinstance(closed, Refusal):
            return closed
        self._services.log.info("revoked", by=admin.user, user=asked.user, jti=asked.jti, closed=closed)
        return json({"closed": closed})

    async def _token(self, token_id: str, until_ms: int | None) -> int | Refusal:
        if not await self._signing_in.revocations.revoke_token(token_id, until_ms):
            return TOO_MANY
        return self._services.registry.disconnect_token(token_id, 4401, REVOKED)

    async def _user(self, user: str) -> int | Refusal:
        name = name_of(user)
        if name is None:
            return BAD_USER
        if not await self._signing_in.revocations.revoke_user(name, self._services.clock.now_ms()):
            return TOO_MANY
        sessions = [s for s in self._services.registry.of_user(name) if self._services.is_revoked(s.identity)]
        for session in sessions:
            session.close(4401, REVOKED)
        await self._signing_in.sign_ins.end_all_of(name)
        return len(sessions)
