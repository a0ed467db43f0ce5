"""A subscription: events from a moment on, for one reader, bounded."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from weakref import WeakSet

import trio

from rooms.client.errors import ClientError, EventsLost
from rooms.client.events import Event


class Subscription:
    """Iterate over it: ``async for event in subscription``. It hears from the moment it was made until it is closed, or left as a context.

    The iteration ends when the client is closed; it raises what ended the client, or ``EventsLost`` after the events that were kept.
    """

    def __init__(self, events_max: int) -> None:
        self._events: deque[Event] = deque()
        self._events_max = events_max
        self._more = trio.Event()
        self._over = False
        self._error: ClientError | None = None

    def put(self, event: Event) -> None:
        """One more event; beyond the bound the subscription ends."""
        if self._over:
            return
        if len(self._events) >= self._events_max:
            self.end(EventsLost(len(self._events)))
            return
        self._events.append(event)
        self._more.set()

    def end(self, error: ClientError | None = None) -> None:
        """Nothing more comes."""
        if not self._over:
            self._over, self._error = True, error
            self._more.set()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._over:
                await self._finish()
            self._more = trio.Event()
            await self._more.wait()
        await trio.lowlevel.checkpoint_if_cancelled()
        return self._events.popleft()

    async def _finish(self) -> None:
        await trio.lowlevel.checkpoint()
        if self._error is not None:
            raise self._error
        raise StopAsyncIteration

    async def __aenter__(self) -> Subscription:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()
        self._events.clear()


class Subscriptions:
    """All of one room or client. One that nobody holds any more is forgotten."""

    def __init__(self, events_max: int) -> None:
        self._events_max = events_max
        self._open: WeakSet[Subscription] = WeakSet()
        self._over = False
        self._error: ClientError | None = None

    def open(self) -> Subscription:
        """A new one."""
        subscription = Subscription(self._events_max)
        self._open.add(subscription)
        if self._over:
            subscription.end(self._error)
        return subscription

    def put(self, event: Event) -> None:
        """Tell all."""
        for subscription in list(self._open):
            subscription.put(event)

    def end(self, error: ClientError | None) -> None:
        """The client is over."""
        self._over, self._error = True, error
        for subscription in list(self._open):
            subscription.end(error)
