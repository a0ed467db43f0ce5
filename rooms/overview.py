"""What an operator sees of the rooms, and may do to one. Looking wakes no room and is no turn of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
import trio

from rooms.answer import Answer
from rooms.connection import Connection
from rooms.lifecycle import State
from rooms.mail import Destroy
from rooms.stats import Histogram
from storage import RegistryRow, RoomKey

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.environment import Environment


class RoomFacts(msgspec.Struct, frozen=True):
    """How a room stands in this process.

    ``online`` are distinct users; ``mailbox_messages`` is mail that waits; ``quarantined_seconds`` is how long it is left alone
    yet; ``set_aside`` says why it is not served until somebody has looked at its file.
    """

    key: RoomKey
    state: State
    connections: int
    online: int
    mailbox_messages: int
    quarantined_seconds: float | None
    set_aside: str | None


class Overview:
    """Made by the runtime, which knows the actors."""

    def __init__(self, environment: Environment, actors: dict[RoomKey, Actor]) -> None:
        self._env = environment
        self._actors = actors

    def in_memory(self) -> list[RoomKey]:
        """The rooms that are awake, hibernating or quarantined now, in no order."""
        return list(dict.fromkeys([*self._actors, *self.quarantined()]))

    def quarantined(self) -> list[RoomKey]:
        """The rooms that are left alone now because they failed too often; nothing else of them need be in memory."""
        return self._env.quarantine.keys(trio.current_time())

    def set_aside(self) -> list[RoomKey]:
        """The rooms that are damaged, and not served until somebody has looked at them."""
        return list(self._env.folder.host.set_aside_reasons)

    def registered(self, after: RoomKey, kind: str | None = None) -> Iterator[RegistryRow]:
        """Every room with something on disk that follows ``after``, by kind and name, read a page at a time; also those destroyed."""
        return self._env.folder.host.rooms(kind, after)

    def row(self, key: RoomKey) -> RegistryRow | None:
        """What is registered of one room; ``None`` if it never wrote."""
        return self._env.folder.host.row(key)

    def facts(self, key: RoomKey) -> RoomFacts:
        """How the room stands."""
        env, actor = self._env, self._actors.get(key)
        now = trio.current_time()
        until = env.quarantine.until(key, now)
        return RoomFacts(
            key=key,
            state=State.EVICTED if actor is None else actor.state,
            connections=0 if actor is None else len(actor.members),
            online=0 if actor is None else actor.members.online,
            mailbox_messages=0 if actor is None else actor.mails_waiting,
            quarantined_seconds=None if until is None else until - now,
            set_aside=env.folder.host.is_set_aside(key),
        )

    def connections(self, key: RoomKey) -> list[Connection]:
        """Everybody the room knows, the oldest first: to be looked at, not to be changed."""
        actor = self._actors.get(key)
        return [] if actor is None else actor.members.all()

    def watch(self, key: RoomKey) -> list[tuple[float, Histogram]]:
        """Turns by second, over the last minute: how many seconds ago it began, and how long its turns took. Measuring begins with the
        first look and goes on for half a minute after the last."""
        now = trio.current_time()
        return [(now - second, turns) for second, turns in self._env.meters.look(key, now).recent(now)]

    async def destroy(self, key: RoomKey) -> None:
        """End the room as ``Room.destroy`` does, in a turn of its own; wakes it.

        Raises ``CallFailed``, ``CallUndone``, ``RoomOverloaded``, ``RoomUnavailable``.
        """
        answer = Answer()
        self._env.post(key, Destroy(str(key), answer))
        await answer.wait()
