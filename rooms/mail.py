"""What can happen to a room: each kind of mail, how it starts a turn, and who is told when the turn had no effect."""

from __future__ import annotations

from traceback import TracebackException
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from rooms.answer import Answer
from rooms.connection import Connection, Phase
from rooms.effects import Act, Notice
from rooms.envelope import Envelope
from rooms.errors import CallFailed, CallUndone, NotCallable, RoomError, RoomOverloaded, RoomUnavailable
from rooms.http import ConnectRequest, Request, Response
from rooms.refusal import Refusal
from rooms.refusals import NOT_IN_ROOM, OVERLOADED
from rooms.values import pack, unpack

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.turn import Turn


class Mail(msgspec.Struct, eq=False):
    """One event. The actor calls ``start``, waits for what it returns, then ``returned``; or one of the three others."""

    hook: ClassVar[str] = ""
    always_fits: ClassVar[bool] = False
    needs_room: ClassVar[bool] = True
    retries_itself: ClassVar[bool] = False
    """It comes again ever later when its turn raised: no ground for quarantine."""

    @property
    def caused_by(self) -> Mail:
        """The mail that is answered when this one fails."""
        return self

    def start(self, actor: Actor, turn: Turn) -> Any:
        """Begin the turn: call the hook. Returns what it returns, a coroutine as a rule."""
        raise NotImplementedError

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        """The hook returned ``value``: stage what follows from it."""

    def refused(self, refusal: Refusal) -> None:
        """No turn ran for it, or its turn had no effect: say so to whoever waits."""

    def raised(self, actor: Actor, error: BaseException, refusal: Refusal) -> None:
        """Its turn raised ``error`` and had no effect."""
        self.refused(refusal)

    def undone(self, actor: Actor, refusal: Refusal) -> None:
        """Its turn returned but could not be stored: it had no effect, and nobody heard of it."""
        self.refused(refusal)


class Start(Mail):
    """A room object is needed for ``first``."""

    hook: ClassVar[str] = "on_start"
    first: Mail

    @property
    def caused_by(self) -> Mail:
        return self.first

    def start(self, actor: Actor, turn: Turn) -> Any:
        room = actor.isolate.room = actor.kind.room_class(actor)
        return room.on_start()

    def undone(self, actor: Actor, refusal: Refusal) -> None:
        """``first`` had a turn of its own, and is told for itself."""


class Connect(Mail):
    """Somebody connects."""

    hook: ClassVar[str] = "on_connect"
    connection: Connection
    request: ConnectRequest

    def start(self, actor: Actor, turn: Turn) -> Any:
        if self.connection.phase is not Phase.CONNECTING:
            return None
        if len(actor.members) >= actor.env.settings.connections_per_room_max:
            return OVERLOADED
        actor.members.admit(self.connection, turn)
        return actor.room.on_connect(self.connection, self.request)

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        if isinstance(value, Refusal):
            actor.members.expel(self.connection)
            turn.effects.append(Notice(self.connection.peer.refused, (value,)))

    def refused(self, refusal: Refusal) -> None:
        self.connection.never_was()
        self.connection.peer.refused(refusal)


class Message(Mail):
    """A frame, or a decoded request."""

    hook: ClassVar[str] = "on_message"
    connection: Connection
    message: Envelope | str | bytes

    def start(self, actor: Actor, turn: Turn) -> Any:
        connection = self.connection
        if connection.phase is not Phase.OPEN:
            return NOT_IN_ROOM
        return actor.room.on_message(connection, self.message)

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        if value is not None and isinstance(value, Refusal):
            turn.effects.append(Notice(self.refused, (value,)))

    def refused(self, refusal: Refusal) -> None:
        self.connection.peer.failed(self.message, refusal)


class Gone(Mail):
    """A connection is over."""

    hook: ClassVar[str] = "on_close"
    always_fits: ClassVar[bool] = True
    connection: Connection
    code: int
    reason: str
    clean: bool

    def start(self, actor: Actor, turn: Turn) -> Any:
        if not actor.members.dismiss(self.connection):
            return None
        return actor.room.on_close(self.connection, self.code, self.reason, self.clean)

    def refused(self, refusal: Refusal) -> None:
        self.connection.dismissed()

    def undone(self, actor: Actor, refusal: Refusal) -> None:
        if self.connection.phase is not Phase.REFUSED:
            actor.members.take_back(self.connection)
            actor.again(self)


