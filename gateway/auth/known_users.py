"""Everybody whose socket was admitted, and what is shown of them: told to the directory behind the admission, remembered here.

An admission does not wait for a room. So the first socket of a user who came by a token is greeted as the token says, and shown as
the profile says from a moment later on; a cookie's user is known before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec
import trio

from gateway.auth.sign_ins import avatar_address
from gateway.edge.containment import Log
from gateway.session.registry import Registered, Registry
from rooms import Identity, RoomError, RoomKey, Stub
from rooms.kinds.directory import DIRECTORY

USERS_MAX = 50_000
"""Users remembered; beyond it those met first are forgotten, and told to the directory again, which knows."""

WAITING_MAX = 10_000
"""Users that wait to be told; beyond it they are told when they come again."""

BATCH = 500
RETRY_SECONDS = 1.0


class Shown(NamedTuple):
    """What others see of a user: ``None`` where nothing was ever said."""

    name: str | None = None
    avatar: str | None = None


NOTHING = Shown()
"""Of nearly everybody who comes by token."""


class Rooms(Protocol):
    """What of the runtime is needed here."""

    def stub(self, key: RoomKey) -> Stub: ...


class KnownUsers:
    """``run`` tells the directory; the other calls do not wait."""

    def __init__(self, rooms: Rooms, registry: Registry, log: Log) -> None:
        self._rooms = rooms
        self._registry = registry
        self._log = log
        self._shown_by_user: dict[str, Shown] = {}
        self._waiting: dict[str, None] = {}
        self._news = trio.Event()

    async def run(self) -> None:
        """Tell the directory who came, many at once, for as long as the server runs."""
        is_failing = False
        while True:
            await self._news.wait()
            names = list(self._waiting)[:BATCH]
            try:
                profiles = await self._rooms.stub(DIRECTORY).note(names)
            except RoomError as error:
                if not is_failing:
                    self._log.error("users_not_noted", users=len(names), error=str(error))
                is_failing = True
                await trio.sleep(RETRY_SECONDS)
                continue
            is_failing = False
            self._noted(names, profiles)

    def admitted(self, session: Registered) -> None:
        """The session's user is known: show them as they are shown, or find out."""
        user = session.identity.user
        shown = self._shown_by_user.get(user)
        if shown is None:
            self.note(user)
        elif shown is not NOTHING:
            _show(session, shown)

    def note(self, user: str) -> None:
        """Somebody came by this name."""
        if user not in self._shown_by_user and len(self._waiting) < WAITING_MAX:
            self._waiting[user] = None
            self._news.set()

    def has_met(self, user: str) -> bool:
        """Whether they came lately: also if the directory has not been told yet. ``False`` says nothing."""
        return user in self._shown_by_user or user in self._waiting

    def changed(self, user: str, name: str | None, avatar_tag: str | None) -> None:
        """The profile is this from now on, also on the sockets that are open."""
        shown = Shown(name, avatar_address(user, avatar_tag))
        self._remember(user, shown)
        for session in self._registry.of_user(user):
            _show(session, shown)

    def as_shown(self, identity: Identity) -> Identity:
        """The identity, called what its user's profile says, as far as that is remembered."""
        shown = self._shown_by_user.get(identity.user, NOTHING)
        return identity if shown is NOTHING else _called(identity, shown)

    def _noted(self, names: Sequence[str], profiles: dict[str, list[str | None]]) -> None:
        for user in names:
            self._waiting.pop(user, None)
            if user in self._shown_by_user:  # changed meanwhile: that is newer
                continue
            if user in profiles:
                self.changed(user, *profiles[user])
            else:
                self._remember(user, NOTHING)
        if not self._waiting:
            self._news = trio.Event()

    def _remember(self, user: str, shown: Shown) -> None:
        self._shown_by_user[user] = shown
        if len(self._shown_by_user) > USERS_MAX:
            for first in list(self._shown_by_user)[: USERS_MAX // 8]:
                del self._shown_by_user[first]


def _show(session: Registered, shown: Shown) -> None:
    session.identity = _called(session.identity, shown)


def _called(identity: Identity, shown: Shown) -> Identity:
    return msgspec.structs.replace(identity, name=shown.name or identity.name, avatar=shown.avatar)
