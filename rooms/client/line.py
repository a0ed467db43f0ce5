"""The line to the server: one connection after another, and whether and when there is a next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol

import trio

from rooms.client.connection import Connection
from rooms.client.credentials import Credentials, Reason
from rooms.client.dialling import Dial
from rooms.client.errors import ClientClosed, ClientError, TokenRefused, TokenUnavailable
from rooms.client.returning import AskForToken, End, after
from rooms.client.settings import ClientSettings
from rooms.client.wire import Envelope, Format, encoder, envelope_in

STEADY_SECONDS = 5.0
"""A connection that lasted so long makes the next wait short again."""

ANONYMOUS_SECONDS = 1.0
"""Who shows nothing and hears no ``hello`` for so long asks what is missing."""

BYTES_MAX = 65_536
"""The largest request, until ``hello`` says otherwise."""

_LOST = (1000, 1001, 1006, 1011, 1012, 1013)
"""Ends that ``closing`` announces."""

LineState = Literal["connecting", "open", "waiting", "closed"]
Random = Callable[[], float]


class Owner(Protocol):
    """Whose line it is."""

    def became(
        self,
        state: Literal["connecting", "open", "waiting", "closed"],
        error: ClientError | None = None,
        retry_seconds: float | None = None,
    ) -> None:
        """The line is in another state."""

    def introduce_guest(self) -> bool:
        """Say which guest this is. ``False`` if it is none."""

    def heard(self, envelope: Envelope) -> None:
        """The server said something."""

    def disconnected(self) -> None:
        """The connection is gone."""


class _Again(NamedTuple):
    wait_seconds: float
    reason: Reason
    error: ClientError


class Line:
    """Connects, and connects again, for as long as ``keep`` runs. ``bytes_max`` is the largest request the server takes."""

    def __init__(
        self, url: str, credentials: Credentials, format: Format, settings: ClientSettings, dial: Dial, random: Random, owner: Owner
    ) -> None:
        self.bytes_max = BYTES_MAX
        self.closing_ms: int | None = None
        self._url = url
        self._credentials = credentials
        self._subprotocol = f"rooms.v1.{format}"
        self._encode = encoder(format)
        self._settings = settings
        self._dial = dial
        self._random = random
        self._owner = owner
        self._connection: Connection | None = None
        self._opened = trio.Event()
        self._admitted = trio.Event()
        self._retry = trio.Event()
        self._over = trio.Event()
        self._is_saying_goodbye = False
        self._tries = 0

    @property
    def is_admitted(self) -> bool:
        """Whether the server knows who this is, so that requests go out."""
        return self._admitted.is_set()

    async def keep(self) -> ClientClosed:
        """Connect again and again; returns why it is over for good."""
        reason: Reason = "connect"
        while True:
            self._owner.became("connecting")
            verdict = await self._connect_once(reason)
            if isinstance(verdict, _Again) and verdict.reason == reason == "refused":
                verdict = TokenRefused(str(verdict.error), 4401)  # a new one was no better
            if isinstance(verdict, ClientClosed):
                self._over.set()
                return verdict
            reason = verdict.reason
            self._retry = trio.Event()
            self._owner.became("waiting", verdict.error, verdict.wait_seconds)
            with trio.move_on_after(verdict.wait_seconds):
                await self._retry.wait()

    def admitted(self, bytes_max: int) -> None:
        """``hello`` came: it is known who this is."""
        self.bytes_max = bytes_max
        self._admitted.set()

    def send(self, type: str, data: dict[str, Any], ref: int | None) -> bool:
        """Write one envelope; what has no connection is lost. ``False`` if it is larger than the server takes."""
        frame = self._encode(type, data, ref)
        size_bytes = len(frame.encode()) if isinstance(frame, str) else len(frame)
        if size_bytes > self.bytes_max:
            return False
        if self._connection is not None:
            self._connection.send_nowait(frame)
        return True

    def lose(self, reason: str) -> None:
        """Give the connection up and make another."""
        if self._connection is not None:
            self._connection.lose(reason)

    def retry_now(self) -> None:
        """While waiting: try at once."""
        self._retry.set()

    async def say_goodbye(self) -> None:
        """Close the connection, after what was given to be sent."""
        self._is_saying_goodbye = True
        self._retry.set()
        if self._connection is not None and self._opened.is_set():
            self._connection.close()
            await self._over.wait()

    # Receiver

    def opened(self) -> None:
        """The handshake is done."""
        self._opened.set()

    def heard(self, frame: str | bytes) -> None:
        """A frame came."""
        envelope = envelope_in(frame)
        if envelope is not None:
            self._owner.heard(envelope)

    async def _connect_once(self, reason: Reason) -> ClientClosed | _Again:
        try:
            shown = await self._credentials.show(reason)
        except TokenUnavailable as error:
            return self._verdict(End(1006, str(error)), 0.0)
        except TokenRefused as error:
            return error
        connection = Connection(self._dial, self._settings, self)
        self._connection, self.closing_ms = connection, None
        self._opened, self._admitted = trio.Event(), trio.Event()
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._introduce, connection, shown.is_anonymous)
            end = await connection.run(self._url + shown.query, shown.headers, [self._subprotocol])
            nursery.cancel_scope.cancel()
        lasted_seconds = trio.current_time() - began if self.is_admitted else 0.0
        self._connection, self._admitted = None, trio.Event()
        self._owner.disconnected()
        return self._verdict(end, lasted_seconds)

    def _verdict(self, end: End, lasted_seconds: float) -> ClientClosed | _Again:
        if self._is_saying_goodbye:
            return ClientClosed()
        if lasted_seconds >= STEADY_SECONDS:
            self._tries = 0
        if self.closing_ms is not None and end.code in _LOST:
            end = End(1012, end.reason, self.closing_ms / 1000)
        code = "" if end.code == 1006 else f" ({end.code})"
        error = ClientError(f"{end.reason or 'the connection ended'}{code}")
        verdict = after(end, self._tries, self._settings, self._random)
        self._tries += 1
        if isinstance(verdict, ClientClosed):
            return verdict
        if not isinstance(verdict, AskForToken):
            return _Again(verdict, "connect", error)
        if self._credentials.can_be_renewed:
            return _Again(self._random() * self._settings.backoff_min_seconds, "refused", error)
        return TokenRefused(end.reason or "the token is invalid or has expired", end.code)

    async def _introduce(self, connection: Connection, is_anonymous: bool) -> None:
        """Say who this is, where the upgrade did not; give up a server that says nothing."""
        with trio.move_on_after(self._settings.connect_timeout_seconds):
            await self._opened.wait()
            if is_anonymous and not self._owner.introduce_guest():
                await self._ask_what_is_missing()
            await self._admitted.wait()
            return
        connection.lose("no hello in time")

    async def _ask_what_is_missing(self) -> None:
        with trio.move_on_after(ANONYMOUS_SECONDS):
            await self._admitted.wait()
            return
        self.send("auth", {}, None)  # the answer says that a token is needed
