"""``/admin``: the inspector. The page is the same for everybody and holds nothing: what it shows it asks for, as an admin."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import route
from gateway.api.callers import Callers
from gateway.errors import status_of
from gateway.http.description import SIGNED_IN_READING, Json, operation
from gateway.http.pages import Pages
from rooms import Refusal

_HTML = {"description": "The inspector", "content": {"text/html": {}}}
_FORM = {"description": "The same page, which shows a form to sign in and nothing else", "content": {"text/html": {}}}

PATHS: Json = {"/admin": {"get": operation("The inspector", security=SIGNED_IN_READING, ok={"200": _HTML, "401": _FORM, "403": _FORM})}}


class Inspector:
    """Whoever is no admin is told so by the status, too."""

    def __init__(self, callers: Callers, pages: Pages) -> None:
        self._callers = callers
        self._pages = pages
        self.routes = [route("GET", "/admin", self.page)]

    async def page(self, request: Request) -> Response:
        """``GET /admin``."""
        who = await self._callers.overseeing(request)
        response = self._pages.answer("admin.html", request)
        response.headers["cache-control"] = "no-store"
        if isinstance(who, Refusal):
            response.status_code = status_of(who)
            if response.status_code == 401:
                response.headers["www-authenticate"] = "Bearer"
        return response
