"""The composition root: the only place that knows every concrete class. Made from settings, run until told to stop.

settings → kinds, keys → listening sockets → data folder (recovered) → runtime → door → carriers, HTTP → serving → draining
"""

from __future__ import annotations

import gc
import os
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from functools import partial

import trio
import uuid_utils
from starlette.applications import Starlette

from gateway.api import api_routes
from gateway.api.admin import Overseen, admin_routes
from gateway.auth.admission import GatewayDoor
from gateway.auth.authentication import Authenticator
from gateway.auth.guests import Guests
from gateway.auth.key_set import RemoteKeys
from gateway.auth.keys import SESSION_SECRET_FILE, keys_of, secret_in
from gateway.auth.sign_in_services import SignInServices, sign_in_services
from gateway.chat_services import ChatServices, chat_services
from gateway.counters import Counters
from gateway.descriptors import raise_descriptor_limit
from gateway.draining import Draining
from gateway.edge.edge import Edge
from gateway.edge.listeners import listen_tcp, listen_unix, tls_context
from gateway.files.files import Files
from gateway.files.store import FileStore
from gateway.http.application import make_application
from gateway.http.pages import Pages
from gateway.http.room_http import RoomHttp
from gateway.hub.arrivals import Arrivals, ArrivalSettings
from gateway.hub.hub import Hub
from gateway.kinds import derived_of, inner_kinds, kinds_of, migrations_of
from gateway.lifetime import Lifetime, Stage
from gateway.logs import Logger, configure_logs
from gateway.part_settings import (
    edge_settings,
    hub_settings,
    limits_of,
    room_http_settings,
    runtime_settings,
    storage_settings,
    token_rules,
    trusts,
    uses_hub,
)
from gateway.refusal_to_serve import what_to_do
from gateway.routes import CHAT
from gateway.session.company import Company
from gateway.session.connected import ConnectedUsers
from gateway.session.formats import Formats
from gateway.session.membership import members_of
from gateway.session.registry import Registry
from gateway.session.services import Services
from gateway.settings import Loaded, Settings
from gateway.starting import behind_a_shut_door
from gateway.wheel import Wheel
from rooms import Kind, RoomError, Runtime, SystemClock
from storage import DataFolder, StorageError, SyncFailed

COLLECTOR_THRESHOLDS = (20_000, 50, 100)
"""When the collector looks at what is new, and how seldom at more: what a message makes goes without it. 5 % of an echo's CPU."""
SWITCH_SECONDS = 0.0005
"""How long the loop may keep the interpreter from the thread that syncs the journal. Python's own 5 ms would be added to every sync."""


def run(loaded: Loaded) -> int:
    """Serve until told to stop. 0 after a graceful end; 1 if it could not begin or the disk failed.

    Raises ``SettingError`` if the settings cannot be served; then nothing was touched.
    """
    settings, sentences = loaded.settings.clamped(raise_descriptor_limit())
    if not settings.dev:
        keys_of(settings, None)  # says what is missing before a folder is made
    kinds = kinds_of(settings)
    log = configure_logs(settings.log_format)
    for sentence in loaded.warnings:
        log.warning("setting_unknown", about=sentence)
    for sentence in sentences:
        log.info("setting_lowered", about=sentence)
    sys.setswitchinterval(SWITCH_SECONDS)
    return _run(App(settings, kinds, log), settings, log)


def _run(app: App, settings: Settings, log: Logger) -> int:
    status = 0
    try:
        trio.run(app.run)
    except* SyncFailed as failed:
        log.critical("disk_failed", about="what a failed sync left on disk is unknown: nothing more is promised", error=str(_first(failed)))
        _exit_at_once()
    except* (StorageError, RoomError, OSError) as failed:
        error = _first(failed)
        advice = what_to_do(error, settings)
        log.critical("not_serving", error=str(error), **({} if advice is None else {"do": advice}))
        status = 1
    return status


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error that is no group."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _exit_at_once() -> None:
    """Without closing files: a close would checkpoint, and trust pages that the kernel may have dropped."""
    sys.stderr.flush()
    os._exit(1)


