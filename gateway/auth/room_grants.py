"""Rooms that users were let into beyond what their tokens say: kept by the user's room, remembered here while it matters.

A cookie's sign-in is read from the user's room each time and brings its grants along; these are for users who come by token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import trio

from gateway.edge.containment import Log
from gateway.room_codes import is_code
from gateway.routes import CHAT
from gateway.session.registry import Registered, Registry
from rooms import Identity, RoomError, RoomKey, Stub
from rooms.kinds.users import USERS

USERS_MAX = 50_000
"""Users whose grants are remembered; beyond it those are forgotten, first known first, who have no socket."""


class Rooms(Protocol):
    """What of the runtime is needed here."""

    def stub(self, key: RoomKey) -> Stub: ...


class RoomGrants:
    """``of`` asks the user's room; ``known`` does not wait."""

    def __init__(self, rooms: Rooms, registry: Registry, log: Log) -> None:
        self._rooms = rooms
        self._log = log
        self._registry = registry
        self._rooms_by_user: dict[str, tuple[str, ...]] = {}
        self._nursery: trio.Nursery | None = None

    async def run(self) -> None:
        """Ask for those who cannot wait themselves, for as long as the server runs."""
        async with trio.open_nursery() as self._nursery:
            await trio.sleep_forever()

    def known(self, identity: Identity) -> Identity:
        """The identity with what is remembered to be granted to its user."""
        granted = self._rooms_by_user.get(identity.user)
        return with_rooms(identity, granted) if granted and not identity.guest else identity

    def noted(self, identity: Identity, rooms: Sequence[str]) -> Identity:
        """The identity, with the rooms that the user's room has just said are granted. Of most users nothing need be remembered."""
        if identity.guest or not (rooms or identity.user in self._rooms_by_user):
            return identity
        self._remember(identity.user, tuple(rooms))
        return self.known(identity)

    def may_matter(self, identity: Identity, key: RoomKey) -> bool:
        """Whether asking the user's room could open this one, which the identity may not enter so far."""
        return key.kind == CHAT and is_code(key.name) and not identity.guest and identity.user not in self._rooms_by_user

    def when_known(self, user: str, then: Callable[[], None]) -> None:
        """Ask the user's room, and call ``then`` when it has answered, or could not."""
        assert self._nursery is not None, "run() comes first"
        self._nursery.start_soon(self._find, user, then)

    async def of(self, identity: Identity) -> Identity:
        """The identity with everything that is granted to its user. Raises ``RoomError``."""
        if not identity.guest and identity.user not in self._rooms_by_user:
            await self.load(identity.user)
        return self.known(identity)

    async def load(self, user: str) -> tuple[str, ...]:
        """Ask what is granted to the user now, let open sockets have it, and remember it. Raises ``RoomError``."""
        granted = tuple(await self._rooms.stub(RoomKey(USERS, user)).granted())
        self._remember(user, granted)
        for session in self._registry.of_user(user):
            if not session.identity.guest:
                session.identity = with_rooms(session.identity, granted)
        return granted

    async def grant(self, user: str, room: str, is_gone: Callable[[RoomKey], bool]) -> bool:
        """Let the user into a room, open sockets too. ``False``: they are in as many as they can be, without those that are gone.

        Raises ``RoomError``.
        """
        kept = self._rooms.stub(RoomKey(USERS, user))
        if not await kept.grant(room):
            for name in await kept.granted():
                if is_gone(RoomKey(CHAT, name)):
                    await kept.withdraw(name)
            if not await kept.grant(room):
                return False
        await self.load(user)
        return True

    async def withdraw(self, user: str, room: str) -> bool:
        """Take a room from the user again, and their sockets out of it; whether it was granted. One that was not, a token may grant.

        Raises ``RoomError``.
        """
        if not await self._rooms.stub(RoomKey(USERS, user)).withdraw(room):
            return False
        await self.load(user)
        for session in self._registry.of_user(user):
            _take(session, room)
        return True

    async def _find(self, user: str, then: Callable[[], None]) -> None:
        try:
            await self.load(user)
        except RoomError as error:
            self._log.error("grants_not_found", user=user, error=str(error))
        then()

    def _remember(self, user: str, granted: tuple[str, ...]) -> None:
        self._rooms_by_user[user] = granted
        if len(self._rooms_by_user) > USERS_MAX:
            gone = [name for name in self._rooms_by_user if not self._registry.of_user(name)][: USERS_MAX // 8]
            for name in gone:
                del self._rooms_by_user[name]


def with_rooms(identity: Identity, rooms: tuple[str, ...]) -> Identity:
    """The identity, which may enter these chat rooms too."""
    new = tuple(room for room in rooms if room not in identity.rooms)
    return msgspec.structs.replace(identity, rooms=(*identity.rooms, *new)) if new else identity


def _take(session: Registered, room: str) -> None:
    identity = session.identity
    if room in identity.rooms:
        session.regranted(msgspec.structs.replace(identity, rooms=tuple(name for name in identity.rooms if name != room)))
