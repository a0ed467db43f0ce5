"""What all actors of a process share. ``runtime.py`` builds it; nothing here is global."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import trio

from rooms.calls import Calls
from rooms.clock import WallClock
from rooms.errors import UnknownKind
from rooms.kind import Kind
from rooms.log import Log
from rooms.meter import Meters
from rooms.quarantine import Quarantine
from rooms.settings import RuntimeSettings
from rooms.stats import Stats
from rooms.store import Folder
from storage import RoomKey

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.alarms import Alarms
    from rooms.committer import Committer
    from rooms.deriving import Deriving
    from rooms.hibernation import Hibernation
    from rooms.lazy_commits import LazyCommits
    from rooms.mail import Mail
    from rooms.stepping import Stepping
    from rooms.tells import TellDelivery
    from rooms.waking import Waking


class RunBlocking(Protocol):
    """Runs a blocking function where it does not hold up the loop."""

    def __call__(self, function: Callable[..., Any], /, *arguments: Any) -> Awaitable[Any]: ...


class Environment:
    """The shared collaborators of every actor."""

    alarms: Alarms
    committer: Committer
    deriving: Deriving
    hibernation: Hibernation
    lazy_commits: LazyCommits
    stepping: Stepping
    tells: TellDelivery
    waking: Waking
    nursery: trio.Nursery
    now: Callable[[], float]
    """Trio's clock in seconds, without the two calls that ``trio.current_time`` takes to find it."""
    post: Callable[[RoomKey, Mail], None]
    """Mail to a room, wherever it is; refused by ``mail.refused`` when it cannot be taken."""
    evict: Callable[[Actor], None]

    def __init__(
        self,
        *,
        kinds: Mapping[str, Kind],
        folder: Folder,
        clock: WallClock,
        run_blocking: RunBlocking,
        run_storing: RunBlocking,
        settings: RuntimeSettings,
        new_id: Callable[[], str],
        log: Log,
        random: random.Random,
    ) -> None:
        self.kinds = kinds
        self.folder = folder
        self.clock = clock
        self.run_blocking = run_blocking
        self.run_storing = run_storing
        """For what storage does: it may not have to wait for a thread that rooms' work keeps busy."""
        self.settings = settings
        self.new_id = new_id
        self.log = log
        self.random = random
        self.is_stopping = False
        self.is_over = False
        self.stats = Stats()
        self.meters = Meters()
        self.calls = Calls()
        self.quarantine = Quarantine(settings)

    def check_kind(self, key: RoomKey) -> None:
        """Raises ``UnknownKind`` when no room of that kind is served here."""
        if key.kind not in self.kinds:
            raise UnknownKind(key.kind)

    def later(self, seconds: float, function: Callable[..., object], *arguments: Any) -> None:
        """Call ``function`` after a while."""
        self.nursery.start_soon(_later, seconds, function, arguments)


async def _later(seconds: float, function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    await trio.sleep(seconds)
    function(*arguments)
