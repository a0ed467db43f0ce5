"""Who is at the other end of a socket, as the gateway vouches for it."""

from __future__ import annotations

import msgspec


class Identity(msgspec.Struct, frozen=True, gc=False):
    """A user whose token was checked.

    ``rooms`` and ``moderates`` are grants as a token lists them: a chat room's name, ``team-*``,
    ``kind/name``, ``kind/*`` or ``*``. ``expires_ms`` is Unix time in milliseconds; ``None`` never expires (guests).
    ``token_id`` is the token's ``jti`` and ``issued_ms`` its ``iat``; ``sign_in`` names the sign-in, if it was a cookie's.
    """

    user: str
    name: str
    rooms: tuple[str, ...] = ()
    moderates: tuple[str, ...] = ()
    admin: bool = False
    guest: bool = False
    avatar: str | None = None
    expires_ms: int | None = None
    token_id: str | None = None
    issued_ms: int | None = None
    sign_in: str | None = None

    def may_enter(self, kind: str, name: str) -> bool:
        """Whether a grant of the token covers the room ``name`` of ``kind``."""
        return self.admin or any(_covers(grant, kind, name) for grant in self.rooms)

    def may_moderate(self, kind: str, name: str) -> bool:
        """Whether the token makes its bearer a moderator of the room."""
        return self.admin or any(_covers(grant, kind, name) for grant in self.moderates)


def _covers(grant: str, kind: str, name: str) -> bool:
    if grant == "*":
        return True
    granted_kind, slash, granted_name = grant.partition("/")
    if not slash:
        granted_kind, granted_name = "rooms", grant
    if granted_kind != kind:
        return False
    return granted_name == name or (granted_name.endswith("*") and name.startswith(granted_name[:-1]))
