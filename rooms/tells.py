"""Brings tells from the file that keeps them to the room they are for: in order, and once in effect."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from rooms.effects import Act
from rooms.errors import TooManyTells
from rooms.mail import Mail
from rooms.refusal import Refusal
from rooms.values import unpack
from storage import RoomKey, Tell

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.environment import Environment
    from rooms.store import RoomFile
    from rooms.turn import Turn

IN_FLIGHT_MAX = 100
RETRY_SECONDS = 1.0
RETRY_SECONDS_MAX = 64.0


class TellDelivery:
    """The lanes of this process: one for each pair of rooms with tells that are durable and not yet delivered."""

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._lanes: dict[tuple[RoomKey, str, RoomKey], Lane] = {}
        self._delivered: dict[RoomKey, list[tuple[str, int]]] = {}

    def keep(self, file: RoomFile, to: RoomKey, method: str, arguments: bytes) -> Act:
        """Keep a tell with the running turn of ``file``; what sends it when the turn is released. Raises ``TooManyTells``."""
        lane = self._lanes.get((file.key, file.epoch, to))
        if lane is not None and len(lane) >= self._env.settings.tells_waiting_max:
            raise TooManyTells(str(to), len(lane))
        number = file.tells.add(to, method, arguments)
        return Act(self.send, (file.key, file.epoch, to, OutgoingTell(number, method, arguments)))

    def send(self, sender: RoomKey, epoch: str, to: RoomKey, tell: OutgoingTell) -> None:
        """A tell is durable: bring it to its room."""
        place = (sender, epoch, to)
        lane = self._lanes.get(place)
        if lane is None:
            lane = self._lanes[place] = Lane(self._env, sender, epoch, to)
        lane.add(tell)

    def delivered(self, lane: Lane, number: int) -> None:
        """The other room has taken it: the file of the sender may forget it."""
        if not lane:
            del self._lanes[lane.sender, lane.epoch, lane.to]
        numbers = self._delivered.get(lane.sender)
        if numbers is not None:
            numbers.append((lane.epoch, number))
            return
        self._delivered[lane.sender] = [(lane.epoch, number)]
        self._env.post(lane.sender, TellsDelivered(lane.sender))

    def take_delivered(self, sender: RoomKey) -> list[tuple[str, int]]:
        """What ``sender``'s file may forget."""
        return self._delivered.pop(sender, [])

    def resume(self) -> None:
        """Wake every room that has tells from before the start."""
        for key in list(self._env.folder.host.unsent()):
            if key.kind in self._env.kinds:
                self._env.post(key, TellsWaiting())


class OutgoingTell:
    """A durable tell and how often its turn raised."""

    __slots__ = ("arguments", "method", "number", "tries")

    def __init__(self, number: int, method: str, arguments: bytes) -> None:
        self.number = number
        self.method = method
        self.arguments = arguments
        self.tries = 0


