"""What authors subclass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec

from rooms import effects
from rooms.alarm import Alarm
from rooms.background import start_background
from rooms.caller import RoomCaller
from rooms.connection import Connection
from rooms.errors import BadAutoResponse, NotSendable
from rooms.http import ConnectRequest, Request, Response
from rooms.payload import Message
from rooms.refusal import Refusal
from rooms.stub import Stub
from storage import Migrations, RoomKey, RoomStorage

if TYPE_CHECKING:
    from rooms.actor import Actor

AUTO_RESPONSE_CHARACTERS_MAX = 2_048
_Function = TypeVar("_Function", bound=Callable[..., Any])


def callable_from_rooms(method: _Function) -> _Function:
    """Let other rooms, and the gateway, call this method through a stub. Arguments and results are values that can be stored."""
    method.__callable_from_rooms__ = True  # type: ignore[attr-defined]
    return method


def is_callable_from_rooms(method: object) -> bool:
    """Whether ``method`` was marked so."""
    return getattr(method, "__callable_from_rooms__", False) is True


class Room:
    """A named place that many connect to; everything in it happens one turn at a time.

    Subclass it and override the hooks you need. A hook is one turn: alone to its end, even across ``await``. If it
    returns, what it stored, sent, closed, attached and set happens; if it raises, none of that does, the room object is
    dropped and rebuilt for the next mail, and the connections stay. So keep in ``self`` only what can be read again,
    and read it in ``on_start``.
    """

    envelopes: ClassVar[bool] = False
    """``False``: frames reach ``on_message`` untouched. ``True``: the gateway decodes ``requests``."""

    relays: ClassVar[bool] = False
    """Of an envelope kind: ``True``: every frame reaches ``on_message`` untouched, but for the gateway's own (``auth``, ``ping``).
    Nobody joins: as of a raw kind a connection begins once it is known who comes. Events can be sent, and ``bytes``."""

    requests: ClassVar[Mapping[str, type[msgspec.Struct]]] = {}
    """Of an envelope kind: the shape of ``data`` for each request type."""

    migrations: ClassVar[Migrations] = ()
    """The room's own tables: steps of SQL, numbered from 1, each run once."""

    derived: ClassVar[Sequence[str]] = ()
    """Statements that make tables whose name begins with ``derived_``: what follows from the others, such as an index to search in.
    They are in no journal; when they are lost, or these statements change, they are made anew, empty, and ``on_derive`` fills them."""

    light: ClassVar[bool] = False
    """Whether the object is built anew in no time from what is stored and attached, and keeps nothing else of worth: as long as such a
    room has no file, it hibernates early when many rooms are awake."""

    public_http: ClassVar[bool] = False
    """Whether ``on_request`` answers without the authorisation that the socket needs."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    # hooks

    async def on_start(self) -> None:
        """Before the first mail of this room object: a turn of its own."""

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> Refusal | None:
        """Somebody connects. Return a ``Refusal`` and the connection never was."""

    async def on_message(self, connection: Connection, message: Any) -> Refusal | None:
        """Text is ``str``, binary ``bytes``; of an envelope kind an ``Envelope``. A returned ``Refusal`` goes to the sender."""

    async def on_close(self, connection: Connection, code: int, reason: str, clean: bool) -> None:
        """A connection is over, whoever closed it: once each. It is not in ``connections`` any more."""

    async def on_alarm(self, alarm: Alarm) -> None:
        """The alarm is due. It is cleared when this returns unless it was set anew; when it raises, it comes again."""

    async def on_derive(self) -> bool | None:
        """Turns have written, or the room woke: let the ``derived`` tables follow, some seconds later.

        Find out from these tables themselves how far they have come, do a limited part of what is lacking, and return ``True``
        if there is more to do. Write nothing else.
        """

    async def on_request(self, request: Request) -> Response:
        """Plain HTTP to ``/{kind}/{name}/…``."""
        return Response(404, f"{request.path} is not here")

    # what a room can do

    @property
    def name(self) -> str:
        """The room's name."""
        return self._actor.key.name

    @property
    def kind(self) -> str:
        """The name of the room's kind."""
        return self._actor.key.kind

    @property
    def epoch(self) -> str:
        """Which history this is: it changes when the room was destroyed or restored."""
        return self._actor.file.epoch

    @property
    def storage(self) -> RoomStorage:
        """Keys, tables and the alarm. Reads see the turn's own writes; writes happen when the turn does."""
        return self._actor.file.storage

    @property
    def now_ms(self) -> int:
        """Unix time in milliseconds, the same throughout a turn."""
        turn = self._actor.turn or self._actor.staged("asking for the date")
        return turn.now_ms

    def new_id(self) -> str:
        """A new identifier that sorts by time."""
        return self._actor.env.new_id()

    def connections(self, tag: str | None = None) -> list[Connection]:
        """Those who are connected, or those with a tag; the oldest first."""
        return list(self._actor.members.audience(tag).members)

    def connection(self, id: str) -> Connection | None:
        """The open connection with this id."""
        return self._actor.members.get(id)

    def broadcast(self, message: Message, *, without: Iterable[Connection] = (), tag: str | None = None) -> None:
        """Say something to everybody who is connected now (with ``tag``: to those that have it), but not to ``without``.

        Raises ``NotSendable``; nothing is staged then.
        """
        actor = self._actor
        turn = actor.turn or actor.staged("broadcast")
        if message.__class__ not in actor.kind.sendable:
            raise NotSendable(actor.kind.name, message)
        audience = actor.members.audience(tag)
        if audience.members:
            turn.effects.append(effects.Broadcast(audience, message, tuple(without)))

    def stub(self, kind: str, name: str) -> Stub:
        """A handle to another room; making it wakes nothing. Raises ``UnknownKind``."""
        key = RoomKey(kind, name)
        self._actor.env.check_kind(key)
        return Stub(RoomCaller(self._actor), key)

    def background(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        then: Callable[..., Any] | None = None,
        failed: Callable[..., Any] | None = None,
    ) -> None:
        """Run slow work outside turns, once this turn is released: a coroutine function as a task, any other in a thread.

        It must not touch the room: give it values. Its result comes back as mail to the method ``then`` of the room, its
        exception to ``failed``. It is lost when the process ends. Raises ``TooManyBackgrounds``; nothing is staged then.
        """
        start_background(self._actor, function, arguments, _method_name(self, then), _method_name(self, failed))

    def set_auto_response(self, request: str | None, response: str = "") -> None:
        """Answer the exact text ``request`` with ``response`` from now on, without waking the room; ``None`` ends that.

        One pair a room; it outlives the isolate as long as there are connections. Raises ``BadAutoResponse``; the old one stays.
        """
        pair = None if request is None else _checked_pair(request, response)
        actor = self._actor
        actor.staged("setting an automatic answer").remember(partial(setattr, actor, "auto_response", actor.auto_response))
        actor.auto_response = pair

    def get_auto_response(self) -> tuple[str, str] | None:
        """The pair set last."""
        return self._actor.auto_response

    def destroy(self) -> None:
        """End this room with the turn: everything it stored is deleted, every connection closed with 4404. Its name can be used again."""
        self._actor.staged("destroy").destroys = True


def _method_name(room: Room, method: Callable[..., Any] | None) -> str | None:
    if method is None:
        return None
    name = method.__name__
    if not hasattr(type(room), name):
        raise TypeError(f"{name!r} is no method of {type(room).__name__}: the result could not find it after a rebuild")
    return name


def _checked_pair(request: str, response: str) -> tuple[str, str]:
    for text in (request, response):
        if not isinstance(text, str) or len(text) > AUTO_RESPONSE_CHARACTERS_MAX:
            raise BadAutoResponse(f"an automatic answer and its request are texts of at most {AUTO_RESPONSE_CHARACTERS_MAX} characters")
    return request, response
