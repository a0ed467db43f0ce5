"""The REST interface: one file a resource, each with its routes and its part of the description."""

from __future__ import annotations

from starlette.routing import Route

from gateway.api import accounts, avatars, files, me, messages, people, revoke, room_joins, rooms, sanctions, sessions, tickets
from gateway.api.callers import Callers, Identify
from gateway.api.conversations import ConversationVisits
from gateway.api.rates import Rates
from gateway.api.visits import Visits
from gateway.auth.sign_in_services import SignInServices
from gateway.chat_services import ChatServices
from gateway.files.uploads import Uploads
from gateway.http.description import Json
from gateway.session.services import Services

__all__ = ["PATHS", "api_routes"]

PATHS: Json = {
    **accounts.PATHS,
    **sessions.PATHS,
    **me.PATHS,
    **avatars.PATHS,
    **tickets.PATHS,
    **rooms.PATHS,
    **room_joins.PATHS,
    **messages.PATHS,
    **people.PATHS,
    **sanctions.PATHS,
    **files.PATHS,
    **revoke.PATHS,
}
"""What of the description is about these."""


def api_routes(services: Services, signing_in: SignInServices, chats: ChatServices, identify: Identify) -> list[Route]:
    """Every route of the interface."""
    settings = services.settings
    callers = Callers(identify, signing_in, settings)
    rates = Rates(services.limits, settings, services.now)
    return [
        *_about_rooms(services, signing_in, chats, callers, rates),
        *accounts.Accounts(callers, signing_in, has_accounts=settings.has_accounts).routes,
        *sessions.Sessions(callers, services, signing_in).routes,
        *me.Me(callers, signing_in, rates).routes,
        *avatars.Avatars(signing_in, rates).routes,
        *tickets.TicketDesk(callers, signing_in, rates).routes,
        *revoke.Revoke(callers, services, signing_in).routes,
    ]


def _about_rooms(services: Services, signing_in: SignInServices, chats: ChatServices, callers: Callers, rates: Rates) -> list[Route]:
    reached, grants = signing_in.rooms, chats.grants
    visits = Visits(callers, reached, grants, chats.endings, rates)
    between_two = ConversationVisits(callers, reached, services.has_met, rates)
    made = rooms.ChatRooms(callers, visits, reached, grants=grants, endings=chats.endings, codes=chats.codes, rates=rates)
    uploads = Uploads(chats.files, signing_in.pictures, services.settings.file_bytes_max, services.new_id)
    return [
        *made.routes,
        *room_joins.RoomJoins(visits, grants, chats.endings, rates).routes,
        *messages.Messages(visits, signing_in.known_users, rates).routes,
        *people.People(callers, visits, services.registry, rates).routes,
        *sanctions.RoomSanctions(visits).routes,
        *files.FilesAt(files.ROOMS, visits, chats.files, uploads, rates).routes,
        *files.FilesAt(files.CONVERSATIONS, between_two, chats.files, uploads, rates).routes,
    ]