class HttpRequest(Mail):
    """Plain HTTP to the room."""

    hook: ClassVar[str] = "on_request"
    room: str
    request: Request
    answer: Answer

    def start(self, actor: Actor, turn: Turn) -> Any:
        return actor.room.on_request(self.request)

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        if not isinstance(value, Response):
            raise TypeError(f"on_request returned a {type(value).__name__}, not a Response")
        turn.effects.append(Act(self.answer.give, (value,)))

    def refused(self, refusal: Refusal) -> None:
        self.answer.fail(_call_error(self.room, self.hook, refusal))

    def raised(self, actor: Actor, error: BaseException, refusal: Refusal) -> None:
        self.answer.fail(_call_failed(self.room, self.hook, error, refusal))


class Ask(Mail):
    """Another room, or the gateway, calls a method and waits for the answer."""

    hook: ClassVar[str] = "ask"
    room: str
    method: str
    arguments: bytes
    answer: Answer

    def start(self, actor: Actor, turn: Turn) -> Any:
        if not actor.kind.may_call(self.method):
            turn.effects.append(Act(self.answer.fail, (NotCallable(self.room, self.method),)))
            return None
        return getattr(actor.room, self.method)(*unpack(self.arguments))

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        turn.effects.append(Act(self.answer.give, (pack(value),)))

    def refused(self, refusal: Refusal) -> None:
        self.answer.fail(_call_error(self.room, self.method, refusal))

    def raised(self, actor: Actor, error: BaseException, refusal: Refusal) -> None:
        self.answer.fail(_call_failed(self.room, self.method, error, refusal))


class Destroy(Mail):
    """An operator ends the room."""

    hook: ClassVar[str] = "destroy"
    room: str
    answer: Answer

    def start(self, actor: Actor, turn: Turn) -> Any:
        actor.room.destroy()
        return None

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        turn.effects.append(Act(self.answer.give, (None,)))

    def refused(self, refusal: Refusal) -> None:
        self.answer.fail(_call_error(self.room, self.hook, refusal))

    def raised(self, actor: Actor, error: BaseException, refusal: Refusal) -> None:
        self.answer.fail(_call_failed(self.room, self.hook, error, refusal))


class Cast(Mail):
    """Another room calls a method and does not look back."""

    hook: ClassVar[str] = "cast"
    method: str
    arguments: bytes

    def start(self, actor: Actor, turn: Turn) -> Any:
        if not actor.kind.may_call(self.method):
            actor.env.log.warning("cast_not_callable", room=str(actor.key), method=self.method)
            return None
        return getattr(actor.room, self.method)(*unpack(self.arguments))


class BackgroundDone(Mail):
    """Background work ended: ``method`` hears its result or its exception; ``None``: nobody wants to."""

    hook: ClassVar[str] = "background"
    always_fits: ClassVar[bool] = True
    method: str | None
    result: Any

    def start(self, actor: Actor, turn: Turn) -> Any:
        if self.method is None:
            return None
        return getattr(actor.room, self.method)(self.result)

    def undone(self, actor: Actor, refusal: Refusal) -> None:
        actor.again(self)


def _call_error(room: str, method: str, refusal: Refusal) -> RoomError:
    if refusal.code == OVERLOADED.code:
        return RoomOverloaded(room, 0)
    if refusal.code == "unavailable":
        return RoomUnavailable(room, refusal.message)
    return CallUndone(room, method, refusal.code)


def _call_failed(room: str, method: str, error: BaseException, refusal: Refusal) -> RoomError:
    if refusal.code == "timeout":
        return CallFailed(room, method, "Timeout", refusal.message)
    words = str(TracebackException(type(error), error, None))  # an author's exception may raise when it is asked for its text
    return CallFailed(room, method, type(error).__name__, words)
