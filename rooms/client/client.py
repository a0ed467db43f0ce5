"""A client: the connection that comes back by itself, and all that goes over it."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any, Literal

import msgspec
import trio

from rooms.client.conversation import Conversation
from rooms.client.credentials import Credentials, Reason
from rooms.client.dialling import Dial
from rooms.client.errors import ClientClosed, ClientError, QueueFull
from rooms.client.events import Closing, Event, Expiring, Hello, MessageEvent, Offline, Online, StateChanged, Stats, event_of
from rooms.client.host import Asked
from rooms.client.line import BYTES_MAX, Line, Random
from rooms.client.messages import Members, User
from rooms.client.requests import Requests
from rooms.client.returning import jitter
from rooms.client.room import Room
from rooms.client.settings import ClientSettings
from rooms.client.subscription import Subscription, Subscriptions
from rooms.client.wire import Envelope, Format, given

CONVERSATIONS_MAX = 1_000
"""Conversations that are remembered; of more those never opened are forgotten."""

ClientState = Literal["idle", "connecting", "open", "waiting", "closed"]


class Client:
    """Made by ``open_client``, whose block it lives in. ``state`` is ``waiting`` while it will come back by itself."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        format: Format,
        settings: ClientSettings,
        dial: Dial,
        random: Random,
        nursery: trio.Nursery,
    ) -> None:
        self.settings = settings
        self.waiting_messages = 0
        self.state: ClientState = "idle"
        self.error: ClientError | None = None
        self.user: User | None = None
        self.session: str | None = None
        self.hello: Hello | None = None
        self.stats: dict[str, int] = {}
        self.online: dict[str, User] = {}
        self.rooms: dict[str, Room] = {}
        self.conversations: dict[str, Conversation] = {}
        self._credentials = credentials
        self._random = random
        self._nursery = nursery
        self._line = Line(url, credentials, format, settings, dial, random, self)
        self._requests = Requests(self)
        self._subscriptions = Subscriptions(settings.events_max)
        self._changed = trio.Event()
        self._is_saying_goodbye = False

    # what one may do

    async def connected(self) -> Hello:
        """Wait until there is a connection; its ``hello``. Raises ``ClientClosed`` if there will be none."""
        while not self.is_open or self.hello is None:
            self._check_not_closed()
            await self.wait_changed()
        return self.hello

    async def join(
        self,
        name: str,
        *,
        display_name: str | None = None,
        meta: dict[str, Any] | None = None,
        limit: int | None = None,
        switch: bool = False,
    ) -> Room:
        """Enter a room and stay in it, over lost connections too. See ``Room.join``."""
        return await self.room(name).join(name=display_name, meta=meta, limit=limit, switch=switch)

    def room(self, name: str) -> Room:
        """The room of that name, always the same object. It need not be joined."""
        normal = unicodedata.normalize("NFC", name)
        if normal not in self.rooms:
            self.rooms[normal] = room = Room(self, normal)
            self._end_if_over(room)
        return self.rooms[normal]

    def private(self, user: str) -> Conversation:
        """The private conversation with a user, always the same object."""
        normal = unicodedata.normalize("NFC", user)
        if normal not in self.conversations:
            self._forget_conversations()
            self.conversations[normal] = conversation = Conversation(self, normal)
            self._end_if_over(conversation)
        return self.conversations[normal]

    async def who(self, *, query: str | None = None, limit: int | None = None) -> Members:
        """Users who share a room with this one."""
        return msgspec.convert(await self.request("who", given({"query": query, "limit": limit})), Members)

    async def block(self, user: str, on: bool = True) -> None:
        """Take no private messages from a user, or take them again."""
        await self.request("block", {"user": user, "on": on})

    async def request(
        self, type: str, data: dict[str, Any] | None = None, *, retry: bool | None = None, timeout_seconds: float | None = None
    ) -> dict[str, Any]:
        """The data of the answer to a request. Waits for the connection; ``retry`` says whether a lost connection makes it ask again.

        Raises ``Refused``, ``RequestTimeout``, ``OutcomeUnknown``, ``QueueFull`` or ``ClientClosed``.
        """
        return await self._requests.ask(type, data or {}, retry, timeout_seconds)

    def events(self) -> Subscription:
        """What happens from now on, in all rooms and conversations, and to the connection."""
        return self._subscriptions.open()

    def retry_now(self) -> None:
        """While waiting: try at once."""
        self._line.retry_now()

    async def refresh(self, reason: Reason = "expiring") -> None:
        """Show the server another token now, if there is one. Raises ``Refused`` if it was not taken: the old one stands."""
        shown = await self._credentials.renewed(reason)
        if shown is not None:
            await self.request("auth", shown, retry=False)

    # what rooms need of it (Host)

    @property
    def is_open(self) -> bool:
        """Whether the server knows who this is, so that requests go out."""
        return self._line.is_admitted

    def ask_nowait(self, type: str, data: dict[str, Any], asked: Asked) -> bool:
        """Put a request on the wire. ``False`` if it is larger than the server takes."""
        return self._requests.put(type, data, asked)

    def say_nowait(self, type: str, data: dict[str, Any]) -> None:
        """One envelope without an answer."""
        self.send(type, data, None)

    def send(self, type: str, data: dict[str, Any], ref: int | None) -> bool:
        """Write one envelope; what has no connection is lost. ``False`` if it is larger than the server takes."""
        return self._line.send(type, data, ref)

    def start_soon(self, function: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        """Run it as long as the client lives."""
        self._nursery.start_soon(function, *arguments)

    def publish(self, event: Event) -> None:
        """Tell those who hear all events."""
        self._subscriptions.put(event)

    def changed(self) -> None:
        """Some state is another: look again."""
        changed, self._changed = self._changed, trio.Event()
        changed.set()
        self._pump()

    async def wait_changed(self) -> None:
        """Wait until some state is another."""
        await self._changed.wait()

    def may_queue(self) -> None:
        """Raises ``QueueFull`` or ``ClientClosed``."""
        self._check_not_closed()
        if self.waiting_messages >= self.settings.queue_max:
            raise QueueFull(self.waiting_messages)

    def may_go(self, data: dict[str, Any]) -> bool:
        """Whether a request can be answered now: in a room one is on the way into it waits. Raises ``ClientClosed``."""
        self._check_not_closed()
        room = self.rooms.get(data.get("room", ""))
        return self.is_open and not (room is not None and room.is_wanted and room.state != "joined")

    def jitter(self, tries: int) -> float:
        """Seconds to wait before trying something again."""
        return jitter(tries, self.settings, self._random)

    def lose(self, reason: str) -> None:
        """Give the connection up and make another."""
        self._line.lose(reason)

    # what becomes of its line

    async def keep_connected(self) -> None:
        """Be connected until it is over for good."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._requests.watch)
            verdict = await self._line.keep()
            nursery.cancel_scope.cancel()
        self._finish(verdict)

    async def say_goodbye(self) -> None:
        """End it: what is pending fails with ``ClientClosed``."""
        self._is_saying_goodbye = True
        closed = ClientClosed()
        for room in self.rooms.values():
            room.close(closed)
        await self._line.say_goodbye()
        self._finish(closed)

    def became(self, state: ClientState, error: ClientError | None = None, retry_seconds: float | None = None) -> None:
        """The line is in another state."""
        self.state, self.error = state, error
        self.publish(StateChanged(state=state, error=error, retry_seconds=retry_seconds))
        self.changed()

    def introduce_guest(self) -> bool:
        """Say which guest this is. ``False`` if it is none."""
        guest = self._credentials.guest
        if guest is None:
            return False
        self._requests.put("auth", given({"name": guest.name, "key": guest.key}), _Introduction())
        return True

    def disconnected(self) -> None:
        """The connection is gone; what is on its way waits for the next."""
        self.online.clear()
        for talk in self._talks():
            talk.pause()
        self._requests.lost()
        self.changed()

    def _finish(self, error: ClientClosed) -> None:
        if self.state == "closed":
            return
        shown = None if self._is_saying_goodbye else error
        self.became("closed", shown)
        for talk in self._talks():
            talk.fail_all(error)
            talk.end(shown)
        self._subscriptions.end(shown)

    def _end_if_over(self, talk: Room | Conversation) -> None:
        if self.state == "closed":
            talk.end(self.error)

    def _check_not_closed(self) -> None:
        if self._is_saying_goodbye or self.state == "closed":
            raise self.error if isinstance(self.error, ClientClosed) else ClientClosed()

    # what comes

    def heard(self, envelope: Envelope) -> None:
        """The server said something."""
        asked = self._requests.answered(envelope)
        if envelope.type == "hello":
            self._greeted(event_of("hello", envelope.data), was_asked=asked)
        elif not asked:
            self._happened(envelope.type, envelope.data)

    def _greeted(self, hello: Event, *, was_asked: bool) -> None:
        if not isinstance(hello, Hello):
            self.lose("a hello that this client does not understand")
            return
        self.hello, self.user, self.session = hello, hello.user, hello.session
        self.stats = {room: facts.get("online", 0) for room, facts in hello.stats.items()}
        waits_for_auth = self._credentials.guest is not None and hello.user.user.startswith("guest-") and not was_asked
        if not self.is_open and not waits_for_auth:
            self._admit(hello)

    def _admit(self, hello: Hello) -> None:
        """It is known who this is: everything may go on."""
        self._line.admitted(int(hello.limits.get("message_bytes", BYTES_MAX)))
        self.online = {user.user: user for user in map(_user, hello.online)}
        for known in hello.conversations:
            self.private(known.with_).told(known)
        self.publish(hello)
        self.became("open")
        for room in self.rooms.values():
            room.reconnected()
        for conversation in list(self.conversations.values()):
            conversation.reconnected()
        self._pump()

    def _happened(self, type: str, data: dict[str, Any]) -> None:
        other = self._other_side(type, data)
        if other is not None:
            self._in_conversation(other, type, data)
        elif (room := self.rooms.get(data.get("room", ""))) is not None:
            room.take(event_of(type, data))
        else:
            self._to_client(event_of(type, data))

    def _other_side(self, type: str, data: dict[str, Any]) -> str | None:
        """The user at the other end of the conversation that this belongs to."""
        if isinstance(data.get("with"), str):
            return str(data["with"])
        if isinstance(data.get("to"), str) and data.get("room") is None:
            speaker = data.get("from", data.get("user"))
            return str(data["to"] if self.user is not None and speaker == self.user.user else speaker)
        return None

    def _in_conversation(self, user: str, type: str, data: dict[str, Any]) -> None:
        event = msgspec.structs.replace(event_of(type, data), with_=user)
        if isinstance(event, MessageEvent) or user in self.conversations:
            self.private(user).take(event)

    def _to_client(self, event: Event) -> None:
        match event:
            case Stats():
                self.stats = event.online
                for name, count in event.online.items():
                    if name in self.rooms:
                        self.rooms[name].online = count
            case Online():
                self.online[event.user] = User(user=event.user, name=event.name)
            case Offline():
                self.online.pop(event.user, None)
            case Closing():
                self._line.closing_ms = event.reconnect_ms
            case Expiring() if self._credentials.can_be_renewed:
                self.start_soon(self._renew)
        self.publish(event)

    async def _renew(self) -> None:
        with suppress(ClientError):  # then 4401 comes, and another is asked for
            await self.refresh()

    def _pump(self) -> None:
        if self.is_open:
            for talk in list(self._talks()):
                talk.pump()

    def _talks(self) -> Iterator[Room | Conversation]:
        yield from self.rooms.values()
        yield from self.conversations.values()

    def _forget_conversations(self) -> None:
        if len(self.conversations) >= CONVERSATIONS_MAX:
            for user in [user for user, each in self.conversations.items() if each.epoch is None and not each.pending][:100]:
                del self.conversations[user]


class _Introduction:
    """A guest said who it is; the ``hello`` that answers admits it."""

    def answered(self, type: str, data: dict[str, Any]) -> None:
        """A refusal is followed by the end of the connection."""

    def lost(self) -> None:
        """The next connection says it again."""

    def late(self) -> None:
        """Without a ``hello`` the connection is given up."""


def _user(told: Any) -> User:
    return User(user=told, name=told) if isinstance(told, str) else msgspec.convert(told, User)
