"""The rooms of a process: finds or wakes the actor of a room, and owns every task."""

from __future__ import annotations

import random as random_module
import uuid
from collections.abc import Callable, Iterable

import trio

from rooms.actor import Actor
from rooms.alarms import Alarms
from rooms.answer import Answer
from rooms.caller import GatewayCaller
from rooms.clock import SystemClock, WallClock
from rooms.committer import Committer
from rooms.connection import Connection
from rooms.deriving import Deriving
from rooms.environment import Environment, RunBlocking
from rooms.hibernation import Hibernation
from rooms.http import ConnectRequest, Request, Response
from rooms.kind import Kind
from rooms.lazy_commits import LazyCommits
from rooms.lifecycle import State
from rooms.log import Log, SilentLog
from rooms.mail import Connect, HttpRequest, Mail
from rooms.overview import Overview
from rooms.peer import Peer
from rooms.refusal import Refusal
from rooms.refusals import unavailable
from rooms.settings import RuntimeSettings
from rooms.stats import Stats
from rooms.stepping import Stepping
from rooms.store import Folder
from rooms.storing import run_storing
from rooms.stub import Stub
from rooms.tells import TellDelivery
from rooms.waking import Waking
from storage import RoomKey, SyncFailed


class Runtime:
    """Everything that rooms need to live. ``run`` owns its tasks; the other calls are possible while it runs.

    The folder stays its opener's: close it after ``run`` has returned.
    """

    def __init__(
        self,
        kinds: Iterable[Kind],
        folder: Folder,
        *,
        clock: WallClock | None = None,
        run_blocking: RunBlocking | None = None,
        settings: RuntimeSettings | None = None,
        new_id: Callable[[], str] | None = None,
        log: Log | None = None,
        random: random_module.Random | None = None,
    ) -> None:
        self._env = env = Environment(
            kinds={kind.name: kind for kind in kinds},
            folder=folder,
            clock=clock or SystemClock(),
            run_blocking=run_blocking or trio.to_thread.run_sync,
            run_storing=run_blocking or run_storing,
            settings=settings or RuntimeSettings(),
            new_id=new_id or _random_id,
            log=log or SilentLog(),
            random=random or random_module.Random(),
        )
        env.alarms = Alarms(env)
        env.committer = Committer(env)
        env.deriving = Deriving(env)
        env.hibernation = Hibernation(env)
        env.lazy_commits = LazyCommits(env)
        env.stepping = Stepping()
        env.tells = TellDelivery(env)
        env.waking = Waking(env)
        env.post = self.post
        env.evict = self._evict
        self._actors: dict[RoomKey, Actor] = {}
        self.overview = Overview(env, self._actors)
        self._stopped = trio.Event()
        self._ended = trio.Event()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve rooms until ``stop`` is done. Raises ``SyncFailed`` (in a group) when nothing more may be promised: exit non-zero."""
        env = self._env
        env.now = trio.lowlevel.current_clock().current_time
        try:
            async with trio.open_nursery() as nursery:
                env.nursery = nursery
                parts = (env.waking, env.stepping, env.committer, env.lazy_commits, env.deriving, env.hibernation, env.alarms)
                for task in (*(part.run for part in parts), self._retire):
                    nursery.start_soon(task)
                env.tells.resume()
                task_status.started()
                await self._stopped.wait()
                nursery.cancel_scope.cancel()
        except* SyncFailed as group:
            env.log.critical("sync_failed", error=str(group.exceptions[0]))
            raise
        finally:
            env.is_over = True
            self._ended.set()

    async def stop(self) -> None:
        """Refuse new mail, finish every turn, let everything said be heard, and hibernate every room.

        Closes are still taken; background work is not waited for, and lost.
        """
        self._env.is_stopping = True
        for actor in list(self._actors.values()):
            actor.rest()
        await self._env.hibernation.hibernate_all()
        self._env.folder.host.commit()
        self._stopped.set()
        await self._ended.wait()

    def refusal(self, key: RoomKey) -> Refusal | None:
        """Why the room could not take a connection now, if that is known without waking it."""
        if self._env.is_stopping:
            return unavailable()
        until = self._env.quarantine.until(key, trio.current_time())
        if until is not None:
            return unavailable(retry_after_ms=round((until - trio.current_time()) * 1_000))
        return unavailable() if self._env.folder.host.is_set_aside(key) else None

    def connect_nowait(self, key: RoomKey, peer: Peer, request: ConnectRequest) -> Connection:
        """Mail a connect to the room, waking it; the returned connection may be used at once. ``peer.refused`` may follow."""
        actor = self._actor(key)
        connection = Connection(actor, request.session, peer)
        mail = Connect(connection, request)
        refusal = self.refusal(key)
        if refusal is not None:
            mail.refused(refusal)
        else:
            actor.post(mail)
        if actor.state is State.EVICTED:
            self._evict(actor)
        return connection

    async def request(self, key: RoomKey, request: Request) -> Response:
        """Plain HTTP to the room. Raises ``CallFailed``, ``CallUndone``, ``RoomOverloaded``, ``RoomUnavailable``."""
        answer = Answer()
        self.post(key, HttpRequest(str(key), request, answer))
        response: Response = await answer.wait()
        return response

    def stub(self, key: RoomKey) -> Stub:
        """A handle for the gateway's own calls: it can ask and cast. Raises ``UnknownKind``."""
        self._env.check_kind(key)
        return Stub(GatewayCaller(self._env), key)

    def online(self, key: RoomKey) -> int:
        """How many different users are connected to the room; wakes nothing."""
        actor = self._actors.get(key)
        return 0 if actor is None else actor.members.online

    def state(self, key: RoomKey) -> State:
        """Where the room is."""
        actor = self._actors.get(key)
        return State.EVICTED if actor is None else actor.state

    def hibernate(self, key: RoomKey) -> bool:
        """Put a room to sleep before its time. ``False``: it is not awake, or not quiet."""
        actor = self._actors.get(key)
        return actor is not None and actor.hibernate()

    @property
    def stats(self) -> Stats:
        """What happened, and how things stand."""
        stats = self._env.stats
        stats.mailbox_messages = sum(actor.mails_waiting for actor in self._actors.values())
        return stats

    def post(self, key: RoomKey, mail: Mail) -> None:
        """Mail to a room, waking it; refused when it cannot be taken."""
        if self._env.is_stopping and not mail.always_fits:
            mail.refused(unavailable())
        else:
            self._actor(key).post(mail)

    def _actor(self, key: RoomKey) -> Actor:
        actor = self._actors.get(key)
        if actor is None:
            self._env.check_kind(key)
            actor = self._actors[key] = Actor(key, self._env.kinds[key.kind], self._env)
        return actor

    def _evict(self, actor: Actor) -> None:
        if self._actors.get(actor.key) is actor:
            del self._actors[actor.key]

    async def _retire(self) -> None:
        while True:
            await trio.sleep(self._env.settings.retire_seconds)
            await self._env.run_storing(self._env.folder.retire)


def _random_id() -> str:
    return uuid.uuid4().hex
