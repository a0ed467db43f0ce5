"""A room in this process: its connections for as long as there are any, and its loop while it is awake."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import trio

from rooms.audience import Audience
from rooms.background import run_background
from rooms.connection import Connection, Phase
from rooms.effects import Act
from rooms.envelope import Envelope
from rooms.errors import OutsideTurn, TooManyBackgrounds
from rooms.isolate import Isolate
from rooms.lifecycle import State, moved
from rooms.mail import BackgroundDone, Gone, Mail, Message
from rooms.mailbox import Mailbox
from rooms.refusal import Refusal
from rooms.refusals import NOT_IN_ROOM, OVERLOADED, unavailable
from storage import RoomKey, RoomSetAside, StorageError

if TYPE_CHECKING:
    from rooms.environment import Environment
    from rooms.kind import Kind
    from rooms.room import Room
    from rooms.store import RoomFile
    from rooms.turn import Turn

AUDIENCES_MAX = 1_000
AGAIN_SECONDS = 1.0


class Actor:
    """The single owner of one room. Hibernated, it is this object and its connections; awake, also a task and an isolate."""

    __slots__ = (
        "_audiences",
        "_backgrounds",
        "_isolate",
        "_mailbox",
        "_parked",
        "_quarantined_until",
        "auto_response",
        "connections",
        "env",
        "key",
        "kind",
        "state",
        "turn",
    )

    def __init__(self, key: RoomKey, kind: Kind, environment: Environment) -> None:
        self.key = key
        self.kind = kind
        self.env = environment
        self.state = State.EVICTED
        self.connections: dict[str, Connection] = {}
        self.auto_response: tuple[str, str] | None = None
        self.turn: Turn | None = None
        self._audiences: dict[str | None, Audience] | None = None
        self._backgrounds = 0
        self._isolate: Isolate | None = None
        self._mailbox: Mailbox | None = None
        self._parked: trio.lowlevel.Task | None = None
        self._quarantined_until: float | None = None

    # mail

    def hear(self, connection: Connection, message: Envelope | str | bytes) -> bool:
        """Mail a client's message. ``False``: the mailbox is full and the kind's senders are told so."""
        self.env.stats.messages_received += 1
        if connection.phase is Phase.CLOSED or connection.phase is Phase.REFUSED:
            connection.peer.failed(message, NOT_IN_ROOM)
            return True
        mail = Message(connection, message)
        mailbox = self._mailbox
        if self.state is not State.AWAKE or mailbox is None:
            mailbox = self._mailbox_for(mail)
            if mailbox is None:
                return True
        if not self.kind.envelopes:
            mailbox.post_from(mail, connection.peer)
        elif not mailbox.post_nowait(mail):
            return False
        self._resume()
        return True

    def post(self, mail: Mail) -> None:
        """Take ``mail``, or refuse it."""
        mailbox = self._mailbox_for(mail)
        if mailbox is None:
            return
        if mailbox.post_nowait(mail):
            self._resume()
        else:
            mail.refused(OVERLOADED)

    def lost(self, connection: Connection, code: int, reason: str, clean: bool) -> None:
        """The socket of ``connection`` is gone."""
        if connection.phase in (Phase.CLOSED, Phase.REFUSED):
            return
        if self.state is State.HIBERNATED and not self.kind.hears_closes:
            self.dismiss(connection)
            if not self.connections:
                self._become(State.EVICTED)
            return
        self.post(Gone(connection, code, reason, clean))

    def again(self, mail: Mail) -> None:
        """Post ``mail`` anew after a while: its turn was undone, and it may not be lost."""
        self.env.later(AGAIN_SECONDS, self.env.post, self.key, mail)

    def auto_response_to(self, connection: Connection, message: object) -> str | None:
        """The answer that needs no turn; its time is noted."""
        pair = self.auto_response
        if pair is None or message.__class__ is not str or message != pair[0]:
            return None
        connection.auto_response_ms = self.env.clock.now_ms()
        return pair[1]

    # what turns use

    @property
    def file(self) -> RoomFile:
        """The open file."""
        if self._isolate is None:
            raise OutsideTurn("storage")
        return self._isolate.file

    @property
    def isolate(self) -> Isolate:
        """The awake part."""
        assert self._isolate is not None
        return self._isolate

    @property
    def room(self) -> Room:
        """The room object."""
        assert self._isolate is not None
        assert self._isolate.room is not None
        return self._isolate.room

    def staged(self, what: str) -> Turn:
        """The running turn. Raises ``OutsideTurn`` when there is none."""
        if self.turn is None:
            raise OutsideTurn(what)
        return self.turn

    def audience(self, tag: str | None = None) -> Audience:
        """The open connections, or those with ``tag``; the same object until somebody comes, goes or changes tags."""
        if self._audiences is None or len(self._audiences) > AUDIENCES_MAX:
            self._audiences = {}
        audience = self._audiences.get(tag)
        if audience is None:
            members = [connection for connection in self.connections.values() if connection.is_open]
            audience = Audience(members if tag is None else [each for each in members if tag in each.tags])
            self._audiences[tag] = audience
        return audience

    def audience_changed(self) -> None:
        """Somebody came, went or changed tags."""
        self._audiences = None

    def admit(self, connection: Connection, turn: Turn) -> None:
        """``connection`` belongs to the room from this turn on."""
        turn.remember(partial(self.expel, connection))
        self.connections[connection.id] = connection
        connection.opened()

    def expel(self, connection: Connection) -> None:
        """``connection`` never was."""
        self.connections.pop(connection.id, None)
        connection.never_was()

    def dismiss(self, connection: Connection) -> bool:
        """``connection`` is over. Whether the room knew it."""
        known = self.connections.pop(connection.id, None) is not None
        if known:
            connection.closed()
        return known

    def disband(self, turn: Turn) -> list[Connection]:
        """End all connections with this turn; those that were open."""
        before, self.connections = self.connections, {}
        turn.remember(partial(setattr, self, "connections", before))
        open_ones = [connection for connection in before.values() if connection.is_open]
        for connection in before.values():
            turn.remember(partial(setattr, connection, "phase", connection.phase))
            connection.closed()
        return open_ones

    def start_background(self, function: Callable[..., Any], arguments: tuple[Any, ...], then: str | None, failed: str | None) -> None:
        """Stage the start of work outside turns."""
        turn = self.staged("background")
        running_max = self.env.settings.backgrounds_per_room_max
        if self._backgrounds >= running_max:
            raise TooManyBackgrounds(str(self.key), running_max)
        self._backgrounds += 1
        turn.remember(self._background_ended)
        turn.effects.append(Act(self.env.nursery.start_soon, (run_background, self, function, arguments, then, failed)))

    def background_done(self, mail: BackgroundDone) -> None:
        """Work outside turns ended."""
        self._background_ended()
        self.post(mail)

    # durability

    def opened(self, durable: int) -> None:
        """The room's records up to ``durable`` are on disk."""
        self.isolate.opened(durable)

    def undo(self, refusal: Refusal) -> None:
        """The room's records after the durable ones are lost."""
        self.isolate.undo(refusal)

    def commit_lazily(self) -> None:
        """Close the open SQLite transaction."""
        if self._isolate is not None:
            self._isolate.commit_lazily()

    def failed(self, mail: Mail, error: BaseException, result: str) -> None:
        """A turn failed: note it, and whether it was one too many."""
        self.env.log.error("turn_failed", room=str(self.key), hook=mail.hook, result=result, exc_info=error)
        if not mail.retries_itself:
            self._count_failure()

    # awake and asleep

    @property
    def mails_waiting(self) -> int:
        """How much mail waits."""
        return 0 if self._mailbox is None else len(self._mailbox)

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to do, to wait for or to come back to."""
        isolate = self._isolate
        return self._parked is not None and isolate is not None and isolate.is_settled and not self._backgrounds and not self.mails_waiting

    def rest(self) -> None:
        """Something ended: if that was the last thing to do, the room is quiet from now on."""
        if self.is_quiet:
            self.env.hibernation.quiet(self)

    def hibernate(self) -> bool:
        """Drop the isolate of a quiet room and end its task. ``False``: it is not quiet."""
        if not self.is_quiet:
            return False
        self.isolate.close()
        parked, self._parked = self._parked, None
        self._fall_asleep()
        assert parked is not None
        trio.lowlevel.reschedule(parked)
        return True

    def _fall_asleep(self) -> None:
        self._isolate = None
        self._mailbox = None
        self._audiences = None
        self._become(State.HIBERNATED if self.connections else State.EVICTED)

    def _become(self, state: State) -> None:
        stats = self.env.stats
        stats.awake += (state is State.AWAKE) - (self.state is State.AWAKE)
        stats.hibernating += (state is State.HIBERNATED) - (self.state is State.HIBERNATED)
        self.state = moved(self.state, state)
        if state is State.EVICTED:
            stats.evictions += 1
            self.env.evict(self)

    def _mailbox_for(self, mail: Mail) -> Mailbox | None:
        """The mailbox, of a room that wakes for ``mail`` if it has to; ``None``: ``mail`` was refused."""
        if self.state is State.AWAKE:
            return self._mailbox
        if self.state is State.QUARANTINED:
            if mail.always_fits:
                return self._mailbox
            mail.refused(unavailable())
            return None
        return self._wake()

    def _wake(self) -> Mailbox:
        env = self.env
        env.hibernation.make_space()
        if self.state is State.HIBERNATED:
            env.stats.rehydrations += 1
        self._become(State.AWAKE)
        self._mailbox = Mailbox(env.settings.mailbox_messages_max)
        env.nursery.start_soon(self._live)
        return self._mailbox

    def _resume(self) -> None:
        parked = self._parked
        if parked is not None:
            self._parked = None
            trio.lowlevel.reschedule(parked)

    async def _live(self) -> None:
        """The actor's task: from the mail that woke the room until it hibernates."""
        mailbox = self._mailbox
        assert mailbox is not None
        if not self._open():
            return
        while self._quarantined_until is None:
            batch = mailbox.take(self.env.settings.batch_mails_max)
            if batch:
                self.env.hibernation.busy(self)
                await self._handle(batch)
                self.isolate.pause()
                if mailbox:
                    await trio.lowlevel.checkpoint()
            else:
                await self._park()
                if self._mailbox is not mailbox:
                    return  # the room hibernates
        await self._enter_quarantine(self._quarantined_until)

    async def _park(self) -> None:
        """Wait for mail, or for the room to hibernate."""
        self._parked = trio.lowlevel.current_task()
        self.rest()
        await trio.lowlevel.wait_task_rescheduled(self._leave_park)

    def _leave_park(self, _raise_cancel: object) -> trio.lowlevel.Abort:
        self._parked = None
        return trio.lowlevel.Abort.SUCCEEDED

    async def _handle(self, batch: deque[Mail]) -> None:
        """A turn for each mail. One cancel scope serves them all, until a turn that waits has used it up."""
        while batch and self._quarantined_until is None:
            with trio.CancelScope() as scope:
                waited = False
                while batch and not waited and self._quarantined_until is None:
                    isolate = self.isolate
                    if isolate.holds_back:
                        await isolate.settle()
                        if isolate.is_over:
                            isolate = self._open_anew()
                    isolate.scope = scope
                    waited = await isolate.handle(batch.popleft())
        assert self._mailbox is not None
        self._mailbox.put_back(batch)

    def _open(self) -> bool:
        try:
            self._isolate = Isolate(self, self.env.folder.room(self.key))
        except StorageError as error:
            self._refuse_all(error)
            return False
        return True

    def _open_anew(self) -> Isolate:
        """The room was destroyed: what follows is another one of that name."""
        self.isolate.close()
        self._isolate = Isolate(self, self.env.folder.room(self.key))
        return self._isolate

    def _refuse_all(self, error: StorageError) -> None:
        """The room cannot be opened: damaged, it loses its connections; else only its mail is refused."""
        self.env.log.error("room_unavailable", room=str(self.key), error=str(error))
        mailbox = self._mailbox
        assert mailbox is not None
        if isinstance(error, RoomSetAside):
            for connection in list(self.connections.values()):
                self.dismiss(connection)
                connection.peer.close_nowait(1011, "unavailable")
        self._count_failure()
        self._fall_asleep()
        for mail in mailbox.take(len(mailbox)):
            mail.refused(unavailable())

    def _count_failure(self) -> None:
        until = self.env.quarantine.failed(self.key, trio.current_time())
        if until is not None and self._isolate is not None:
            self._quarantined_until = until

    async def _enter_quarantine(self, until: float) -> None:
        """Refuse mail from now on; let go of the isolate as soon as everything said is heard."""
        self.env.log.error("room_quarantined", room=str(self.key), seconds=round(until - trio.current_time(), 1))
        self._become(State.QUARANTINED)
        mailbox = self._mailbox
        assert mailbox is not None
        mails = mailbox.take(len(mailbox))
        mailbox.put_back(deque(mail for mail in mails if mail.always_fits))
        for mail in mails:
            if not mail.always_fits:
                mail.refused(unavailable())
        await self.isolate.settle()
        self.isolate.close()
        self._isolate = None
        await trio.sleep_until(until)
        self._leave_quarantine()

    def _leave_quarantine(self) -> None:
        mailbox, self._quarantined_until = self._mailbox, None
        assert mailbox is not None
        self._fall_asleep()
        for mail in mailbox.take(len(mailbox)):
            self.env.post(self.key, mail)

    def _background_ended(self) -> None:
        self._backgrounds -= 1
        self.rest()
