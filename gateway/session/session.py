"""The session: what the gateway keeps of one socket, from the upgrade to its end. Synchronous, no task of its own.

This is what raw and envelope sessions share: who it is, until when, and the end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum, auto
from functools import partial

from gateway.auth.auth import Auth, judged, judged_finally
from gateway.auth.authentication import Pending
from gateway.carrier import Carrier
from gateway.edge.containment import Containment
from gateway.entrance import may_enter
from gateway.errors import NOT_AUTHORIZED, TOKEN_REFUSED, close_code_of, refusal
from gateway.session.codec import BadMessage, Ref, Request, fitted
from gateway.session.formats import Format
from gateway.session.registry import NOBODY
from gateway.session.services import Services
from rooms import Event, Identity, Refusal, RoomKey

EXPIRING_SECONDS = 30
"""How long before its token expires a client is told so."""

REARM_SECONDS = 60.0
"""A deadline further off is looked at again after this: the date may jump, and a socket that is gone is not remembered for longer."""


class Stage(Enum):
    """How far a session has come."""

    AWAITING = auto()
    """Nobody knows yet who it is; only ``auth`` is heard."""
    OPEN = auto()
    WARNED = auto()
    """Open, and told that its token is about to expire."""
    OVER = auto()


class Session(ABC):
    """One socket. ``key`` is the room it belongs to, ``None`` for a socket of many rooms.

    A carrier calls ``frame`` and ``gone``; the wheel calls ``due``.
    """

    __slots__ = ("_closed_with", "_due_at", "carrier", "format", "id", "identity", "key", "services", "stage")

    def __init__(self, services: Services, key: RoomKey | None, wire: Format, identity: Identity, carrier: Carrier, id: str) -> None:
        self.services = services
        self.key = key
        self.format = wire
        self.identity = identity
        self.carrier = carrier
        self.id = id
        self.stage = Stage.AWAITING
        self._due_at = 0.0
        self._closed_with = 0

    def begin(self) -> None:
        """The 101 is on its way: admit who has shown a token, else wait for one."""
        self.services.counters.connections += 1
        if self.identity is NOBODY:
            self.services.registry.enter(self)
            self._arm(self.services.settings.auth_seconds)
        else:
            self._admit(self.identity, None)

    @property
    def room_keys(self) -> list[RoomKey]:
        """The rooms it is in."""
        return [] if self.key is None else [self.key]

    @abstractmethod
    def frame(self, message: str | bytes) -> None:
        """One whole message came."""

    @abstractmethod
    def _admitted(self, ref: Ref) -> None:
        """It is known who it is: greet (``ref`` is the ``auth``'s), or connect."""

    @abstractmethod
    def _refreshed(self, identity: Identity, ref: Ref) -> None:
        """An open socket has shown another good token."""

    def _leave_ungranted(self) -> None:  # noqa: B027 -- a socket that is one room's alone has nothing to leave but itself
        """End memberships that the identity does not grant."""

    @abstractmethod
    def _end_memberships(self, code: int, reason: str, clean: bool) -> None:
        """The socket is gone: tell the rooms."""

    @property
    def contained(self) -> Containment:
        """For ``with``, around what is done at the word of a room or of another task: what raises within ends this socket, and no other."""
        return Containment(self._failed)

    def gone(self, code: int, reason: str, clean: bool) -> None:
        """The socket is over: forget it everywhere."""
        self.stage = Stage.OVER
        self.carrier = NOWHERE
        self._end_memberships(code, reason, clean)
        services = self.services
        services.registry.leave(self)
        services.registry.give_back_place()
        services.counters.connections -= 1
        services.counters.closes[self._closed_with or code] += 1

    def regranted(self, identity: Identity) -> None:
        """The user may enter less than before: leave what is no longer granted."""
        self.identity = identity
        self._leave_ungranted()
        refused = self._refusal_of(identity)
        if refused is not None:
            self.close(4403, refused.message)

    def close(self, code: int, reason: str) -> None:
        """End the socket after what was sent before; frames that still come are ignored, ``gone`` follows."""
        if self.stage is Stage.OVER:
            return
        self.stage = Stage.OVER
        self._closed_with = code
        carrier, self.carrier = self.carrier, NOWHERE
        carrier.close(code, reason)

    def send(self, event: Event) -> None:
        """Say something that no room said."""
        self.services.counters.messages_sent += 1
        self.carrier.send_nowait(self.format.encode(event))

    def refuse(self, refused: Refusal, ref: Ref = None) -> None:
        """Say why, and end the socket."""
        self.services.counters.refusals[refused.code] += 1
        self.send(Event("error", error_data(refused), ref))
        self.close(close_code_of(refused), refused.message)

    def due(self) -> None:
        """A deadline has come; one that no longer stands is ignored."""
        if self.stage is Stage.OVER or self.services.now() < self._due_at:
            return
        if self.stage is Stage.AWAITING:
            self.close(4408, "No auth in time")
            return
        self._tick()

    def authenticate(self, request: Request) -> None:
        """An ``auth`` came. While a key has to be fetched for it, nothing else is heard."""
        auth = fitted(request, Auth)
        if isinstance(auth, BadMessage):
            self._auth_refused(refusal("bad_message", auth.message), request.ref)
            return
        verdict = judged(auth, self.services)
        if verdict is Pending.KEY:
            self.carrier.pause()
            self.services.authenticator.keys.when_fetched(partial(self._authenticate_finally, auth, request.ref))
        else:
            self._conclude(verdict, request.ref)

    def _authenticate_finally(self, auth: Auth, ref: Ref) -> None:
        """The keys were fetched, or could not be."""
        if self.stage is Stage.OVER:
            return
        self.carrier.resume()
        with self.contained:
            self._conclude(judged_finally(auth, self.services), ref)

    def _conclude(self, verdict: Identity | Refusal, ref: Ref) -> None:
        if isinstance(verdict, Refusal):
            self._auth_refused(verdict, ref)
            return
        grants = self.services.grants
        verdict = grants.known(verdict)
        if self._refusal_of(verdict) is not None and self.key is not None and grants.may_matter(verdict, self.key):
            self.carrier.pause()
            grants.when_known(verdict.user, partial(self._take_in, verdict, ref))
        else:
            self._take(verdict, ref)

    def _take_in(self, identity: Identity, ref: Ref) -> None:
        """What is granted to the user is known, or could not be."""
        if self.stage is Stage.OVER:
            return
        self.carrier.resume()
        with self.contained:
            self._take(self.services.grants.known(identity), ref)

    def _take(self, verdict: Identity, ref: Ref) -> None:
        if self.stage is Stage.AWAITING:
            self._admit(verdict, ref)
        else:
            self._refreshed(verdict, ref)

    def _auth_refused(self, refused: Refusal, ref: Ref) -> None:
        """Who has not been admitted goes; for an open socket the old token stands."""
        if self.stage is Stage.AWAITING:
            self.refuse(refused, ref)
        else:
            self.services.counters.refusals[refused.code] += 1
            self.send(Event("error", error_data(refused), ref))

    def _admit(self, identity: Identity, ref: Ref) -> None:
        """From now on this is ``identity``, counted as its user's socket."""
        refused = TOKEN_REFUSED if self.services.is_revoked(identity) else None  # what was good at the door may have ended since
        refused = refused or self.services.registry.full_for(identity.user) or self._refusal_of(identity)
        if refused is not None:
            self.refuse(refused, ref)
            return
        self._become(identity)
        self._admitted(ref)
        self._tick()

    def _become(self, identity: Identity) -> None:
        self.services.registry.leave(self)
        self.identity = identity
        self.stage = Stage.OPEN
        self.services.registry.enter(self)
        self.services.admitted(self)

    def _refusal_of(self, identity: Identity) -> Refusal | None:
        """Why this user may not have this socket: the token does not grant its room."""
        if self.key is None or may_enter(identity, self.key):
            return None
        return NOT_AUTHORIZED

    def _tick(self) -> None:
        """Do what is due by now, and come back when the next is."""
        if self.stage is Stage.OVER:
            return
        left_seconds = self._seconds_left()
        if left_seconds is not None and left_seconds <= 0:
            self.refuse(TOKEN_EXPIRED)
            return
        if left_seconds is not None and left_seconds <= EXPIRING_SECONDS and self.stage is Stage.OPEN:
            self.stage = Stage.WARNED
            self._warn()
        wait_seconds = self._next_wait()
        if wait_seconds is not None:
            self._arm(wait_seconds)

    @abstractmethod
    def _warn(self) -> None:
        """The token expires soon: say so, where it can be said."""

    def _next_wait(self) -> float | None:
        """Seconds until something may be due; ``None`` if never."""
        left_seconds = self._seconds_left()
        if left_seconds is None:
            return None
        if self.stage is Stage.OPEN:
            left_seconds -= EXPIRING_SECONDS
        return min(REARM_SECONDS, left_seconds)

    def _seconds_left(self) -> float | None:
        """How long the token still holds; ``None`` for ever."""
        if self.identity.expires_ms is None:
            return None
        return (self.identity.expires_ms - self.services.clock.now_ms()) / 1000

    def _failed(self, error: Exception) -> None:
        self.services.log.error("session_failed", exc_info=error)
        self.close(1011, "internal error")

    def _arm(self, seconds: float) -> None:
        self._due_at = self.services.timers.at(seconds, self)


TOKEN_EXPIRED = Refusal(TOKEN_REFUSED.code, "Token expired", close_code=4401)


def error_data(refused: Refusal, *, room: str | None = None, cid: str | None = None, other: str | None = None) -> dict[str, object]:
    """A refusal as the data of an ``error``; ``other``: in the private conversation with whom."""
    data: dict[str, object] = {"code": refused.code, "message": refused.message}
    if room is not None:
        data["room"] = room
    if other is not None:
        data["with"] = other
    if cid is not None:
        data["cid"] = cid
    if refused.retry_after_ms is not None:
        data["retry_after_ms"] = refused.retry_after_ms
    return data


class _Nowhere:
    """The carrier of a session that is over: nothing arrives."""

    __slots__ = ()

    def send_nowait(self, frames: bytes) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


NOWHERE: Carrier = _Nowhere()
