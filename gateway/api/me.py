"""``/api/me``: who one is, and what others see of one."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json, route
from gateway.api.bodies import form_of
from gateway.api.callers import Callers
from gateway.api.rates import Rates
from gateway.auth.sign_in_services import SignInServices
from gateway.auth.sign_ins import avatar_address
from gateway.errors import refusal
from gateway.http.description import SIGNED_IN, SIGNED_IN_READING, Json, json_answer, operation, text
from gateway.names import DISPLAY_NAME_CHARACTERS_MAX, display_name_of
from gateway.pictures import PICTURE_BYTES_MAX
from rooms import Identity, Refusal, RoomKey
from rooms.kinds.users import USERS

FORM_BYTES_MAX = PICTURE_BYTES_MAX + 65_536
BAD_NAME = refusal("bad_message", f"full_name: 1 to {DISPLAY_NAME_CHARACTERS_MAX} characters, none of them invisible")
NOTHING_GIVEN = refusal("bad_message", "Give full_name, avatar (a file), or both")

EXAMPLE: Json = {
    "user": "ada",
    "full_name": "Ada Lovelace",
    "avatar": "/api/users/ada/avatar?v=5f3a",
    "rooms": ["lobby"],
    "admin": False,
    "expires": 1_795_200_000_000,
    "rooms_csrf": "…",
}

PATHS: Json = {
    "/api/me": {
        "get": operation(
            "The caller",
            security=SIGNED_IN_READING,
            ok={"200": json_answer("The caller", EXAMPLE)},
            refused=("401", "429", "503"),
        ),
        "put": operation(
            "Change the profile: what is left out stays",
            security=SIGNED_IN,
            requestBody={
                "required": True,
                "content": {
                    "multipart/form-data": {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "full_name": text("the name to show", minLength=1, maxLength=DISPLAY_NAME_CHARACTERS_MAX),
                                "avatar": text(f"PNG, JPEG, WebP or GIF, at most {PICTURE_BYTES_MAX >> 20} MiB", format="binary"),
                            },
                        }
                    }
                },
            },
            ok={"200": json_answer("The caller, changed", EXAMPLE)},
            refused=("400", "401", "403", "413", "429", "503"),
        ),
    }
}


class Me:
    """Reads and changes the caller's own profile."""

    def __init__(self, callers: Callers, signing_in: SignInServices, rates: Rates) -> None:
        self._callers = callers
        self._signing_in = signing_in
        self._rates = rates
        self.routes = [route("GET", "/api/me", self.get), route("PUT", "/api/me", self.put)]

    async def get(self, request: Request) -> Response | Refusal:
        """``GET /api/me``."""
        who = await self._callers.reading(request)
        if isinstance(who, Refusal):
            return who
        over_rate = self._rates.request(who.user)
        if over_rate is not None:
            return over_rate
        profile = await self._signing_in.rooms.stub(RoomKey(USERS, who.user)).profile()
        return self._answer(request, who, profile)

    async def put(self, request: Request) -> Response | Refusal:
        """``PUT /api/me``."""
        who = await self._callers.changing(request)
        if isinstance(who, Refusal):
            return who
        over_rate = self._rates.upload(who.user)
        if over_rate is not None:
            return over_rate
        form = await form_of(request, FORM_BYTES_MAX)
        if isinstance(form, Refusal):
            return form
        changes = await self._changes(form)
        if isinstance(changes, Refusal):
            return changes
        profile = await self._signing_in.rooms.stub(RoomKey(USERS, who.user)).change_profile(*changes)
        self._signing_in.known_users.changed(who.user, profile["name"], profile["avatar"])
        return self._answer(request, who, profile)

    async def _changes(self, form: FormData) -> tuple[str | None, bytes | None] | Refusal:
        """The name and the picture that the form brings, fit to be kept."""
        full_name, avatar = form.get("full_name"), form.get("avatar")
        if isinstance(full_name, UploadFile) or isinstance(avatar, str):
            return NOTHING_GIVEN
        name = None if full_name is None else display_name_of(full_name)
        if full_name is not None and name is None:
            return BAD_NAME
        data = b"" if avatar is None else await avatar.read()
        if name is None and not data:
            return NOTHING_GIVEN
        if not data:  # a browser sends an empty file where none was chosen
            return name, None
        picture = await self._signing_in.pictures.small(data)
        return picture if isinstance(picture, Refusal) else (name, picture)

    def _answer(self, request: Request, who: Identity, profile: dict[str, Any]) -> Response:
        shown = msgspec.structs.replace(who, name=profile["name"] or who.name, avatar=avatar_address(who.user, profile["avatar"]))
        return json(described(shown, self._callers.csrf_of(request)))


def described(identity: Identity, csrf: str | None) -> Json:
    """Who it is, as REST says it. ``rooms_csrf`` is only for those who come by cookie; ``expires`` is Unix time in milliseconds."""
    found: Json = {
        "user": identity.user,
        "full_name": identity.name,
        "avatar": identity.avatar,
        "rooms": list(identity.rooms),
        "admin": identity.admin,
        "expires": identity.expires_ms,
    }
    return found if csrf is None else {**found, "rooms_csrf": csrf}
