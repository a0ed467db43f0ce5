"""``/api/tickets``: what a browser's socket shows in its address, where it can show neither header nor cookie."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json, route
from gateway.api.callers import Callers
from gateway.api.rates import Rates
from gateway.auth.sign_in_services import SignInServices
from gateway.auth.tickets import TICKET_SECONDS
from gateway.http.description import SIGNED_IN, Json, json_answer, operation
from rooms import Refusal

PATHS: Json = {
    "/api/tickets": {
        "post": operation(
            f"A single-use ticket for ?ticket=, good for {TICKET_SECONDS:g} seconds, with its maker's expiry and rooms",
            security=SIGNED_IN,
            ok={"201": json_answer("A ticket", {"ticket": "…", "seconds": TICKET_SECONDS})},
            refused=("401", "403", "429", "503"),
        )
    }
}


class TicketDesk:
    """Issues tickets to whoever has shown who they are."""

    def __init__(self, callers: Callers, signing_in: SignInServices, rates: Rates) -> None:
        self._callers = callers
        self._rates = rates
        self._tickets = signing_in.tickets
        self.routes = [route("POST", "/api/tickets", self.issue)]

    async def issue(self, request: Request) -> Response | Refusal:
        """``POST /api/tickets``."""
        who = await self._callers.changing(request)
        if isinstance(who, Refusal):
            return who
        return self._rates.request(who.user) or json({"ticket": self._tickets.issue(who), "seconds": TICKET_SECONDS}, 201)
