"""What has to do with proving who one is, beyond a token: made once, for the door, the sessions and the REST interface."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import trio

from gateway.auth.attempts import Attempts
from gateway.auth.known_users import KnownUsers
from gateway.auth.passwords import Passwords
from gateway.auth.revocations import Revocations
from gateway.auth.session_cookies import CookieSettings, SessionCookies
from gateway.auth.sign_ins import Rooms, SignIns
from gateway.auth.tickets import Tickets
from gateway.edge.containment import Log
from gateway.pictures import Pictures
from gateway.session.registry import Registry
from gateway.settings import Settings
from rooms import WallClock


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInServices:
    """The parts, sharing the rooms that keep what they know."""

    rooms: Rooms
    cookies: SessionCookies
    revocations: Revocations
    sign_ins: SignIns
    tickets: Tickets
    known_users: KnownUsers
    attempts: Attempts
    passwords: Passwords
    pictures: Pictures


def sign_in_services(
    settings: Settings, rooms: Rooms, registry: Registry, secret: str, *, clock: WallClock, new_id: Callable[[], str], log: Log
) -> SignInServices:
    """``secret`` signs cookies. Nothing of it runs yet: ``revocations.load`` comes before admissions, ``known_users.run`` beside them."""
    cookies = SessionCookies(
        secret.encode(), CookieSettings(secure=not settings.dev, same_site=settings.cookie_samesite, guests=settings.dev)
    )
    revocations = Revocations(rooms, clock)
    return SignInServices(
        rooms=rooms,
        cookies=cookies,
        revocations=revocations,
        sign_ins=SignIns(
            rooms,
            cookies,
            revocations,
            default_rooms=settings.default_rooms,
            lifetime_seconds=settings.session_seconds,
            clock=clock,
            new_id=new_id,
        ),
        tickets=Tickets(trio.current_time, lambda: secrets.token_urlsafe(32)),
        known_users=KnownUsers(rooms, registry, log),
        attempts=Attempts(trio.current_time, switched_on=settings.rate_limits),
        passwords=Passwords(),
        pictures=Pictures(),
    )
