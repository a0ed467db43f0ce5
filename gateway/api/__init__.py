"""The REST interface: one file a resource, each with its routes and its part of the description."""

from __future__ import annotations

from starlette.routing import Route

from gateway.api import accounts, avatars, me, revoke, sessions, tickets
from gateway.api.callers import Callers, Identify
from gateway.auth.sign_in_services import SignInServices
from gateway.http.description import Json
from gateway.session.services import Services

__all__ = ["PATHS", "api_routes"]

PATHS: Json = {**accounts.PATHS, **sessions.PATHS, **me.PATHS, **avatars.PATHS, **tickets.PATHS, **revoke.PATHS}
"""What of the description is about these."""


def api_routes(services: Services, signing_in: SignInServices, identify: Identify) -> list[Route]:
    """Every route of the interface."""
    settings = services.settings
    callers = Callers(identify, signing_in, settings)
    return [
        *accounts.Accounts(callers, signing_in, has_accounts=settings.has_accounts).routes,
        *sessions.Sessions(callers, services, signing_in).routes,
        *me.Me(callers, signing_in).routes,
        *avatars.Avatars(signing_in).routes,
        *tickets.TicketDesk(callers, signing_in).routes,
        *revoke.Revoke(callers, services, signing_in).routes,
    ]
