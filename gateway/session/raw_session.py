"""The session of a raw kind: frames are the author's own, nothing is added. It is its own peer."""

from __future__ import annotations

from gateway.carrier import Carrier
from gateway.errors import TOKEN_REFUSED, close_code_of
from gateway.session.codec import BadMessage, Ref, decode
from gateway.session.services import RoomEnd, Services
from gateway.session.session import Session, Stage
from rooms import Bundle, ConnectRequest, Envelope, Event, Identity, Refusal, RoomKey


class RawSession(Session):
    """Connects at the upgrade, or after a first ``auth`` envelope if no token came with it.

    Only a client that was never connected is told in an ``error`` why; afterwards a close code says it.
    """

    __slots__ = ("_request", "_room")

    def __init__(self, services: Services, key: RoomKey, identity: Identity, carrier: Carrier, request: ConnectRequest) -> None:
        super().__init__(services, key, services.formats.raw, identity, carrier, request.session)
        self._request: ConnectRequest | None = request
        self._room: RoomEnd | None = None

    # as the carrier sees it

    def frame(self, message: str | bytes) -> None:
        """One whole message: the room's, once there is a room."""
        if self.stage is Stage.OVER:
            return
        self.services.counters.messages_received += 1
        room = self._room
        if room is None:
            self._before_room(message)
            return
        answer = room.auto_response(message)
        if answer is None:
            room.post_nowait(message)
        else:
            self.send_nowait(Bundle([answer]))

    def send(self, event: Event) -> None:
        """Before there is a room, what there is to say is said as JSON."""
        if self._room is None:
            self.carrier.send_nowait(self.services.formats.json.encode(event))

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
        self.services.counters.refusals[refusal.code] += 1
        self.close(close_code_of(refusal), refusal.message)

    def failed(self, message: Envelope | str | bytes | None, refusal: Refusal) -> None:
        """A frame had no effect. Raw clients hear nothing of it: the room's log does."""

    def pause(self) -> None:
        """The mailbox is full."""
        self.carrier.pause()

    def resume(self) -> None:
        """There is room again."""
        self.carrier.resume()

    def _before_room(self, message: str | bytes) -> None:
        if self.stage is not Stage.AWAITING:
            return
        request = decode(message)
        if isinstance(request, BadMessage) or request.type != "auth":
            self.refuse(TOKEN_REFUSED)
        else:
            self.authenticate(request)

    def _admitted(self, ref: Ref) -> None:  # noqa: ARG002 -- nothing is answered
        assert self.key is not None
        assert self._request is not None
        request, self._request = self._request, None
        self._room = self.services.hosting.connect_nowait(self.key, self, request)
        if self.stage is Stage.OVER:  # refused at once
            self._room = None

    def _refreshed(self, identity: Identity, ref: Ref) -> None:  # noqa: ARG002
        raise AssertionError("an open raw socket is not asked for auth")

    def _warn(self) -> None:
        """Nothing is added to what the room says: the close at expiry has to do."""

    def _end_memberships(self, code: int, reason: str, clean: bool) -> None:
        room, self._room = self._room, None
        if room is not None:
            room.gone(code, reason, clean)
