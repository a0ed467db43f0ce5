"""Sign-ins: from a cookie to who it stands for now. What they are worth is kept in the user's room, so that they can end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from gateway.auth.revocations import Revocations
from gateway.auth.session_cookies import SessionCookies
from gateway.errors import TOKEN_REFUSED, refusal_of
from rooms import Identity, Refusal, RoomError, RoomKey, Stub, WallClock
from rooms.kinds.users import USERS


class Rooms(Protocol):
    """What of the runtime is needed here."""

    def stub(self, key: RoomKey) -> Stub: ...


class SignIns:
    """``default_rooms``: what every account may enter. ``lifetime_seconds``: how long a sign-in lasts."""

    def __init__(
        self,
        rooms: Rooms,
        cookies: SessionCookies,
        revocations: Revocations,
        *,
        default_rooms: tuple[str, ...],
        lifetime_seconds: float,
        clock: WallClock,
        new_id: Callable[[], str],
    ) -> None:
        self._rooms = rooms
        self._cookies = cookies
        self._revocations = revocations
        self._default_rooms = default_rooms
        self._lifetime_ms = round(lifetime_seconds * 1000)
        self._clock = clock
        self._new_id = new_id

    def is_ours(self, cookie: str) -> bool:
        """Whether this server signed it for a sign-in, which may be over."""
        return self._cookies.read(cookie, self._clock.now_ms()) is not None

    async def identity(self, cookie: str) -> Identity | Refusal:
        """Who is signed in by it, as it holds now."""
        named = self._cookies.read(cookie, self._clock.now_ms())
        if named is None or named.token_id is None:
            return TOKEN_REFUSED
        try:
            found = await self._room(named.user).signed_in(named.token_id)
        except RoomError as error:
            return refusal_of(error)
        if found is None:
            return TOKEN_REFUSED
        identity = self._identity(named.user, named.token_id, found)
        return TOKEN_REFUSED if self._revocations.cover(identity) else identity

    async def begin(self, user: str, token: Identity | None) -> tuple[str, Identity]:
        """Sign in the user who has shown a password, or a ``token``. The cookie, and whom it makes. Raises ``RoomError``."""
        id, now_ms = self._new_id(), self._clock.now_ms()
        expires_ms = now_ms + self._lifetime_ms
        if token is not None and token.expires_ms is not None:
            expires_ms = min(expires_ms, token.expires_ms)
        found = await self._room(user).sign_in(id, expires_ms, None if token is None else _claims(token))
        return self._cookies.made(user, id, now_ms, expires_ms), self._identity(user, id, found)

    async def end(self, cookie: str) -> Identity | None:
        """End the sign-in of the cookie: nothing begins by it any more. Whose it was; ``None`` if it names none. Raises ``RoomError``."""
        named = self._cookies.read(cookie, self._clock.now_ms())
        if named is None or named.token_id is None:
            return None
        await self._room(named.user).sign_out(named.token_id)
        self._revocations.note_ended(named.token_id)
        return named

    async def end_all_of(self, user: str) -> None:
        """End every sign-in of the user. Raises ``RoomError``."""
        await self._room(user).sign_out_everywhere()

    def _room(self, user: str) -> Stub:
        return self._rooms.stub(RoomKey(USERS, user))

    def _identity(self, user: str, id: str, found: dict[str, Any]) -> Identity:
        claims = found["claims"]
        rooms = self._default_rooms if claims is None else tuple(claims["rooms"])
        identity = Identity(
            user,
            found["name"] or (claims or {}).get("name") or user,
            tuple(dict.fromkeys((*rooms, *found["rooms"]))),
            avatar=avatar_address(user, found["avatar"]),
            expires_ms=found["expires_ms"],
            issued_ms=found["began_ms"],
            sign_in=id,
        )
        if claims is None:
            return identity
        return msgspec.structs.replace(
            identity,
            moderates=tuple(claims["moderates"]),
            admin=claims["admin"],
            token_id=claims["token_id"],
            issued_ms=claims["issued_ms"],
        )


def avatar_address(user: str, tag: str | None) -> str | None:
    """Where the user's picture is; another address for another picture."""
    return None if tag is None else f"/api/users/{quote(user, safe='')}/avatar?v={tag}"


def _claims(token: Identity) -> dict[str, Any]:
    """What of a token its sign-in is worth."""
    return {
        "name": token.name,
        "rooms": list(token.rooms),
        "moderates": list(token.moderates),
        "admin": token.admin,
        "token_id": token.token_id,
        "issued_ms": token.issued_ms,
    }
