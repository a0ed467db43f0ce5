"""The session of a kind that relays: says ``hello``, takes ``auth`` and ``ping`` itself, and hands over every other frame as it came.

It is its own peer. What the room says goes out as an envelope in the client's format, bytes as a binary frame.
"""

from __future__ import annotations

from gateway.carrier import Carrier
from gateway.errors import NOT_AUTHORIZED, TOKEN_REFUSED, close_code_of, refusal
from gateway.frames import text_frame
from gateway.session import greeting
from gateway.session.codec import BadMessage, Ref, Request, decode
from gateway.session.formats import Format
from gateway.session.services import RoomEnd, Services
from gateway.session.session import Session, Stage, error_data
from rooms import Bundle, ConnectRequest, Envelope, Event, Identity, Refusal, RoomKey

_PONG = text_frame("pong")


class RelaySession(Session):
    """Connects when it is known who comes. A frame above the rate is dropped, and its sender told."""

    __slots__ = ("_request", "_room")

    def __init__(
        self, services: Services, key: RoomKey, wire: Format, identity: Identity, carrier: Carrier, request: ConnectRequest
    ) -> None:
        super().__init__(services, key, wire, identity, carrier, request.session)
        self._request: ConnectRequest | None = request
        self._room: RoomEnd | None = None

    # as the carrier sees it

    def frame(self, message: str | bytes) -> None:
        """One whole message: the room's, unless it is one of the few that are ours."""
        if self.stage is Stage.OVER:
            return
        self.services.counters.messages_received += 1
        if self.stage is Stage.AWAITING:
            self._before_auth(message)
        elif self._is_within_rate():
            self._hear(message)

    # as the room sees it

    def send_nowait(self, bundle: Bundle) -> None:
        """Write what the room released."""
        self.services.counters.messages_sent += len(bundle.messages)
        self.carrier.send_nowait(bundle.frames(self.format))

    def close_nowait(self, code: int, reason: str) -> None:
        """The room closes the socket; it is told when it is gone."""
        self.close(code, reason)

    def refused(self, refusal: Refusal) -> None:
        """The room did not let it in: the connection never was."""
        self._room = None
        self._say_error(refusal)
        self.close(close_code_of(refusal), refusal.message)

    def failed(self, message: Envelope | str | bytes | None, refusal: Refusal) -> None:  # noqa: ARG002
        """A frame had no effect."""
        self._say_error(refusal)

    def pause(self) -> None:
        """The mailbox is full."""
        self.carrier.pause()

    def resume(self) -> None:
        """There is room again."""
        self.carrier.resume()

    # who it is

    def _before_auth(self, message: str | bytes) -> None:
        if message == "ping":
            self.carrier.send_nowait(_PONG)
            return
        request = decode(message)
        if isinstance(request, BadMessage) or request.type != "auth":
            self.refuse(TOKEN_REFUSED, request.ref)
        else:
            self.authenticate(request)

    def _admitted(self, ref: Ref) -> None:
        assert self.key is not None
        assert self._request is not None
        self._greet(ref)
        request, self._request = self._request, None
        self._room = self.services.hosting.connect_nowait(self.key, self, request)
        if self.stage is Stage.OVER:  # refused at once
            self._room = None

    def _refreshed(self, identity: Identity, ref: Ref) -> None:
        """Another token of the same user."""
        if identity.user != self.identity.user:
            self._say_error(NOT_AUTHORIZED, ref)
            return
        refused = self._refusal_of(identity)
        self._become(identity)
        self._greet(ref)
        if refused is not None:
            self.close(4403, refused.message)
        self._tick()

    def _greet(self, ref: Ref) -> None:
        assert self.key is not None
        stats = greeting.stats_of(self.services, self.identity, [self.key])
        self.send(Event("hello", greeting.hello(self.services, self.id, self.identity, stats), ref))

    def _warn(self) -> None:
        self.send(Event("expiring", {"at": self.identity.expires_ms}))

    def _end_memberships(self, code: int, reason: str, clean: bool) -> None:
        room, self._room = self._room, None
        if room is not None:
            room.gone(code, reason, clean)

    # what it answers itself

    def _hear(self, message: str | bytes) -> None:
        own = _own_request(message)
        if message == "ping":
            self.carrier.send_nowait(_PONG)
        elif own is None:
            self._relay(message)
        elif own.type == "auth":
            self.authenticate(own)
        else:
            self.send(Event("pong", {}, own.ref))

    def _relay(self, message: str | bytes) -> None:
        if self._room is not None:
            self._room.post_nowait(message)

    def _is_within_rate(self) -> bool:
        """Take from the user's bucket; say when to try again, or end the socket of who goes on regardless."""
        limits = self.services.limits
        if not limits.switched_on:
            return True
        user = self.identity.user
        retry_after_ms = limits.device_frames.take(user)
        if retry_after_ms is None:
            return True
        self._say_error(refusal("rate_limited", retry_after_ms=retry_after_ms))
        if limits.device_frames.is_abusive(user):
            self.close(4429, "Far over the rate limit")
        return False

    def _say_error(self, refused: Refusal, ref: Ref = None) -> None:
        self.services.counters.refusals[refused.code] += 1
        self.send(Event("error", error_data(refused), ref))


def _own_request(message: str | bytes) -> Request | None:
    """What a text asks of the gateway, if it is an envelope of type ``auth`` or ``ping``. Few texts have to be decoded to know."""
    if isinstance(message, bytes) or not ('"auth"' in message or '"ping"' in message):
        return None
    request = decode(message)
    return request if isinstance(request, Request) and request.type in ("auth", "ping") else None