class Lane:
    """The tells of one room to another, in order.

    Each goes out with the number of the one before it, so that the receiver takes none out of order. When one
    is not taken, those behind it are not either; after a while all are sent again.
    """

    def __init__(self, environment: Environment, sender: RoomKey, epoch: str, to: RoomKey) -> None:
        self._env = environment
        self._waiting: deque[OutgoingTell] = deque()
        self._in_flight: deque[OutgoingTell] = deque()
        self._is_broken = False
        self._breaks = 0
        self.sender = sender
        self.epoch = epoch
        self.to = to

    def __len__(self) -> int:
        """How many are not delivered."""
        return len(self._waiting) + len(self._in_flight)

    def add(self, tell: OutgoingTell) -> None:
        """One more."""
        if tell.number <= self._last_number():
            return
        self._waiting.append(tell)
        self._send_more()

    def taken(self, number: int) -> None:
        """Everything up to ``number`` was taken, durably."""
        self._breaks = 0
        while self._in_flight and self._in_flight[0].number <= number:
            tell = self._in_flight.popleft()
            self._env.tells.delivered(self, tell.number)
        self._send_more()

    def raised(self, number: int) -> None:
        """The turn of ``number`` raised. Too often, and the tell is dropped."""
        tell = self._in_flight[0] if self._in_flight else None
        if tell is None or tell.number != number:
            return
        tell.tries += 1
        if tell.tries >= self._env.settings.tell_tries_max:
            self._env.log.error("tell_dropped", sender=str(self.sender), room=str(self.to), method=tell.method, tries=tell.tries)
            self._in_flight.popleft()
            self._env.tells.delivered(self, number)
        self.broken()

    def broken(self) -> None:
        """One was not taken: send again from there after a while."""
        if not self._is_broken and len(self):
            self._is_broken = True
            self._breaks += 1
            self._env.later(min(RETRY_SECONDS * 2 ** (self._breaks - 1), RETRY_SECONDS_MAX), self._mend)

    def _mend(self) -> None:
        self._is_broken = False
        self._waiting.extendleft(reversed(self._in_flight))
        self._in_flight.clear()
        self._send_more()

    def _send_more(self) -> None:
        while self._waiting and not self._is_broken and len(self._in_flight) < IN_FLIGHT_MAX:
            tell = self._waiting.popleft()
            previous = self._in_flight[-1].number if self._in_flight else 0
            self._in_flight.append(tell)
            self._env.post(self.to, Told(self, tell, previous))

    def _last_number(self) -> int:
        queue = self._waiting or self._in_flight
        return queue[-1].number if queue else 0


class Told(Mail):
    """Another room tells something. A number taken before is not taken again, nor one whose predecessor is missing."""

    hook: ClassVar[str] = "tell"
    retries_itself: ClassVar[bool] = True
    lane: Lane
    tell: OutgoingTell
    previous: int
    is_taken: bool = True

    def start(self, actor: Actor, turn: Turn) -> Any:
        lane, tell = self.lane, self.tell
        received = actor.file.tells.received(lane.sender, lane.epoch)
        if tell.number <= received:
            return None
        if received < self.previous:
            self.is_taken = False
            return None
        actor.file.tells.record_received(lane.sender, lane.epoch, tell.number)
        if not actor.kind.may_call(tell.method):
            actor.env.log.error("tell_not_callable", room=str(actor.key), method=tell.method)
            return None
        return getattr(actor.room, tell.method)(*unpack(tell.arguments))

    def returned(self, actor: Actor, turn: Turn, value: Any) -> None:
        if self.is_taken:
            turn.effects.append(Act(self.lane.taken, (self.tell.number,)))
        else:
            turn.effects.append(Act(self.lane.broken, ()))

    def refused(self, refusal: Refusal) -> None:
        self.lane.broken()

    def raised(self, actor: Actor, error: BaseException, refusal: Refusal) -> None:
        self.lane.raised(self.tell.number)


class TellsDelivered(Mail):
    """Tells of this room arrived: its file forgets them."""

    hook: ClassVar[str] = "tells_delivered"
    always_fits: ClassVar[bool] = True
    needs_room: ClassVar[bool] = False
    sender: RoomKey

    def start(self, actor: Actor, turn: Turn) -> Any:
        for epoch, number in actor.env.tells.take_delivered(self.sender):
            if epoch == actor.file.epoch:
                actor.file.tells.sent(number)

    def refused(self, refusal: Refusal) -> None:
        """They are told again after the next start, and not taken twice."""


class TellsWaiting(Mail):
    """The process has started, and this room has tells from before."""

    hook: ClassVar[str] = "tells_waiting"
    always_fits: ClassVar[bool] = True
    needs_room: ClassVar[bool] = False

    def start(self, actor: Actor, turn: Turn) -> Any:
        for tell in _all_unsent(actor.file):
            outgoing = OutgoingTell(tell.number, tell.method, tell.arguments)
            turn.effects.append(Act(actor.env.tells.send, (actor.file.key, actor.file.epoch, tell.to, outgoing)))


def _all_unsent(file: RoomFile) -> Iterator[Tell]:
    after = 0
    while some := file.tells.unsent(after):
        yield from some
        after = some[-1].number
