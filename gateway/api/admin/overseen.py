"""What the admin's interface looks at and acts on: handed over once by ``gateway/app.py``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import trio

from gateway.counters import Counters
from gateway.lifetime import Lifetime
from rooms import Identity, Kind, Overview, Refusal, RoomKey, Runtime, Stats

READERS_MAX = 2
"""Threads that read files for admins at a time: the journal's must never wait for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overseen:
    """The server. ``kinds`` are all it serves, ``open_kinds`` those with an address; ``folder`` is where its data is; ``stop`` begins
    draining. ``enders`` end rooms of a kind about which more is to be done than to destroy it: by kind."""

    runtime: Runtime
    kinds: Mapping[str, Kind]
    open_kinds: Mapping[str, Kind]
    counters: Counters
    lifetime: Lifetime
    folder: Path
    carrier: str
    durability: str
    started_ms: int
    stop: Callable[[], None]
    enders: Mapping[str, Callable[[Identity, str], Awaitable[Refusal | None]]] = field(default_factory=dict)
    readers: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(READERS_MAX))

    @property
    def overview(self) -> Overview:
        """How rooms stand."""
        return self.runtime.overview

    @property
    def stats(self) -> Stats:
        """What the rooms count."""
        return self.runtime.stats

    async def read(self, function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """``function(*arguments)`` in a thread, beside the server."""
        return await trio.to_thread.run_sync(partial(function, *arguments, **more), limiter=self.readers, abandon_on_cancel=True)

    def key(self, kind: str, name: str) -> RoomKey | None:
        """The room's key; ``None`` for a kind that is not served. ``name`` is of a path, where a slash is still ``%2F``."""
        return RoomKey(kind, name.replace("%2F", "/")) if kind in self.kinds else None

    def is_empty(self, key: RoomKey) -> bool:
        """Whether there is no such room: nothing is stored and nobody is in it. Just after its end its actor may still be awake."""
        row, facts = self.overview.row(key), self.overview.facts(key)
        is_stored = row is not None and row.state != "destroyed"
        return not (is_stored or facts.connections or facts.mailbox_messages or facts.quarantined_seconds is not None)
