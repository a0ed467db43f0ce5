"""``/api/users/{user}/avatar``: the picture of a user, for everybody, since an ``<img>`` carries no token."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import route
from gateway.api.callers import host_of
from gateway.api.rates import Rates
from gateway.auth.sign_in_services import SignInServices
from gateway.errors import refusal
from gateway.http.description import Json, operation
from gateway.names import name_of
from rooms import Refusal, RoomKey
from rooms.kinds.users import USERS

NO_AVATAR = refusal("not_found")
SAFETY_HEADERS = {
    "content-type": "image/webp",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "no-cache",
}

PATHS: Json = {
    "/api/users/{user}/avatar": {
        "parameters": [{"in": "path", "required": True, "name": "user", "schema": {"type": "string"}}],
        "get": operation(
            "The user's picture, at most 256×256",
            ok={
                "200": {"description": "The picture", "content": {"image/webp": {}}},
                "304": {"description": "The browser has it (If-None-Match)"},
            },
            refused=("404", "429", "503"),
        ),
    }
}


class Avatars:
    """Serves them as they were made: never what was uploaded."""

    def __init__(self, signing_in: SignInServices, rates: Rates) -> None:
        self._signing_in = signing_in
        self._rates = rates
        self.routes = [route("GET", "/api/users/{user}/avatar", self.get)]

    async def get(self, request: Request) -> Response | Refusal:
        """``GET /api/users/{user}/avatar``."""
        over_rate = self._rates.avatar(host_of(request))
        if over_rate is not None:
            return over_rate
        user = name_of(request.path_params["user"])
        found = await self._signing_in.rooms.stub(RoomKey(USERS, user)).avatar() if user is not None else None
        if found is None:
            return NO_AVATAR
        tag, picture = found
        headers = {**SAFETY_HEADERS, "etag": f'"{tag}"'}
        if f'"{tag}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(b"" if request.method == "HEAD" else picture, headers=headers)
