"""``/api/accounts``: users who prove with a password who they are."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json, route
from gateway.api.bodies import json_of
from gateway.api.callers import ORIGIN_REFUSED, Callers, host_of
from gateway.auth.passwords import OVERLOADED, PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN
from gateway.auth.sign_in_services import SignInServices
from gateway.errors import refusal
from gateway.http.description import Json, json_answer, json_body, operation, text
from gateway.names import DISPLAY_NAME_CHARACTERS_MAX, GUEST_PREFIX, NAME_CHARACTERS_MAX, display_name_of, name_of
from rooms import Refusal, RoomKey
from rooms.kinds.users import USERS

NO_ACCOUNTS = refusal("not_authorized", "This server keeps no accounts: sign in with a token", close_code=4403)
TAKEN = refusal("conflict", "This user name is taken")

PATHS: Json = {
    "/api/accounts": {
        "post": operation(
            "Create an account",
            requestBody=json_body(
                {
                    "user": text(f"the user's name; not {GUEST_PREFIX}…", minLength=1, maxLength=NAME_CHARACTERS_MAX),
                    "full_name": text("the name to show", minLength=1, maxLength=DISPLAY_NAME_CHARACTERS_MAX),
                    "password": text("the password", minLength=PASSWORD_CHARACTERS_MIN, maxLength=PASSWORD_CHARACTERS_MAX),
                },
                ("user", "full_name", "password"),
                {"user": "ada", "full_name": "Ada Lovelace", "password": "correct horse battery"},
            ),
            ok={"201": json_answer("Created", {"user": "ada", "full_name": "Ada Lovelace"})},
            refused=("400", "403", "409", "413", "429", "503"),
        )
    }
}


class NewAccount(msgspec.Struct, frozen=True):
    """The body."""

    user: str
    full_name: str
    password: str


class Accounts:
    """Makes accounts, if this server keeps them."""

    def __init__(self, callers: Callers, signing_in: SignInServices, *, has_accounts: bool) -> None:
        self._callers = callers
        self._signing_in = signing_in
        self._has_accounts = has_accounts
        self.routes = [route("POST", "/api/accounts", self.create)]

    async def create(self, request: Request) -> Response | Refusal:
        """``POST /api/accounts``."""
        if not self._callers.is_from_own_page(request):
            return ORIGIN_REFUSED
        if not self._has_accounts:
            return NO_ACCOUNTS
        asked = await json_of(request, NewAccount)
        account = asked if isinstance(asked, Refusal) else checked(asked)
        if isinstance(account, Refusal):
            return account
        retry_after_ms = self._signing_in.attempts.account(host_of(request))
        if retry_after_ms is not None:
            return refusal("rate_limited", retry_after_ms=retry_after_ms)
        return await self._register(account)

    async def _register(self, account: NewAccount) -> Response | Refusal:
        passwords = self._signing_in.passwords
        if passwords.is_overloaded:
            return OVERLOADED
        hashed = await passwords.hash(account.password)
        if not await self._signing_in.rooms.stub(RoomKey(USERS, account.user)).register(account.full_name, hashed):
            return TAKEN
        return json({"user": account.user, "full_name": account.full_name}, 201)


def checked(asked: NewAccount) -> NewAccount | Refusal:
    """The account in the one spelling of its names, or what is wrong with it."""
    user, full_name = name_of(asked.user), display_name_of(asked.full_name)
    if user is None or user.startswith(GUEST_PREFIX):
        return refusal("bad_message", f"user: 1 to {NAME_CHARACTERS_MAX} characters, no / and no *, and not {GUEST_PREFIX}…")
    if full_name is None:
        return refusal("bad_message", f"full_name: 1 to {DISPLAY_NAME_CHARACTERS_MAX} characters, none of them invisible")
    if not PASSWORD_CHARACTERS_MIN <= len(asked.password) <= PASSWORD_CHARACTERS_MAX:
        return refusal("bad_message", f"password: {PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX} characters")
    return NewAccount(user, full_name, asked.password)
