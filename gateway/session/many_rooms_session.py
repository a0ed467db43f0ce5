"""The session of a socket of many rooms (``/ws``): what it has beyond the rooms it is in.

It is greeted when its user's room has said how the conversations stand; until then nothing is read from it. Private messages come by
its line to that room; what is asked of a conversation is mailed to the conversation's own room, which answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.carrier import Carrier
from gateway.errors import refusal
from gateway.names import NAME_CHARACTERS_MAX, name_of
from gateway.session import greeting
from gateway.session.codec import BadMessage, Ref, Request, fitted
from gateway.session.conversation import OPEN_MAX, Conversation
from gateway.session.envelope_session import EnvelopeSession
from gateway.session.formats import Format
from gateway.session.services import Services
from gateway.session.session import Stage
from gateway.session.user_line import UserLine
from rooms import Bundle, ConnectRequest, Envelope, Event, Identity, Refusal, RoomKey
from rooms.kinds.chat import Who
from rooms.kinds.private import REQUESTS as PRIVATE_REQUESTS
from rooms.kinds.private import Open
from rooms.kinds.users import USERS, WELCOME, UserRoom, conversation_of

NO_MORE = "no more"
"""Why a line or a conversation is let go."""


class ManyRoomsSession(EnvelopeSession):
    """One socket that belongs to no single room."""

    __slots__ = ("_conversations", "_is_greeted", "_line", "_stats_at")

    def __init__(self, services: Services, wire: Format, identity: Identity, carrier: Carrier) -> None:
        super().__init__(services, None, wire, identity, carrier)
        self._line: UserLine | None = None
        self._conversations: dict[str, Conversation] | None = None  # by the other user, the one asked last at the end
        self._is_greeted = False
        self._stats_at = 0.0

    # the user's room

    def pass_on(self, bundle: Bundle) -> None:
        """Write what a room released."""
        self.services.counters.messages_sent += len(bundle.messages)
        self.carrier.send_nowait(bundle.frames(self.format))

    def granted(self, rooms: list[str]) -> None:
        """The user's room has said which rooms the user was let into beyond the token."""
        self.identity = self.services.grants.noted(self.identity, rooms)

    def welcomed(self, conversations: list[Any], ref: Ref) -> None:
        """The user's room has said how the conversations stand: greet."""
        if self.stage is Stage.OVER:
            return
        data = greeting.hello(self.services, self.id, self.identity, self._stats_data())
        online = greeting.online(self.services.company.of(self.identity.user))
        self.send(Event("hello", {**data, "online": online, "conversations": conversations}, ref))
        if not self._is_greeted:
            self._is_greeted = True
            self._stats_at = self.services.now() + self.services.settings.stats_seconds
            self.carrier.resume()
            self._tick()

    def line_refused(self, line: UserLine, refused: Refusal) -> None:
        """The user's room cannot serve: the rooms go on without it."""
        self.services.log.warning("user_line_refused", user=line.user, code=refused.code)
        if not self._is_greeted and line is self._line:
            self.welcomed([], line.waiting_ref)

    def line_failed(self, message: Envelope | str | bytes | None, refused: Refusal) -> None:
        """What was asked of the user's room had no effect."""
        self._say_error(refused, message.ref if isinstance(message, Envelope) else None)

    def _greet(self, ref: Ref) -> None:
        line = self._line
        if line is None or line.is_refused or line.user != self.identity.user:
            self._open_line(ref)
        elif not line.post_nowait(Envelope(WELCOME, UserRoom.requests[WELCOME](), ref)):
            self.welcomed([], ref)

    def _open_line(self, ref: Ref) -> None:
        """Of a guest who became somebody the old line ends."""
        self._end_lines(1000, NO_MORE, clean=True)
        if not self._is_greeted:
            self.carrier.pause()
        user = self.identity.user
        self._look(user)
        line = self._line = UserLine(self, user, ref)
        room = self.services.hosting.connect_nowait(RoomKey(USERS, user), line, ConnectRequest(self.id, ref=ref))
        if not line.is_refused:
            line.room = room

    def _list_conversations(self, request: Request) -> None:
        data = fitted(request, UserRoom.requests[request.type])
        if isinstance(data, BadMessage):
            self._bad(data, request)
        elif self._line is None or not self._line.post_nowait(Envelope(request.type, data, request.ref)):
            self._error(refusal("unavailable"), request)

    # company

    def hear(self, bundle: Bundle) -> None:
        """Somebody came or went."""
        if self._is_greeted and self.stage is not Stage.OVER:
            self.pass_on(bundle)

    def _look(self, user: str) -> None:
        """From now on be told who shares a room with the user, also by rooms that other sockets of the user are in."""
        others = (session for session in self.services.registry.of_user(user) if isinstance(session, EnvelopeSession))
        self.services.company.looks(self, user, [key for session in others for key in session.room_keys])

    def _who(self, request: Request) -> None:
        """Without a room: who shares one with the user, or with ``query`` whoever is connected and called so."""
        data = fitted(request, Who)
        if request.data.get("room") is not None:
            self._to_room(request)
        elif isinstance(data, BadMessage):
            self._bad(data, request)
        else:
            self.send(Event("members", greeting.members(self.services, self.identity.user, data.query or "", data.limit), request.ref))

    # private conversations

    def _take_request(self, request: Request) -> None:
        own = _OWN_REQUESTS.get(request.type)
        if own is not None:
            own(self, request)
        elif "with" in request.data and request.type in PRIVATE_REQUESTS:
            self._ask(request, "with")
        else:
            super()._take_request(request)

    def conversation_over(self, conversation: Conversation) -> None:
        """The next request to that user begins another."""
        if self._conversations and self._conversations.get(conversation.other) is conversation:
            del self._conversations[conversation.other]

    def conversation_failed(self, conversation: Conversation, message: Envelope | str | bytes | None, refused: Refusal) -> None:
        """What was asked of it had no effect."""
        ref = message.ref if isinstance(message, Envelope) else None
        cid = getattr(message.data, "cid", None) if isinstance(message, Envelope) else None
        self._say_error(refused, ref, cid=cid, other=conversation.other)

    def _to_conversation(self, request: Request) -> None:
        self._error(refusal("unknown_type"), request)

    def _private(self, request: Request) -> None:
        self._ask(request, "to")

    def _block(self, request: Request) -> None:
        self._ask(request, "user")

    def _ask(self, request: Request, key: str) -> None:
        """Mail the request to the conversation with the user that its field ``key`` names."""
        named = request.data.get(key)
        if not isinstance(named, str):
            self._bad(BadMessage(f"Invalid message format: {key}", request.ref), request)
        elif isinstance(data := fitted(request, PRIVATE_REQUESTS[request.type]), BadMessage):
            self._bad(data, request)
        elif (other := name_of(named)) is None:
            self._say_error(refusal("user_not_found"), request.ref, cid=getattr(data, "cid", None), other=named[:NAME_CHARACTERS_MAX])
        else:
            self._mail_to(other, Envelope(request.type, data, request.ref))

    def _mail_to(self, other: str, envelope: Envelope) -> None:
        conversation = self._conversation(other)
        if conversation.room is None or not conversation.room.post_nowait(envelope):
            self.conversation_failed(conversation, envelope, conversation.refusal or refusal("overloaded"))

    def _conversation(self, other: str) -> Conversation:
        """The one with ``other``; one more is begun if there is none, and the one asked longest ago let go if there are too many."""
        table = self._conversations
        if table is None:
            table = self._conversations = {}
        conversation = table.pop(other, None)
        if conversation is not None:
            table[other] = conversation
            return conversation
        if len(table) >= OPEN_MAX:
            table.pop(next(iter(table))).end(1000, NO_MORE, clean=True)
        return self._begun(table, other)

    def _begun(self, table: dict[str, Conversation], other: str) -> Conversation:
        services, user = self.services, self.identity.user
        conversation = table[other] = Conversation(self, other)
        opening = Open(is_known=services.has_met(other) or bool(services.registry.of_user(other)))
        room = services.hosting.connect_nowait(conversation_of(user, other), conversation, ConnectRequest(self.id, data=opening))
        if conversation.refusal is None:
            conversation.room = room
        return conversation

    # the end

    def _end_memberships(self, code: int, reason: str, clean: bool) -> None:
        super()._end_memberships(code, reason, clean)
        self._end_lines(code, reason, clean)

    def _end_lines(self, code: int, reason: str, clean: bool) -> None:
        line, self._line = self._line, None
        conversations, self._conversations = self._conversations, None
        if line is not None:
            self.services.company.looks_no_more(self, line.user)
            line.end(code, reason, clean)
        for conversation in (conversations or {}).values():
            conversation.end(code, reason, clean)

    # stats

    def _tick(self) -> None:
        if not self._is_greeted:
            return
        if self.stage is not Stage.OVER and self._stats_at <= self.services.now():
            self._stats_at = self.services.now() + self.services.settings.stats_seconds
            self.send(Event("stats", self._stats_data()))
        super()._tick()

    def _next_wait(self) -> float | None:
        stats_seconds = self._stats_at - self.services.now()
        expiry_seconds = super()._next_wait()
        return stats_seconds if expiry_seconds is None else min(stats_seconds, expiry_seconds)


_OWN_REQUESTS: dict[str, Callable[[ManyRoomsSession, Request], None]] = {
    "private": ManyRoomsSession._private,
    "block": ManyRoomsSession._block,
    "conversations": ManyRoomsSession._list_conversations,
    "who": ManyRoomsSession._who,
}
