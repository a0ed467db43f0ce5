"""The session of an envelope kind: decodes each frame once, answers what concerns the socket, mails the rest to rooms.

A socket of one room and a socket of many are the same code: they differ only in where ``data.room`` may lead. What only a
socket of many rooms has is in ``many_rooms_session.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from gateway.carrier import Carrier
from gateway.errors import GONE, NOT_AUTHORIZED, refusal
from gateway.frames import text_frame
from gateway.names import display_name_of, name_of
from gateway.routes import CHAT
from gateway.session import greeting
from gateway.session.bans import BANNED_CODE
from gateway.session.codec import BadMessage, Ref, Request, decode, fitted
from gateway.session.formats import Format
from gateway.session.membership import LEFT, Joining, Membership
from gateway.session.memberships import Memberships, count, each, of_room, with_one_more, without
from gateway.session.services import RoomEnd, Services
from gateway.session.session import Session, Stage, error_data
from rooms import ConnectRequest, Envelope, Event, Identity, Refusal, RoomKey

BAD_MESSAGES_MAX = 10
BAD_MESSAGES_SECONDS = 60.0
_PING = Request("ping", {}, None)
_PONG = text_frame("pong")


class EnvelopeSession(Session):
    """One socket of an envelope kind; ``key`` is ``None`` for a socket of many chat rooms."""

    __slots__ = ("_bad_messages_at", "_memberships", "_requests")

    def __init__(self, services: Services, key: RoomKey | None, wire: Format, identity: Identity, carrier: Carrier) -> None:
        super().__init__(services, key, wire, identity, carrier, services.new_id())
        self._memberships: Memberships = None
        self._requests = services.kinds[CHAT if key is None else key.kind].room_class.requests
        self._bad_messages_at: tuple[float, ...] = ()

    # from the client

    def frame(self, message: str | bytes) -> None:
        """One whole message: an envelope, or the bare text ``ping``."""
        if self.stage is Stage.OVER:
            return
        self.services.counters.messages_received += 1
        if message == "ping":
            self._ping_text()
            return
        request = decode(message)
        if isinstance(request, BadMessage):
            self._bad(request)
        elif self.stage is Stage.AWAITING:
            self._before_auth(request)
        elif self._is_within_rate(request):
            self._take_request(request)

    def _take_request(self, request: Request) -> None:
        """Answer it, or mail it to the room it names."""
        own = _OWN_REQUESTS.get(request.type)
        if own is None:
            self._to_room(request)
        else:
            own(self, request)

    def _to_room(self, request: Request) -> bool:
        """Mail the request to the room it names. ``False`` if that was not possible; the client was told."""
        shape = self._requests.get(request.type)
        membership = self._membership(request)
        if shape is None:
            self._error(refusal("unknown_type"), request)
        elif "with" in request.data and self._is_of_chat:
            self._to_conversation(request)
        elif membership is None or membership.room is None:
            self._error(refusal("not_in_room"), request)
        else:
            return self._mail(membership.room, shape, request)
        return False

    def _to_conversation(self, request: Request) -> None:
        """A socket of one room has no private conversations."""
        self._error(refusal("not_found", "Conversation not found"), request)

    def _mail(self, room: RoomEnd, shape: type[msgspec.Struct], request: Request) -> bool:
        data = fitted(request, shape)
        if isinstance(data, BadMessage):
            self._bad(data, request)
            return False
        if not room.post_nowait(Envelope(request.type, data, request.ref)):
            self._error(refusal("overloaded"), request)
            return False
        return True

    def _join(self, request: Request) -> None:
        """Enter a room, or (again in a room one is in) ask it for its state."""
        shape = self._requests.get("join")
        key = self._key_of(request)
        if shape is None:
            self._error(refusal("unknown_type"), request)
        elif key is None:
            self._bad(BadMessage("Invalid message format: room", request.ref), request)
        elif (membership := of_room(self._memberships, key.name)) is None:
            self._enter(key, shape, request)
        elif self._to_room(request) and request.data.get("switch"):
            self._leave_others(membership)

    def _enter(self, key: RoomKey, shape: type[msgspec.Struct], request: Request) -> None:
        data = fitted(request, shape)
        if isinstance(data, BadMessage):
            self._bad(data, request)
        elif not self.identity.may_enter(*key) and self.services.grants.may_matter(self.identity, key):
            self.carrier.pause()
            self.services.grants.when_known(self.identity.user, partial(self._enter_finally, key, data, request))
        else:
            self._enter_if_granted(key, data, request)

    def _enter_finally(self, key: RoomKey, data: msgspec.Struct, request: Request) -> None:
        """What is granted to the user is known, or could not be."""
        if self.stage is not Stage.OVER:
            self.carrier.resume()
            with self.contained:
                self.identity = self.services.grants.known(self.identity)
                self._enter_if_granted(key, data, request)

    def _enter_if_granted(self, key: RoomKey, data: msgspec.Struct, request: Request) -> None:
        refused = self._join_refusal(key, request)
        if refused is None:
            self._connect(key, data, request)
        else:
            self._error(refused, request)

    def _join_refusal(self, key: RoomKey, request: Request) -> Refusal | None:
        if self.services.is_gone(key):
            return GONE
        if not self.identity.may_enter(*key):
            return NOT_AUTHORIZED
        if count(self._memberships) >= self.services.settings.rooms_per_socket_max and not request.data.get("switch"):
            return refusal("too_many_rooms")
        return None

    def _connect(self, key: RoomKey, data: msgspec.Struct, request: Request) -> None:
        self._rename_guest(getattr(data, "name", None))
        membership = Membership(self, key, Joining(request.ref, bool(request.data.get("switch"))))
        self._memberships = with_one_more(self._memberships, membership)
        room = self.services.hosting.connect_nowait(key, membership, ConnectRequest(self.id, data=data, ref=request.ref))
        if of_room(self._memberships, key.name) is membership:  # else it was refused at once
            membership.room = room

    def _leave(self, request: Request) -> None:
        """The room answers, in order with everything else it says. From now on the socket is not in it."""
        shape = self._requests.get("leave")
        membership = self._membership(request)
        if membership is None or membership.room is None:
            self._error(refusal("not_in_room"), request)
            return
        data = fitted(request, shape) if shape is not None else None
        if isinstance(data, BadMessage):
            self._bad(data, request)
        elif data is None or not membership.room.post_nowait(Envelope("leave", data, request.ref)):
            self._leave_now(membership, LEFT, request.ref)
        else:
            self._memberships = without(self._memberships, membership)

    def _leave_now(self, membership: Membership, reason: str, ref: Ref = None, code: int = 1000) -> None:
        """End a membership without asking the room, which is told; the leaver is answered here."""
        self._memberships = without(self._memberships, membership)
        membership.end(code, reason, clean=True)
        self.send(Event("left", {"room": membership.key.name, "session": self.id, "user": self.identity.user, "reason": reason}, ref))

    def _leave_others(self, membership: Membership) -> None:
        for other in each(self._memberships):
            if other is not membership:
                self._leave_now(other, LEFT)

    def _auth(self, request: Request) -> None:
        self.authenticate(request)

    def _ping(self, request: Request) -> None:
        self.send(Event("pong", {}, request.ref))

    def _stats(self, request: Request) -> None:
        self.send(Event("stats", self._stats_data(), request.ref))

    # from the rooms

    def joined(self, membership: Membership) -> list[Event]:
        """The room has let it in, and is about to say so. Returns what there is to tell the user behind that."""
        joining, membership.joining = membership.joining, None
        news = self.services.company.came(membership.key, self.identity) if membership.is_in else []
        if joining is not None and joining.switch:
            self._leave_others(membership)
        return news

    @property
    def room_keys(self) -> list[RoomKey]:
        """The rooms it is in."""
        return [membership.key for membership in each(self._memberships) if membership.is_in]

    def join_refused(self, membership: Membership, refused: Refusal) -> None:
        """The room has not let it in."""
        self._memberships = without(self._memberships, membership)
        ref = membership.joining.ref if membership.joining is not None else None
        self._say_error(refused, ref, membership.key.name)
        self._note_ban(membership, refused.close_code)
        self._close_with(refused)

    def request_failed(self, membership: Membership, message: Envelope | str | bytes | None, refused: Refusal) -> None:
        """What was asked of a room had no effect. Who asked to leave leaves all the same."""
        if not isinstance(message, Envelope):
            self._say_error(refused, None, membership.key.name)
        elif message.type == "leave" and membership.room is not None:
            self._leave_now(membership, LEFT, message.ref)
        else:
            self._say_error(refused, message.ref, membership.key.name, getattr(message.data, "cid", None))
            self._close_with(refused)

    def ended_by_room(self, membership: Membership, code: int, reason: str) -> None:
        """The room has closed the membership."""
        self._note_ban(membership, code)
        if self.key is not None and (code, reason) != (1000, LEFT):
            self.close(code, reason)
            return
        self._memberships = without(self._memberships, membership)
        membership.end(code, reason, clean=True)

    def _note_ban(self, membership: Membership, code: int | None) -> None:
        if code == BANNED_CODE:
            self.services.bans.note(membership.key, self.identity.user)

    # who it is

    def _before_auth(self, request: Request) -> None:
        if request.type == "auth":
            self.authenticate(request)
        else:
            self._count_bad()
            self._error(NOT_AUTHORIZED, request)

    def _admitted(self, ref: Ref) -> None:
        self._greet(ref)
        key, identity, bans = self.key, self.identity, self.services.bans
        if key is not None and bans.may_hold(key, identity.user):
            bans.when_judged(key, identity, self._judged)

    def _judged(self, refused: Refusal | None) -> None:
        """The room has said whether the user is still banned."""
        if refused is not None and self.stage is not Stage.OVER:
            self.refuse(refused)

    def _greet(self, ref: Ref) -> None:
        self.send(Event("hello", greeting.hello(self.services, self.id, self.identity, self._stats_data()), ref))

    def _refreshed(self, identity: Identity, ref: Ref) -> None:
        """Another token of the same user; a guest may become somebody while it is in no room."""
        if identity.user != self.identity.user and not (self.identity.guest and self._memberships is None):
            self._say_error(NOT_AUTHORIZED, ref)
            return
        refused = self._refusal_of(identity)
        self._become(identity)
        self._greet(ref)
        self._leave_ungranted()
        if refused is not None:
            self.close(4403, refused.message)
        self._tick()

    def _leave_ungranted(self) -> None:
        for membership in each(self._memberships):
            if not self.identity.may_enter(*membership.key):
                self._leave_now(membership, NOT_AUTHORIZED.code, code=4403)

    def _rename_guest(self, name: str | None) -> None:
        shown = display_name_of(name) if name and self.identity.guest else None
        if shown is not None:
            self.identity = msgspec.structs.replace(self.identity, name=shown)

    def _warn(self) -> None:
        self.send(Event("expiring", {"at": self.identity.expires_ms}))

    # where it leads

    def _key_of(self, request: Request) -> RoomKey | None:
        """The room the request names; on a socket of one room it need not, and may name no other."""
        room = request.data.get("room")
        if room is None or (self.key is not None and room == self.key.name):
            return self.key
        name = name_of(room) if isinstance(room, str) else None
        if name is None or (self.key is not None and name != self.key.name):
            return None
        return self.key or RoomKey(CHAT, name)

    @property
    def _is_of_chat(self) -> bool:
        """Whether ``with`` in a request names a private conversation, which no room of this socket is."""
        return self.key is None or self.key.kind == CHAT

    def _membership(self, request: Request) -> Membership | None:
        key = self._key_of(request)
        return None if key is None else of_room(self._memberships, key.name)

    def _end_memberships(self, code: int, reason: str, clean: bool) -> None:
        memberships, self._memberships = self._memberships, None
        for membership in each(memberships):
            membership.end(code, reason, clean)

    # limits and errors

    def _is_within_rate(self, request: Request) -> bool:
        """Take from the user's bucket; say when to try again, or end the socket of who goes on regardless."""
        limits = self.services.limits
        if not limits.switched_on:
            return True
        buckets = limits.messages
        if request.type == "join":
            buckets = limits.joins
        retry_after_ms = buckets.take(self.identity.user)
        if retry_after_ms is None:
            return True
        self._error(refusal("rate_limited", retry_after_ms=retry_after_ms), request)
        if buckets.is_abusive(self.identity.user):
            self.close(4429, "Far over the rate limit")
        return False

    def _ping_text(self) -> None:
        if self.stage is Stage.AWAITING or self._is_within_rate(_PING):
            self.carrier.send_nowait(_PONG)

    def _bad(self, bad: BadMessage, request: Request | None = None) -> None:
        self._error(refusal("bad_message", bad.message), request or Request("", {}, bad.ref))
        self._count_bad()

    def _count_bad(self) -> None:
        now = self.services.now()
        self._bad_messages_at = (*(at for at in self._bad_messages_at if now - at < BAD_MESSAGES_SECONDS), now)
        if len(self._bad_messages_at) >= BAD_MESSAGES_MAX:
            self.close(4400, "Too many bad messages")

    def _error(self, refused: Refusal, request: Request) -> None:
        """Answer a request that goes no further, with what it said of itself."""
        data = request.data
        other = data.get("with", data.get("to"))
        self._say_error(refused, request.ref, _text(data.get("room")), _text(data.get("cid")), _text(other))

    def _say_error(self, refused: Refusal, ref: Ref, room: str | None = None, cid: str | None = None, other: str | None = None) -> None:
        self.services.counters.refusals[refused.code] += 1
        self.send(Event("error", error_data(refused, room=room, cid=cid, other=other), ref))

    def _close_with(self, refused: Refusal) -> None:
        """A socket of one room ends with a refusal that names a close code."""
        if refused.close_code is not None and self.key is not None:
            self.close(refused.close_code, refused.message)

    # stats

    def _stats_data(self) -> dict[str, Any]:
        keys = [membership.key for membership in each(self._memberships)]
        return greeting.stats_of(self.services, self.identity, keys if self.key is None else [self.key])


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


_OWN_REQUESTS: dict[str, Callable[[EnvelopeSession, Request], None]] = {
    "auth": EnvelopeSession._auth,
    "join": EnvelopeSession._join,
    "leave": EnvelopeSession._leave,
    "ping": EnvelopeSession._ping,
    "stats": EnvelopeSession._stats,
}
