"""A room in this process: its connections for as long as there are any, and its loop while it is awake."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import trio

from rooms.begun import Begun
from rooms.connection import Connection, Phase
from rooms.envelope import Envelope
from rooms.errors import OutsideTurn
from rooms.isolate import Isolate
from rooms.lifecycle import State, moved
from rooms.mail import Gone, Mail, Message, Start
from rooms.mailbox import Mailbox
from rooms.members import Members
from rooms.refusals import NOT_IN_ROOM, OVERLOADED, unavailable
from storage import RoomKey, RoomSetAside, StorageError, SyncFailed

if TYPE_CHECKING:
    from rooms.environment import Environment
    from rooms.kind import Kind
    from rooms.room import Room
    from rooms.store import RoomFile
    from rooms.turn import Turn

AGAIN_SECONDS = 1.0


class Actor:
    """The single owner of one room. Hibernated, it is this object and its connections; awake, also a task and an isolate."""

    __slots__ = (
        "_awaits_step",
        "_begun",
        "_isolate",
        "_mailbox",
        "_parked",
        "_quarantined_until",
        "active_at",
        "auto_response",
        "backgrounds",
        "env",
        "key",
        "kind",
        "members",
        "state",
        "turn",
    )

    def __init__(self, key: RoomKey, kind: Kind, environment: Environment) -> None:
        self.key = key
        self.kind = kind
        self.env = environment
        self.state = State.EVICTED
        self.members = Members()
        self.auto_response: tuple[str, str] | None = None
        self.turn: Turn | None = None
        self.backgrounds = 0
        """How much work of it runs outside turns."""
        self._awaits_step = False
        self._begun: Begun | None = None
        self._isolate: Isolate | None = None
        self._mailbox: Mailbox | None = None
        self._parked: trio.lowlevel.Task | None = None
        self._quarantined_until: float | None = None
        self.active_at = 0.0
        """When something last happened in it, on trio's clock."""

    def hear(self, connection: Connection, message: Envelope | str | bytes) -> bool:
        """Mail a client's message. ``False``: the mailbox is full and the kind's senders are told so."""
        if connection.phase is Phase.CLOSED or connection.phase is Phase.REFUSED:
            connection.peer.failed(message, NOT_IN_ROOM)
            return True
        mail = Message(connection, message)
        mailbox = self._mailbox
        if self.state is not State.AWAKE or mailbox is None:
            mailbox = self._mailbox_for(mail)
            if mailbox is None:
                return True
        if self.kind.pauses_senders:
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
        """The socket of ``connection`` is gone. Rooms that were given up when the process ended hear of it no more."""
        if self.env.is_over or connection.phase in (Phase.CLOSED, Phase.REFUSED):
            return
        if self.state is State.HIBERNATED and not self.kind.hears_closes:
            self.members.dismiss(connection)
            if not self.members:
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
        """The running turn. Raises ``OutsideTurn``."""
        if self.turn is None:
            raise OutsideTurn(what)
        return self.turn

    def background_ended(self) -> None:
        """Of the work outside turns there is one less. After a quarantine the room may be another actor's."""
        self.backgrounds -= 1
        self.rest()

    @property
    def open_file(self) -> RoomFile | None:
        """The file of a room that is awake and can take turns."""
        isolate = self._isolate
        return None if isolate is None or isolate.is_over or self.state is not State.AWAKE else isolate.file

    def commit_lazily(self) -> None:
        """Close the open SQLite transaction."""
        if self._isolate is not None:
            self._isolate.commit_lazily()

    def failed(self, mail: Mail, error: BaseException, result: str) -> None:
        """A turn failed: note it, and whether it was one too many."""
        self.env.log.error("turn_failed", room=str(self.key), hook=mail.hook, result=result, exc_info=error)
        if not mail.retries_itself:
            self._count_failure()

    @property
    def mails_waiting(self) -> int:
        """How much mail waits."""
        return 0 if self._mailbox is None else len(self._mailbox)

    @property
    def is_light(self) -> bool:
        """Whether nothing is lost if the room sleeps now and wakes soon: it has no file that would have to be opened again."""
        return self.kind.light and (self._isolate is None or self._isolate.file.number == 0)

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to do, to wait for or to come back to."""
        if self._parked is None or self._isolate is None or self.mails_waiting:
            return False
        return self._isolate.is_settled and (self.env.is_stopping or not (self.backgrounds or self._isolate.is_stuck))

    def rest(self) -> None:
        """Something ended: if that was the last thing to do, the room is quiet from now on."""
        if self._isolate is None or not self._isolate.gate.waiting:  # else the gate's opening is the last thing
            self.active_at = self.env.now()
        if self.env.is_stopping and self.is_quiet:
            self.env.hibernation.fell_quiet()

    def hibernate(self) -> bool:
        """Drop the isolate of a quiet room and end its task. ``False``: it is not quiet."""
        if not self.is_quiet:
            return False
        self.isolate.close()
        self.isolate.take_apart()
        self._fall_asleep()
        self._wake_task()
        return True

    def _fall_asleep(self) -> None:
        self._quarantined_until = None  # damaged by the failure that was one too many, it is set aside instead
        self._isolate = None
        self._mailbox = None
        self.members.changed()
        self._become(State.HIBERNATED if self.members else State.EVICTED)

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
        if self.state is State.HIBERNATED:
            env.stats.rehydrations += 1
        self._become(State.AWAKE)
        self._mailbox = Mailbox(env.settings.mailbox_messages_max)
        self.active_at = env.now()
        env.hibernation.woke(self)
        env.waking.begin(self._live)
        return self._mailbox

    def _resume(self) -> None:
        """There is mail: let it have its turns, unless the task is at work."""
        if self._parked is None or self._awaits_step or self._mailbox is None:
            return
        if self._mailbox.mails[0].hook in self.kind.waitless_hooks:
            self._awaits_step = True
            self.env.stepping.soon(self)
        else:
            self._wake_task()

    def _wake_task(self) -> None:
        parked = self._parked
        if parked is not None:
            self._parked = None
            trio.lowlevel.reschedule(parked)

    def step(self) -> None:
        """Give mail its turns here, without the task: as long as no hook comes that may have to wait."""
        self._awaits_step = False
        mailbox, isolate, waitless = self._mailbox, self._isolate, self.kind.waitless_hooks
        if self._parked is None or mailbox is None or isolate is None:
            return
        batch = mailbox.take(self.env.settings.batch_mails_max)
        try:
            while batch and batch[0].hook in waitless and isolate.is_ready and self._begun is None and self._quarantined_until is None:
                self._begun = isolate.step(batch.popleft(), None)
        finally:
            self._end_batch(batch)
        if mailbox.mails or self._begun is not None or self._mailbox is not mailbox or self._quarantined_until is not None:
            self._wake_task()
        else:
            self.rest()

    def step_apart(self, mail: Mail) -> bool:
        """Give ``mail`` its turn at once, past the mailbox; the room is as quiet as before. ``False``: it has to be posted."""
        mailbox, isolate = self._mailbox, self._isolate
        if self._parked is None or isolate is None or not isolate.is_ready or mail.hook not in self.kind.waitless_hooks:
            return False
        self._begun = isolate.step(mail, None)
        self._end_batch(deque())
        if self._begun is not None or self._mailbox is not mailbox:
            self._wake_task()
        return True

    async def _live(self) -> None:
        """The actor's task: from the mail that woke the room until it hibernates."""
        mailbox = self._mailbox
        assert mailbox is not None
        self._open(deque())
        while self._mailbox is mailbox and self._quarantined_until is None:
            with trio.CancelScope() as scope:
                await self._work(scope, mailbox)
        if self._quarantined_until is not None:
            await self._sit_out_quarantine(self._quarantined_until)

    async def _work(self, scope: trio.CancelScope, mailbox: Mailbox) -> None:
        """Batch after batch, until there are no more, or a turn that had to wait has used ``scope`` up."""
        waited, task, mails_max = False, trio.lowlevel.current_task(), self.env.settings.batch_mails_max
        while not waited and self._mailbox is mailbox and self._quarantined_until is None:
            if mailbox.mails or self._begun is not None:
                waited = await self._handle(mailbox.take(mails_max), scope)
                if mailbox.mails:
                    await trio.lowlevel.checkpoint()
            else:
                self._parked = task
                self.rest()
                await trio.lowlevel.wait_task_rescheduled(self._leave_park)

    def _leave_park(self, _raise_cancel: object) -> trio.lowlevel.Abort:
        self._parked = None
        return trio.lowlevel.Abort.SUCCEEDED

    async def _handle(self, batch: deque[Mail], scope: trio.CancelScope) -> bool:
        """A turn for each mail, until one had to wait. Whether one had to."""
        begun, self._begun = self._begun, None
        try:
            if begun is not None:
                await self.isolate.finish(begun, scope)
            while batch and begun is None and self._quarantined_until is None:
                isolate = self.isolate
                if isolate.before_next_turn:
                    await isolate.settle()
                if isolate.is_over:
                    if not self._open_anew(batch):
                        break
                    isolate = self.isolate
                mail = batch.popleft()
                starts = isolate.room is None and mail.needs_room
                begun = isolate.step(Start(mail) if starts else mail, scope)
                if begun is not None:
                    await isolate.finish(begun, scope)
                if starts and isolate.room is not None:
                    batch.appendleft(mail)
        finally:
            self._end_batch(batch)
        return begun is not None

    def _end_batch(self, rest: deque[Mail]) -> None:
        if self._isolate is None or self._mailbox is None:
            return
        if rest:
            self._mailbox.put_back(rest)
        self._isolate.pause()
        if self._isolate.is_over:
            self._open_anew(deque())

    def _open(self, batch: deque[Mail]) -> bool:
        try:
            self._isolate = Isolate(self, self.env.folder.room(self.key))
        except StorageError as error:
            if isinstance(error, SyncFailed):
                raise
            self._refuse_all(error, batch)
            return False
        if self.kind.derives:
            self.env.deriving.soon(self)
        return True

    def _open_anew(self, batch: deque[Mail]) -> bool:
        """The room was destroyed, and what follows is another one of that name; or it is damaged."""
        self.isolate.close()
        self._isolate = None
        return self._open(batch)

    def _refuse_all(self, error: StorageError, batch: deque[Mail]) -> None:
        """The room cannot be opened: damaged, it loses its connections; else only its mail is refused."""
        self.env.log.error("room_unavailable", room=str(self.key), error=str(error))
        assert self._mailbox is not None
        mails = [*batch, *self._mailbox.take(len(self._mailbox))]
        batch.clear()
        if isinstance(error, RoomSetAside):
            for connection in self.members.dismiss_all():
                connection.peer.close_nowait(1011, "unavailable")
        self._count_failure()
        self._fall_asleep()
        for mail in mails:
            mail.refused(unavailable())

    def _count_failure(self) -> None:
        until = self.env.quarantine.failed(self.key, trio.current_time())
        if until is not None and self._isolate is not None:
            self._quarantined_until = until

    async def _sit_out_quarantine(self, until: float) -> None:
        """Let go of the isolate when everything said is heard, then refuse mail until the time has come."""
        isolate, mailbox = self.isolate, self._mailbox
        assert mailbox is not None
        self.env.log.error("room_quarantined", room=str(self.key), seconds=round(until - trio.current_time(), 1))
        await isolate.settle()
        isolate.close()
        self._isolate = None
        self._become(State.QUARANTINED)
        mailbox.refuse(unavailable())
        await trio.sleep_until(until)
        self._fall_asleep()
        for mail in mailbox.take(len(mailbox)):
            self.env.post(self.key, mail)
