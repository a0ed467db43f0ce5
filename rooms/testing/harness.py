"""Runs rooms for a test."""

from __future__ import annotations

import random
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import trio
import trio.testing

from rooms.answer import Answer
from rooms.effects import Act
from rooms.http import ConnectRequest, Request, Response
from rooms.identity import Identity
from rooms.kind import Kind
from rooms.lifecycle import State
from rooms.mail import Mail
from rooms.refusal import Refusal
from rooms.room import Room
from rooms.runtime import Runtime
from rooms.settings import RuntimeSettings
from rooms.stub import Stub
from rooms.testing.client import Client
from rooms.testing.clock import VirtualDate
from rooms.testing.disk import Disk
from rooms.testing.log import RecordingLog
from storage import DataFolder, RoomKey, StorageSettings

SEGMENT_BYTES = 256 * 1_024
"""Small, since every run allocates two and every crash copies them."""


@asynccontextmanager
async def open_harness(
    kinds: Mapping[str, type[Room]], *, data: Path, settings: RuntimeSettings | None = None, seed: int = 0
) -> AsyncIterator[Harness]:
    """Serve ``kinds`` from files under ``data`` while the block runs. Use it with trio's autojump clock."""
    async with trio.open_nursery() as nursery:
        harness = Harness(nursery, kinds, data, settings or RuntimeSettings(retire_seconds=30), seed)
        await harness.start()
        yield harness
        await harness.stop()
        nursery.cancel_scope.cancel()


class Harness:
    """A runtime without sockets. Names are of the only kind, unless ``kind`` says which."""

    def __init__(self, nursery: trio.Nursery, kinds: Mapping[str, type[Room]], data: Path, settings: RuntimeSettings, seed: int) -> None:
        self._nursery = nursery
        self._kinds = [Kind(name, room_class) for name, room_class in kinds.items()]
        self._data = data
        self._settings = settings
        self._runs = count()
        self._ids = count(1)
        self._random = random.Random(seed)
        self._clients: list[Client] = []
        self._scope = trio.CancelScope()
        self.date = VirtualDate()
        self.disk = Disk()
        self.log = RecordingLog()
        self.folder: DataFolder
        self.runtime: Runtime

    async def start(self) -> None:
        """Open the data folder and serve."""
        migrations = {kind.name: kind.room_class.migrations for kind in self._kinds}
        self.path = self._data / f"run-{next(self._runs)}"
        derived = {kind.name: kind.room_class.derived for kind in self._kinds}
        self.folder = DataFolder.open(self.path, StorageSettings(segment_bytes=SEGMENT_BYTES), migrations=migrations, derived=derived)
        self.runtime = Runtime(
            self._kinds,
            self.folder,
            clock=self.date,
            run_blocking=self.disk.run_blocking,
            settings=self._settings,
            new_id=lambda: f"id-{next(self._ids)}",
            log=self.log,
            random=self._random,
        )
        await self._nursery.start(self._serve, self.runtime)

    async def stop(self) -> None:
        """End as a server does on SIGTERM."""
        await self.runtime.stop()
        self.folder.close()

    async def restart(self) -> None:
        """Stop, and start again on the same files. Every client is disconnected."""
        await self.stop()
        await self._start_from_copy()

    async def crash(self) -> None:
        """End as by ``kill -9``, and start again on the files as they lie. Every client is disconnected."""
        self._scope.cancel()
        await self._start_from_copy()

    async def settle(self) -> None:
        """Wait until nothing happens without time passing."""
        await trio.testing.wait_all_tasks_blocked()

    async def connect(
        self,
        name: str,
        /,
        *,
        user: str = "somebody",
        kind: str | None = None,
        identity: Identity | None = None,
        request: ConnectRequest | None = None,
        **join: Any,
    ) -> Client:
        """Connect a client. Of an envelope kind ``join`` are the fields of its ``join`` request."""
        client = self.connect_nowait(name, user=user, kind=kind, identity=identity, request=request, **join)
        await self.settle()
        return client

    def connect_nowait(
        self,
        name: str,
        /,
        *,
        user: str = "somebody",
        kind: str | None = None,
        identity: Identity | None = None,
        request: ConnectRequest | None = None,
        **join: Any,
    ) -> Client:
        """``connect``, without waiting for the room."""
        key = self.key(name, kind)
        requests = self._kind(key.kind).room_class.requests
        client = Client(identity or Identity(user, user), requests, self.settle, self._nursery.start_soon)
        if request is None:
            data = msgspec.convert({"room": name, **join}, requests["join"]) if "join" in requests else None
            request = ConnectRequest(f"session-{next(self._ids)}", data=data)
        client.connection = self.runtime.connect_nowait(key, client, request)
        self._clients.append(client)
        return client

    async def http(self, name: str, method: str = "GET", path: str = "/", body: bytes = b"", *, kind: str | None = None) -> Response:
        """Plain HTTP to the room."""
        return await self.runtime.request(self.key(name, kind), Request(method, path, {}, {}, body, None))

    def stub(self, name: str, kind: str | None = None) -> Stub:
        """A handle to call the room's methods."""
        return self.runtime.stub(self.key(name, kind))

    async def visit(self, name: str, function: Callable[[Any], Any], *, kind: str | None = None) -> Any:
        """Run ``function(room)`` as a turn of the room and return its result, whatever it is."""
        answer = Answer()
        self.runtime.post(self.key(name, kind), Visit(function, answer))
        return await answer.wait()

    async def hibernate(self, name: str, kind: str | None = None) -> None:
        """Drop the room's isolate now; its connections stay, as they would after ten quiet seconds."""
        await self.settle()
        assert self.runtime.hibernate(self.key(name, kind)), f"{name!r} is not awake, or busy"

    def state(self, name: str, kind: str | None = None) -> State:
        """Where the room is."""
        return self.runtime.state(self.key(name, kind))

    def key(self, name: str, kind: str | None = None) -> RoomKey:
        """The room's key."""
        if kind is None:
            assert len(self._kinds) == 1, "say which kind"
            kind = self._kinds[0].name
        return RoomKey(kind, name)

    def _kind(self, name: str) -> Kind:
        return next(kind for kind in self._kinds if kind.name == name)

    async def _serve(self, runtime: Runtime, task_status: trio.TaskStatus[None]) -> None:
        with trio.CancelScope() as self._scope:
            async with trio.open_nursery() as nursery:
                await nursery.start(runtime.run)
                task_status.started()

    async def _start_from_copy(self) -> None:
        await self.settle()
        before = self.path
        for client in self._clients:
            client.closed = client.closed or (1006, "")
        self._clients.clear()
        shutil.copytree(before, self._data / "copy", ignore=shutil.ignore_patterns("*-shm", "lock"))
        shutil.move(self._data / "copy", self._data / f"run-{int(before.name.removeprefix('run-')) + 1}")
        self.disk = Disk()
        await self.start()


class Visit(Mail):
    """A test looks into the room."""

    hook: ClassVar[str] = "visit"
    function: Callable[[Any], Any]
    answer: Answer

    def start(self, actor: Any, turn: Any) -> Any:
        return self.function(actor.room)

    def returned(self, actor: Any, turn: Any, value: Any) -> None:
        turn.effects.append(Act(self.answer.give, (value,)))

    def refused(self, refusal: Refusal) -> None:
        self.answer.fail(RuntimeError(f"{refusal.code}: {refusal.message}"))

    def raised(self, actor: Any, error: BaseException | None, refusal: Refusal) -> None:
        self.answer.fail(error if isinstance(error, Exception) else RuntimeError(refusal.message))
