"""One chat room, as a client sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import trio
from msgspec.structs import replace

from rooms.client.errors import ClientError, NotJoined, Refused
from rooms.client.events import Destroyed, Event, Kicked, Read, RoomChanged, StateChanged, UserJoined, UserLeft
from rooms.client.host import Host
from rooms.client.messages import Joined, Members, Results, User
from rooms.client.outbox import INTERNAL_TRIES_MAX, PASSING, refusal_in
from rooms.client.talk import Talk
from rooms.client.wire import given

RoomState = Literal["idle", "joining", "joined", "waiting", "left", "ended"]
"""``waiting``: kicked, or refused for now, and coming back by itself; ``ended``: refused for good, ``error`` says why."""


class Room(Talk):
    """Made by ``client.join``; after a lost connection it is joined again by itself, from where it was."""

    def __init__(self, host: Host, name: str) -> None:
        super().__init__(host, "message", {"room": name}, {"room": name})
        self.name = name
        self.state: RoomState = "idle"
        self.error: ClientError | None = None
        self.title = ""
        self.topic = ""
        self.role = "member"
        self.online = 0
        self._users: dict[str, User] = {}
        self._wish: dict[str, Any] | None = None  # what `join` asked for, while in the room or on the way into it
        self._switch = False
        self._is_entering = False
        self._tries = 0
        self._state_changed = trio.Event()

    @property
    def users(self) -> Mapping[str, User]:
        """Who is in the room, as far as the server tells (a hundred at first)."""
        return self._users

    @property
    def is_wanted(self) -> bool:
        """Whether this client is in the room or on its way into it."""
        return self._wish is not None

    async def join(
        self, *, name: str | None = None, meta: dict[str, Any] | None = None, limit: int | None = None, switch: bool = False
    ) -> Room:
        """Enter, or wait until that is possible. ``switch`` then leaves the other rooms. Raises why that is not to be."""
        self._wish = {"name": name, "meta": meta, "limit": limit}
        self._switch = switch
        if self.state != "joined":
            self._become("joining")
            self._enter()
        try:
            while self.state != "joined":
                if self._wish is None:
                    raise self.error or NotJoined(self.name)
                await self._state_changed.wait()
        except trio.Cancelled:
            if self._wish is not None:
                self._forget(NotJoined(self.name), "left")
            raise
        return self

    async def leave(self) -> None:
        """Go out."""
        was_in = self._may_speak()
        self._forget(NotJoined(self.name), "left")
        if was_in:
            await self._ask("leave")

    async def pin(self, id: str, on: bool = True) -> None:
        """Keep a message in sight, or no longer. Moderators only."""
        await self._ask("pin", id=id, on=on)

    async def who(self, *, query: str | None = None, limit: int | None = None) -> Members:
        """Who is in the room; with ``query`` those whose name has it."""
        return msgspec.convert(await self._ask("who", query=query, limit=limit), Members)

    async def search(self, query: str, *, cursor: str | None = None, limit: int | None = None) -> Results:
        """Messages of this room with these words."""
        return msgspec.convert(await self._ask("search", query=query, cursor=cursor, limit=limit), Results)

    async def kick(self, user: str, *, reason: str | None = None, seconds: int | None = None) -> None:
        """Put a user out for a while. Moderators only, as all below."""
        await self._ask("kick", user=user, reason=reason, seconds=seconds)

    async def ban(self, user: str, *, reason: str | None = None, seconds: int | None = None) -> None:
        """Put a user out for long, or for good."""
        await self._ask("ban", user=user, reason=reason, seconds=seconds)

    async def unban(self, user: str) -> None:
        """Let a user in again."""
        await self._ask("unban", user=user)

    async def mute(self, user: str, *, reason: str | None = None, seconds: int | None = None) -> None:
        """Let a user say nothing."""
        await self._ask("mute", user=user, reason=reason, seconds=seconds)

    async def unmute(self, user: str) -> None:
        """Let a user speak again."""
        await self._ask("unmute", user=user)

    async def set_role(self, user: str, role: Literal["moderator", "member"]) -> None:
        """Make a user a moderator, or no longer. Owners only."""
        await self._ask("role", user=user, role=role)

    async def set(self, *, title: str | None = None, topic: str | None = None, history_days: int | None = None) -> None:
        """Change what is given. Owners only."""
        await self._ask("room", title=title, topic=topic, history_days=history_days)

    def signal_nowait(self, name: str, data: Any) -> None:
        """An event of the application to the others: not stored, lost when offline."""
        if self._may_speak():
            self._host.say_nowait("event", {"room": self.name, "name": name, "data": data})

    # the way in and out

    def reconnected(self) -> None:
        """There is a connection again."""
        self._enter()

    def pause(self) -> None:
        """The connection is gone."""
        super().pause()
        self._is_entering = False
        if self._wish is not None and self.state != "joining":
            self._become("joining")

    def resync(self) -> None:
        """Join again: the answer has what was missed."""
        if not self._is_entering:
            self._become("joining")
            self._enter()

    def close(self, error: ClientError) -> None:
        """The client is over, by its own will."""
        if self._wish is not None:
            self._forget(error, "left")

    def _enter(self) -> None:
        if self._wish is None or self._is_entering or not self._host.is_open:
            return
        self._is_entering = True
        wish = self._wish if self.epoch is None else {**self._wish, "limit": None, "since": self.head, "epoch": self.epoch}
        self._host.ask_nowait("join", given({"room": self.name, **wish, "switch": self._switch or None}), _Entering(self))

    def _entered(self, type: str, data: dict[str, Any]) -> None:
        self._is_entering = False
        if self._wish is None:
            return  # left meanwhile
        if type == "error":
            self._not_let_in(refusal_in(data))
            return
        answer = msgspec.convert(data, Joined)
        self._switch = False
        self._tries = 0
        self.title, self.topic, self.role, self.online = answer.title, answer.topic, answer.role, answer.online
        self._users = {user.user: user for user in answer.users}
        for user, seq in answer.reads.items():
            self._reads.heard(Read(user=user, seq=seq))
        if self.epoch is None and self.last_read == 0:
            self._read_from = answer.head
        self._resume(answer.page)
        self._become("joined")

    def _not_let_in(self, error: Refused) -> None:
        if error.code == "banned" and error.retry_after_ms:
            self._come_back(error, error.retry_after_ms / 1000)
            return
        self._tries += 1
        if error.code in PASSING and not (error.code == "internal" and self._tries >= INTERNAL_TRIES_MAX):
            self._come_back(error, self._host.jitter(self._tries) if error.retry_after_ms is None else error.retry_after_ms / 1000)
        else:
            self._forget(error, "ended")

    def _come_back(self, error: ClientError, seconds: float) -> None:
        super().pause()
        self._become("waiting", error, seconds)
        self._host.start_soon(self._enter_later, seconds, self._state_changed)

    async def _enter_later(self, seconds: float, unless: trio.Event) -> None:
        with trio.move_on_after(seconds):
            await unless.wait()
            return
        self._become("joining")
        self._enter()

    def _forget(self, error: ClientError, state: Literal["left", "ended"]) -> None:
        """In the room no more, and not on the way into it."""
        self._wish = None
        super().pause()
        self._outbox.fail_all(error)
        self._become(state, error if state == "ended" else None)

    def _become(self, state: RoomState, error: ClientError | None = None, retry_seconds: float | None = None) -> None:
        if (state, error) == (self.state, self.error):
            return
        self.state, self.error = state, error
        changed, self._state_changed = self._state_changed, trio.Event()
        changed.set()
        self._publish(StateChanged(room=self.name, state=state, error=error, retry_seconds=retry_seconds))
        self._host.changed()

    def _may_speak(self) -> bool:
        return self.state == "joined" and self._host.is_open

    def _check_may_queue(self) -> None:
        if self._wish is None:
            raise self.error or NotJoined(self.name)

    def _is_out_after_all(self) -> bool:
        if self._wish is not None:
            self.resync()
        return self._wish is not None

    # what comes

    def take(self, event: Event) -> None:
        """Something happened in the room."""
        if self._wish is None:
            return
        match event:
            case RoomChanged():
                self.title, self.topic = event.title, event.topic
                self.role = event.role if event.role is not None and event.user == self._me else self.role
            case UserJoined():
                self._came(event)
            case UserLeft() if event.session == self._host.session and event.user == self._me:
                self._put_out(event.reason)
            case UserLeft():
                event = self._went(event)
            case Kicked():
                self._kicked(event)
            case Destroyed():
                self._gone()
        super().take(event)

    def _came(self, event: UserJoined) -> None:
        if event.user not in self._users:
            self.online += 1
        self._users[event.user] = User(user=event.user, name=event.name, meta=event.meta)

    def _went(self, event: UserLeft) -> UserLeft:
        self._typists.ceased(event.user)
        known = self._users.pop(event.user, None)
        if known is None:
            return event
        self.online = max(0, self.online - 1)
        return replace(event, name=known.name)

    def _put_out(self, reason: str) -> None:
        if reason == "left":
            self._forget(NotJoined(self.name), "left")
        else:
            self._forget(Refused(reason, "no longer in the room", room=self.name), "ended")

    def _kicked(self, event: Kicked) -> None:
        if event.seconds is None:
            self._forget(Refused("banned", event.reason or "banned", room=self.name), "ended")
        else:
            self._come_back(Refused("kicked", event.reason or "kicked", room=self.name), float(event.seconds))

    def _gone(self) -> None:
        self._forget(Refused("destroyed", "the room was destroyed", room=self.name), "ended")
        self._timeline.clear()
        self.head, self.epoch = 0, None


class _Entering:
    """One try to join."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def answered(self, type: str, data: dict[str, Any]) -> None:
        self._room._entered(type, data)

    def lost(self) -> None:
        self._room._is_entering = False

    def late(self) -> None:
        self._room._is_entering = False
        self._room._enter()