class App:
    """One server: ``run`` is its whole life."""

    def __init__(self, settings: Settings, kinds: dict[str, Kind], log: Logger) -> None:
        self._settings = settings
        self._kinds = kinds
        self._all_kinds = [*kinds.values(), *inner_kinds(settings)]
        self._log = log
        self._lifetime = Lifetime()
        self._counters = Counters()
        self._wheel = Wheel(log)
        self._files = Files(FileStore(settings.data))
        self._stop = trio.Event()

    async def run(self) -> None:
        """Listen, recover, serve, drain; returns once everything is stored.

        Raises (in groups) ``StorageError`` or ``OSError`` if it cannot begin, ``SyncFailed`` if the disk fails.
        """
        stop, hurry = self._stop, trio.Event()
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_heed, signals, stop, hurry)
                await self._live(stop, hurry)
                nursery.cancel_scope.cancel()
        self._log.info("stopped")

    async def _live(self, stop: trio.Event, hurry: trio.Event) -> None:
        sockets = await trio.to_thread.run_sync(_listen, self._settings)
        async with behind_a_shut_door(sockets, self._tls(), edge_settings(self._settings), trusts(self._settings), self._log):
            folder = await trio.to_thread.run_sync(self._open_folder)
        for fault in folder.faults:
            self._log.error("journal_damaged", fault=fault)
        runtime = Runtime(self._all_kinds, folder, settings=runtime_settings(self._settings), new_id=_new_id, log=self._log)
        registry = Registry(self._settings.connections_max, self._settings.connections_per_user_max)
        signing_in = self._signing_in(runtime, registry)
        chats = chat_services(runtime, registry, self._files, secret_in(self._settings.data, SESSION_SECRET_FILE), self._log)
        services = self._services(runtime, registry, signing_in, chats)
        async with trio.open_nursery() as nursery:
            await nursery.start(runtime.run)
            await signing_in.revocations.load()
            await chats.endings.load()
            for task in (signing_in.known_users.run, chats.grants.run, chats.bans.run, chats.endings.run):
                nursery.start_soon(task)
            await self._serve(nursery, services, signing_in, chats, runtime, sockets)
            await stop.wait()
            await self._draining(services, runtime).run(hurry)
            nursery.cancel_scope.cancel()
        await trio.to_thread.run_sync(folder.close)

    def _open_folder(self) -> DataFolder:
        """Bring everything the journal holds into the files. Blocking."""
        migrations = migrations_of(self._all_kinds)
        derived = derived_of(self._all_kinds)
        folder = DataFolder.open(
            self._settings.data, storage_settings(self._settings), migrations=migrations, derived=derived, progress=self._progress
        )
        self._files.store.open()
        return folder

    def _progress(self, what: str, done: int, total: int) -> None:
        if total:
            self._log.info("recovering", what=what, done=done, total=total)

    def _signing_in(self, runtime: Runtime, registry: Registry) -> SignInServices:
        """What proves who somebody is, beyond tokens."""
        secret = secret_in(self._settings.data, SESSION_SECRET_FILE)
        return sign_in_services(self._settings, runtime, registry, secret, clock=SystemClock(), new_id=_new_id, log=self._log)

    def _services(self, runtime: Runtime, registry: Registry, signing_in: SignInServices, chats: ChatServices) -> Services:
        """What sessions share."""
        settings, clock = self._settings, SystemClock()
        dev_secret = secret_in(settings.data) if settings.dev else None
        return Services(
            hosting=runtime,
            kinds=self._kinds,
            settings=settings,
            authenticator=Authenticator(keys_of(settings, dev_secret), token_rules(settings), clock),
            guests=None if dev_secret is None else Guests(dev_secret.encode(), secrets.token_bytes),
            registry=registry,
            company=Company(partial(members_of, runtime), self._wheel, settings.presence_users_max),
            connected=ConnectedUsers(registry, trio.current_time),
            limits=limits_of(settings, trio.current_time),
            timers=self._wheel,
            formats=Formats(clock),
            counters=self._counters,
            clock=clock,
            now=trio.current_time,
            new_id=_new_id,
            log=self._log,
            take_ticket=signing_in.tickets.take,
            signed_in=signing_in.sign_ins,
            is_revoked=signing_in.revocations.cover,
            admitted=signing_in.known_users.admitted,
            has_met=signing_in.known_users.has_met,
            grants=chats.grants,
            bans=chats.bans,
            is_gone=chats.endings.is_gone,
        )

    async def _serve(
        self,
        nursery: trio.Nursery,
        services: Services,
        signing_in: SignInServices,
        chats: ChatServices,
        runtime: Runtime,
        sockets: Sequence[socket.socket],
    ) -> None:
        """Start everything that moves bytes. On return clients are answered."""
        settings, keys = self._settings, services.authenticator.keys
        if isinstance(keys, RemoteKeys):
            keys.changed = services.authenticator.forget
            await nursery.start(keys.run)
        nursery.start_soon(self._wheel.run)
        door = GatewayDoor(services, self._lifetime)
        hub = Hub(hub_settings(settings), self._wheel, self._counters, self._log) if uses_hub(settings) else None
        edge = Edge(
            door,
            self._application(runtime, door, services, signing_in, chats),
            edge_settings(settings),
            trusts(settings),
            self._log,
            hub,
            self._counters,
        )
        await nursery.start(edge.run)
        if hub is not None:
            await nursery.start(hub.run)
        for listening in sockets:
            self._accept(listening, edge, hub, door)
        self._lifetime.stage = Stage.SERVING
        gc.freeze()  # what is here by now stays: the collector need not look at it again
        gc.set_threshold(*COLLECTOR_THRESHOLDS)
        self._log.info("listening", url=_url(settings, sockets), carrier="stream" if hub is None else "hub", data=str(settings.data))

    def _accept(self, listening: socket.socket, edge: Edge, hub: Hub | None, door: GatewayDoor) -> None:
        if hub is not None:
            Arrivals(hub, listening, door, edge.take, trusts(self._settings), ArrivalSettings(), self._log).start()
        else:
            edge.listen(listening, self._tls())

    def _tls(self) -> ssl.SSLContext | None:
        settings = self._settings
        if settings.tls_cert_file is None or settings.tls_key_file is None:
            return None
        return tls_context(settings.tls_cert_file, settings.tls_key_file)

    def _application(
        self, runtime: Runtime, door: GatewayDoor, services: Services, signing_in: SignInServices, chats: ChatServices
    ) -> Starlette:
        pages = Pages()
        return make_application(
            pages=pages,
            lifetime=self._lifetime,
            stats=lambda: runtime.stats,
            counters=self._counters,
            metrics_token=self._settings.metrics_token,
            room_http=RoomHttp(
                runtime, self._kinds, door.identify, room_http_settings(self._settings), self._log, signing_in.cookies.proves_intent
            ),
            api=[
                *api_routes(services, signing_in, chats, door.identify),
                *admin_routes(services, signing_in, door.identify, self._overseen(runtime, chats), pages),
            ],
        )

    def _overseen(self, runtime: Runtime, chats: ChatServices) -> Overseen:
        """What admins look at."""
        return Overseen(
            runtime=runtime,
            kinds={kind.name: kind for kind in self._all_kinds},
            open_kinds=self._kinds,
            counters=self._counters,
            lifetime=self._lifetime,
            folder=self._settings.data,
            carrier="hub" if uses_hub(self._settings) else "stream",
            durability=self._settings.durability,
            started_ms=SystemClock().now_ms(),
            stop=self._stop.set,
            enders={CHAT: chats.endings.end},
        )

    def _draining(self, services: Services, runtime: Runtime) -> Draining:
        return Draining(
            drain_seconds=self._settings.drain_seconds,
            lifetime=self._lifetime,
            registry=services.registry,
            rooms=runtime,
            log=self._log,
        )


async def _heed(signals: AsyncIterator[int], stop: trio.Event, hurry: trio.Event) -> None:
    """The first signal stops the server, a second one hurries it."""
    async for _ in signals:
        if stop.is_set():
            hurry.set()
        stop.set()


def _listen(settings: Settings) -> list[socket.socket]:
    if settings.unix_socket is not None:
        return [listen_unix(settings.unix_socket)]
    return listen_tcp(settings.host, settings.port)


def _url(settings: Settings, sockets: Sequence[socket.socket]) -> str:
    if settings.unix_socket is not None:
        return f"unix:{settings.unix_socket}"
    scheme = "http" if settings.tls_cert_file is None else "https"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{scheme}://{host}:{sockets[0].getsockname()[1]}/"


def _new_id() -> str:
    """Sorts by time (UUID version 7)."""
    return uuid_utils.uuid7().hex
