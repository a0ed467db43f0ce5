"""Who is connected: every session, by user, for limits, for disconnecting, and for the end of the process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from gateway.errors import refusal
from rooms import Identity, Refusal

NOBODY = Identity("", "")
"""Who a session is for as long as no token was shown: may enter nothing."""


class Registered(Protocol):
    """A session, as the registry sees it."""

    identity: Identity
    id: str

    def close(self, code: int, reason: str) -> None:
        """End the socket."""

    def regranted(self, identity: Identity) -> None:
        """It is this now, which may enter less than before."""


class Registry:
    """Bounded: no more than ``connections_max`` sockets are counted in, ``per_user_max`` of one user.

    A place is taken when an upgrade is admitted and given back when its socket is gone; a user is entered when it is known
    who it is, which a first message may tell later.
    """

    def __init__(self, connections_max: int, per_user_max: int) -> None:
        self._connections_max = connections_max
        self._per_user_max = per_user_max
        self._places_taken = 0
        self._sessions_by_user: dict[str, Registered | set[Registered]] = {}  # nearly every user has one socket: no set for it
        self._nameless: set[Registered] = set()

    def __len__(self) -> int:
        return self._places_taken

    def take_place(self) -> Refusal | None:
        """Count one socket in, or say why not."""
        if self._places_taken >= self._connections_max:
            return refusal("overloaded", "Too many connections")
        self._places_taken += 1
        return None

    def give_back_place(self) -> None:
        """The socket is gone, or never came."""
        assert self._places_taken > 0
        self._places_taken -= 1

    def full_for(self, user: str) -> Refusal | None:
        """Why the user may not have one more socket, if so."""
        if self._count(user) < self._per_user_max:
            return None
        return refusal("rate_limited", "Too many connections of this user", close_code=1013)

    def enter(self, session: Registered) -> None:
        """The session begins, or its user became known or another."""
        if session.identity is NOBODY:
            self._nameless.add(session)
            return
        self._nameless.discard(session)
        user = session.identity.user
        others = self._sessions_by_user.get(user)
        if others is None:
            self._sessions_by_user[user] = session
        elif isinstance(others, set):
            others.add(session)
        elif others is not session:
            self._sessions_by_user[user] = {others, session}

    def leave(self, session: Registered) -> None:
        """The session ends, or is about to enter as another user. Does nothing if it is not in."""
        self._nameless.discard(session)
        user = session.identity.user
        found = self._sessions_by_user.get(user)
        if isinstance(found, set):
            found.discard(session)
            if len(found) == 1:
                self._sessions_by_user[user] = found.pop()
        elif found is session:
            del self._sessions_by_user[user]

    def of_user(self, user: str) -> list[Registered]:
        """The user's sessions."""
        found = self._sessions_by_user.get(user)
        if found is None:
            return []
        return list(found) if isinstance(found, set) else [found]

    def users(self) -> Iterator[tuple[str, Registered]]:
        """Every user who is connected, with one of the user's sessions."""
        for user, found in self._sessions_by_user.items():
            yield user, next(iter(found)) if isinstance(found, set) else found

    def all(self) -> Iterator[Registered]:
        """Every session there is now."""
        yield from list(self._nameless)
        for user in list(self._sessions_by_user):
            yield from self.of_user(user)

    def disconnect_user(self, user: str, code: int, reason: str) -> int:
        """Close every socket of the user; how many there were."""
        return _close(self.of_user(user), code, reason)

    def disconnect_session(self, session_id: str, code: int, reason: str) -> int:
        """Close one socket by its session's id; 0 if there is none."""
        return _close([session for session in self.all() if session.id == session_id], code, reason)

    def disconnect_token(self, token_id: str, code: int, reason: str) -> int:
        """Close every socket whose token has this ``jti``; how many there were."""
        found = [s for s in self.all() if s.identity.token_id == token_id]
        return _close(found, code, reason)

    def _count(self, user: str) -> int:
        found = self._sessions_by_user.get(user)
        if found is None:
            return 0
        return len(found) if isinstance(found, set) else 1


def _close(sessions: list[Registered], code: int, reason: str) -> int:
    for session in sessions:
        session.close(code, reason)
    return len(sessions)
