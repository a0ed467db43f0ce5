"""What every session of the process shares, handed to each when it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.auth.authentication import Authenticator
from gateway.auth.guests import Guests
from gateway.counters import Counters
from gateway.session.company import Company
from gateway.session.connected import ConnectedUsers
from gateway.session.formats import Formats
from gateway.session.limits import Limits
from gateway.session.registry import Registered, Registry
from gateway.session.timers import Timers
from gateway.settings import Settings
from rooms import ConnectRequest, Envelope, Identity, Kind, Log, Peer, Refusal, RoomKey, WallClock


class RoomEnd(Protocol):
    """A room's end of a membership (``rooms.Connection``)."""

    def post_nowait(self, message: Envelope | str | bytes) -> bool:
        """Mail one message; ``False`` if the mailbox is full and nothing was enqueued."""

    def gone(self, code: int, reason: str, clean: bool) -> None:
        """The membership is over. Called once."""

    def auto_response(self, message: Envelope | str | bytes) -> str | bytes | None:
        """The room's automatic answer, if it has one; wakes nothing."""


class Hosting(Protocol):
    """The rooms, as sessions use them (``rooms.Runtime``)."""

    def connect_nowait(self, key: RoomKey, peer: Peer, request: ConnectRequest) -> RoomEnd:
        """Mail a connect. What becomes of it the peer is told."""

    def refusal(self, key: RoomKey) -> Refusal | None:
        """Why the room cannot serve, as far as is known without waking it."""

    def online(self, key: RoomKey) -> int:
        """Distinct users connected; wakes nothing."""


class SignedIn(Protocol):
    """The cookies of those who are signed in (``gateway.auth.sign_ins.SignIns``)."""

    def is_ours(self, cookie: str) -> bool:
        """Whether this server signed it for a sign-in, which may be over."""

    async def identity(self, cookie: str) -> Identity | Refusal:
        """Who is signed in by it, as it holds now."""


class Grants(Protocol):
    """Rooms that users may enter beyond what their tokens say (``gateway.auth.room_grants.RoomGrants``)."""

    def known(self, identity: Identity) -> Identity:
        """The identity with what is known to be granted to its user."""

    def noted(self, identity: Identity, rooms: Sequence[str]) -> Identity:
        """The identity, to whose user these rooms are granted, as the user's room has just said."""

    def may_matter(self, identity: Identity, key: RoomKey) -> bool:
        """Whether it has to be asked if this room, which the identity may not enter so far, is granted to its user."""

    async def of(self, identity: Identity) -> Identity:
        """The identity with everything that is granted to its user. Raises ``RoomError``."""

    def when_known(self, user: str, then: Callable[[], None]) -> None:
        """Ask, and call ``then`` when it is known or could not be."""


class NoGrants:
    """What tokens say is all there is."""

    def known(self, identity: Identity) -> Identity:
        """As it is."""
        return identity

    def noted(self, identity: Identity, _rooms: Sequence[str]) -> Identity:
        """As it is."""
        return identity

    def may_matter(self, _identity: Identity, _key: RoomKey) -> bool:
        """Never."""
        return False

    async def of(self, identity: Identity) -> Identity:
        """As it is."""
        return identity

    def when_known(self, _user: str, then: Callable[[], None]) -> None:
        """Now."""
        then()


NO_GRANTS = NoGrants()


class Bans(Protocol):
    """Who was lately banned from which room (``gateway.session.bans.Bans``)."""

    def note(self, key: RoomKey, user: str) -> None:
        """The room has said so."""

    def may_hold(self, key: RoomKey, user: str) -> bool:
        """Whether the room has to be asked about this user."""

    def when_judged(self, key: RoomKey, identity: Identity, then: Callable[[Refusal | None], None]) -> None:
        """Ask it, and call ``then`` with why the user may not come in, if so."""


class NoBans:
    """Of bans one hears when one wants to join."""

    def note(self, key: RoomKey, user: str) -> None:
        """Forgotten."""

    def may_hold(self, _key: RoomKey, _user: str) -> bool:
        """Never."""
        return False

    def when_judged(self, _key: RoomKey, _identity: Identity, then: Callable[[Refusal | None], None]) -> None:
        """Now."""
        then(None)


NO_BANS = NoBans()


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """The parts of the gateway that a session works with. ``guests`` is ``None`` unless guests are let in (``--dev``).

    ``company`` knows who shares a room with whom, ``connected`` who is connected at all.
    ``kinds`` are those that have an address. ``now`` is trio's clock in seconds.
    ``take_ticket`` trades a single-use ticket for who made it. ``is_revoked``: whether a token that proves it counts no longer.
    ``admitted`` is told of every session whose user became known, before anything is said to it;
    ``has_met`` tells whether a user came lately. ``is_gone``: whether a room was
    ended for good.
    """

    hosting: Hosting
    kinds: Mapping[str, Kind]
    settings: Settings
    authenticator: Authenticator
    guests: Guests | None
    registry: Registry
    company: Company
    connected: ConnectedUsers
    limits: Limits
    timers: Timers
    formats: Formats
    counters: Counters
    clock: WallClock
    now: Callable[[], float]
    new_id: Callable[[], str]
    log: Log
    take_ticket: Callable[[str], Identity | None] = lambda _ticket: None
    signed_in: SignedIn | None = None
    is_revoked: Callable[[Identity], bool] = lambda _identity: False
    admitted: Callable[[Registered], None] = lambda _session: None
    has_met: Callable[[str], bool] = lambda _user: False
    grants: Grants = NO_GRANTS
    bans: Bans = NO_BANS
    is_gone: Callable[[RoomKey], bool] = lambda _key: False
