"""``/api/admin``: what only admins see and do. Everything here asks that first, and looking wakes no room."""

from __future__ import annotations

from collections import ChainMap

from starlette.routing import Route

from gateway.api.admin import acts, connections, contents, figures, page, rooms, server, users
from gateway.api.admin.overseen import Overseen
from gateway.api.callers import Callers, Identify
from gateway.auth.sign_in_services import SignInServices
from gateway.http.description import Json
from gateway.http.pages import Pages
from gateway.session.services import Services

__all__ = ["ADMIN_PATHS", "Overseen", "admin_routes"]

_PARTS = (page.PATHS, server.PATHS, rooms.PATHS, contents.PATHS, figures.PATHS, connections.PATHS, users.PATHS, acts.PATHS)
ADMIN_PATHS: Json = {path: dict(ChainMap(*(part[path] for part in _PARTS if path in part))) for part in _PARTS for path in part}
"""What of the description is about these."""


def admin_routes(services: Services, signing_in: SignInServices, identify: Identify, overseen: Overseen, pages: Pages) -> list[Route]:
    """Every route of the admins' interface, but ``revoke``, which is about tokens."""
    callers = Callers(identify, signing_in, services.settings)
    return [
        *page.Inspector(callers, pages).routes,
        *server.Server(callers, services, overseen).routes,
        *rooms.Rooms(callers, services, overseen).routes,
        *contents.Contents(callers, overseen).routes,
        *figures.Figures(callers, services, overseen).routes,
        *connections.Connections(callers, services).routes,
        *users.Users(callers, services, overseen).routes,
        *acts.Acts(callers, services, overseen).routes,
    ]
