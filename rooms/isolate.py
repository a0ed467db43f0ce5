"""The awake part of a room: its open file, its room object, and the one turn at a time that both take part in."""

from __future__ import annotations

import types
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

import outcome
import trio

from rooms.begun import Begun
from rooms.effects import Close, Effect, Notice
from rooms.errors import TooManyTells
from rooms.gate import OutputGate, Said
from rooms.mail import Mail
from rooms.refusal import Refusal
from rooms.refusals import INTERNAL, OVERLOADED, STORAGE_FULL, TIMEOUT, UNKNOWN_OUTCOME, unavailable
from rooms.release import let_be_heard
from rooms.turn import Turn
from storage import Record, RoomSetAside, SqlTimeout, StorageError, StorageFull, SyncFailed

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.room import Room
    from rooms.store import RoomFile

DESTROYED_CODE = 4404
COMMIT_AGAIN_SECONDS = 1.0
COMMIT_PAUSE = 9


class Isolate:
    """Runs turns: ``begin``, the hook, ``end``; then what was said waits in the gate for the turn's record.

    A turn that raises costs the room object. The file stays open until ``close``, and with it the SQLite
    transaction of the turns that are durable but not yet committed.
    """

    __slots__ = (
        "_actor",
        "_env",
        "_no_commit_before",
        "_opened",
        "_scope",
        "_turn_began",
        "_undo_due",
        "before_next_turn",
        "file",
        "gate",
        "is_over",
        "room",
    )

    def __init__(self, actor: Actor, file: RoomFile) -> None:
        self._actor = actor
        self._env = actor.env
        self.before_next_turn: list[Callable[[], None]] = []
        """What must be done first; it may have to wait for what was said to be heard: ``settle``."""
        self._opened: trio.Event | None = None
        self._undo_due: Refusal | None = None
        self.file = file
        self.gate = OutputGate(file.number)
        self.room: Room | None = None
        self._no_commit_before = 0.0
        self._scope: trio.CancelScope | None = None
        self._turn_began = 0.0
        self.is_over = False
        """The file takes no more turns: the room was destroyed, or is damaged. What follows opens it anew."""

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits: everything said is heard, nothing is to be done before the next turn."""
        return not (self.gate.waiting or self.before_next_turn)

    @property
    def is_ready(self) -> bool:
        """Whether a turn can begin without anything else being done first."""
        return self.room is not None and not self.before_next_turn and not self.is_over

    @property
    def is_stuck(self) -> bool:
        """Whether the file has no space for what the room promised. Asleep, it would not try again, and the journal could not go."""
        return self.file.trouble is not None and self.file.uncommitted_bytes > 0

    def step(self, mail: Mail, scope: trio.CancelScope | None) -> Begun | None:
        """Run the turn of ``mail``, which is told if there can be none now.

        A hook that has to wait is returned, to be given to ``finish`` within ``scope``, open by now.
        Without a ``scope`` this is not the room's task: a hook that may have to wait (it was replaced) is returned before it begins.
        """
        env, file = self._env, self.file
        turn = self._actor.turn = Turn(mail=mail, clock=env.clock)
        self._scope = scope
        self._turn_began = started = perf_counter()
        file.sql_deadline = started + env.settings.turn_seconds
        try:
            if file.trouble is not None:
                self._commit_again()
            file.begin()
        except StorageError as error:
            if isinstance(error, SyncFailed):
                raise
            self._cannot_begin(mail, error)
            return None
        return self._run(turn)

    async def finish(self, hook: Begun, scope: trio.CancelScope) -> None:
        """Go on with a hook that had to wait, under the turn's time limit. What was said before it need not wait with it."""
        turn = self._actor.turn
        assert turn is not None
        self.release()
        self._scope = scope
        if self._undo_due is not None:
            scope.cancel()
        scope.deadline = trio.current_time() + self._env.settings.turn_seconds
        turn.waited = True
        self._run(turn, await outcome.acapture(_unwrapped, hook))

    async def settle(self) -> None:
        """Wait until everything said is heard, and do what had to wait for that."""
        while not self.is_settled:
            self.release()
            if self.gate.waiting:
                self._opened = trio.Event()
                await self._opened.wait()
            else:
                self._catch_up()

    def end_part(self, effect: Effect) -> None:
        """End the running turn so far, as if it had returned, with ``effect`` as its last; the rest is another part of it."""
        turn = self._actor.turn
        assert turn is not None
        turn.effects.append(effect)
        self._end(turn, None)
        turn.next_part(self.file.number)
        self.file.begin()
        self.release()

    def pause(self) -> None:
        """No turn follows at once: let be heard what may be heard, do what had to wait."""
        self.release()
        if self.before_next_turn and not self.gate.waiting:
            self._catch_up()

    def release(self) -> None:
        """Let be heard what may be heard."""
        if self.gate.free:
            let_be_heard(self.gate.take_free())

    def opened(self, durable: int) -> None:
        """The records up to ``durable`` are on disk."""
        gate = self.gate
        gate.opened(durable)
        self.release()
        if not gate.waiting:
            self._nothing_waits()

    def undo(self, refusal: Refusal) -> None:
        """The records after the durable ones are lost: take back everything since. A running turn is cancelled first."""
        if self._actor.turn is None:
            self._undo(refusal)
        else:
            self._undo_due = refusal
            if self._scope is not None:
                self._scope.cancel()

    def commit_lazily(self) -> None:
        """Commit what is durable; if a later turn is not yet, the next turn waits for it."""
        is_free = self._actor.turn is None and not self.before_next_turn
        if is_free and self._commit():
            return
        if is_free and not self.gate.waiting:  # the disk is full: it heals
            self._env.later(COMMIT_AGAIN_SECONDS, self._env.lazy_commits.dirty, self._actor)
        elif self.commit_lazily not in self.before_next_turn:
            self.before_next_turn.append(self.commit_lazily)

    def close(self) -> None:
        """Commit what is durable and close the file. What the disk has no space for now, the folder keeps until it is opened again."""
        self._commit()
        self._env.lazy_commits.clean(self._actor)
        self.file.close()

    def take_apart(self) -> None:
        """The room sleeps. What its object and the parts of it know of each other would keep all of them until the collector looks at
        everything there is: 1 KB a socket when many rooms fall asleep."""
        if self.room is not None:
            vars(self.room).clear()
            self.room = None

    def _run(self, turn: Turn, result: outcome.Outcome[Any] | None = None) -> Begun | None:
        """From the hook's call, or from the ``result`` of one that had to wait, to the turn's end. A hook that has to wait is returned."""
        mail, became = turn.mail, "returned"
        try:
            value = mail.start(self._actor, turn) if result is None else result.unwrap()
            if value.__class__ is types.CoroutineType:
                if self._scope is None and value.cr_code is not self._actor.kind.waitless_hooks.get(mail.hook):
                    return Begun(value, None)
                try:
                    trap = value.send(None)
                except StopIteration as stop:
                    value = stop.value
                else:
                    return Begun(value, trap)
            mail.returned(self._actor, turn, value)
            self._end(turn, mail)
        except (Exception, SystemExit) as error:  # a hook that calls exit() ends its turn, not everybody's server
            became = self._failed(turn, error)
            if isinstance(error, SyncFailed):
                raise
        except BaseException as error:
            self._over(turn, self._failed(turn, error))
            raise
        self._over(turn, became)
        return None

    def _cannot_begin(self, mail: Mail, error: StorageError) -> None:
        """There can be no turn now: tell whoever caused it."""
        self._actor.turn = None
        self._note_damage(error)
        self._env.log.error("turn_not_begun", room=str(self._actor.key), hook=mail.hook, error=str(error))
        refusal = STORAGE_FULL if isinstance(error, StorageFull) else unavailable()
        self._tell_failure(mail.caused_by, mail.caused_by.undone, (self._actor, refusal))

    def _end(self, turn: Turn, mail: Mail | None) -> None:
        if self._undo_due is not None:
            raise _Undone
        record = self.file.end()
        if record is not None:
            self._submit(record)
        elif self.file.derives:
            self._env.lazy_commits.dirty(self._actor)
        if turn.destroys and mail is not None:
            self._destroy(turn)
        if mail is None:
            self.gate.say(Said(None, self.file.number, turn.effects, turn.undo_log))
        else:
            turn.number = self.file.number
            self.gate.say(turn)

    def _submit(self, record: Record) -> None:
        self._env.committer.submit(self, record)
        if self.file.trouble is not None:
            return  # the room commits again by itself
        self._env.lazy_commits.dirty(self._actor)
        if self.file.uncommitted_bytes > self._env.settings.uncommitted_bytes_max and not self.before_next_turn:
            self.before_next_turn.append(self.commit_lazily)

    def _destroy(self, turn: Turn) -> None:
        self._submit(self.file.destroy())
        for connection in self._actor.members.disband(turn):
            turn.effects.append(Close(connection, DESTROYED_CODE, "room destroyed"))
        self.before_next_turn.append(self._be_over)

    def _note_damage(self, error: BaseException) -> None:
        if isinstance(error, RoomSetAside):
            self.before_next_turn.append(self._be_over)

    def _be_over(self) -> None:
        self.is_over = True

    def _failed(self, turn: Turn, error: BaseException) -> str:
        """Nothing of the turn happens, and whoever caused it is told. What became of the turn."""
        actor, mail = self._actor, turn.mail
        result, refusal = self._reason(error, turn)
        turn.take_back()
        self.room = None
        self._note_damage(error)
        self._roll_back()
        if self._undo_due is not None:
            self._undo(self._undo_due)
            mail.caused_by.undone(actor, refusal)
        elif result == "undone":
            self._tell_failure(mail.caused_by, mail.caused_by.undone, (actor, refusal))
        elif result != "cancelled":
            self._tell_failure(mail.caused_by, mail.caused_by.raised, (actor, error, refusal))
            actor.failed(mail, error, result)
        return result

    def _tell_failure(self, mail: Mail, tell: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        """Notice whoever caused the turn, in its place among what is said."""
        self.gate.say(Said(mail, self.file.number, [Notice(tell, arguments)]))

    def _reason(self, error: BaseException, turn: Turn) -> tuple[str, Refusal]:
        if self._undo_due is not None:
            is_heard = turn.first_part is not None and turn.first_part <= self.gate.durable
            return "undone", UNKNOWN_OUTCOME if is_heard else self._undo_due
        if isinstance(error, StorageFull):
            return "undone", STORAGE_FULL
        if isinstance(error, TooManyTells):  # the other room is at fault: no ground to leave this one alone
            return "undone", OVERLOADED
        if isinstance(error, RoomSetAside):
            return "raised", unavailable()
        if (self._scope is not None and self._scope.cancel_called) or isinstance(error, SqlTimeout):
            return "timeout", TIMEOUT
        return "raised" if isinstance(error, Exception | SystemExit) else "cancelled", INTERNAL

    def _roll_back(self) -> None:
        try:
            self.file.rollback()
        except RoomSetAside as error:  # the turns before it were to be done again
            self._note_damage(error)
            return
        if not self.file.stands():  # SQLite gave up all that was not committed, also turns whose records are on their way
            self.before_next_turn.append(self._rebuild)

    def _rebuild(self) -> None:
        self._undo_file(self.file.number)

    def _undo(self, refusal: Refusal) -> None:
        self._undo_due = None
        self.room = None
        undone = self.gate.take_back()
        self._undo_file(self.gate.durable)
        for said in reversed(undone):
            if said.mail is not None:
                said.mail.undone(self._actor, refusal)
        self._nothing_waits()

    def _commit(self) -> bool:
        started, trouble_before = perf_counter(), self.file.trouble
        try:
            return self.file.commit(self.gate.durable)
        except RoomSetAside as error:
            self._note_damage(error)
            return True
        finally:
            ended = perf_counter()
            self._no_commit_before = ended + COMMIT_PAUSE * (ended - started)
            self._env.lazy_commits.spent(ended - started)
            if self.file.trouble is not None and trouble_before is None:
                self._env.log.error("room_not_committed", room=str(self._actor.key), error=self.file.trouble)

    def _commit_again(self) -> None:
        """The last commit found no space. Each try does everything since again, so tries may take a tenth of the time and no more."""
        if not self.gate.waiting and perf_counter() > self._no_commit_before:
            self._commit()

    def _undo_file(self, number: int) -> None:
        try:
            self.file.undo(number)
        except RoomSetAside as error:
            self._note_damage(error)

    def _catch_up(self) -> None:
        todo = self.before_next_turn
        if todo:
            self.before_next_turn = []
            for do in todo:
                do()

    def _nothing_waits(self) -> None:
        """The gate is empty: what is to be done before the next turn can be done, unless a turn runs."""
        if self.before_next_turn and self._actor.turn is None:
            self._catch_up()
        if self._opened is not None:
            self._opened.set()
            self._opened = None
        self._actor.rest()

    def _over(self, turn: Turn, result: str) -> None:
        """The turn is over: count it."""
        actor, env = self._actor, self._env
        actor.turn = None
        seconds = perf_counter() - self._turn_began
        env.stats.turns[actor.kind.name, turn.mail.hook, result] += 1
        env.stats.turn_seconds.observe(seconds)
        if env.meters:
            env.meters.observe(actor.key, seconds, env.now())
        if seconds > env.settings.slow_turn_seconds and not turn.waited:
            env.log.warning("turn_blocked_the_loop", room=str(actor.key), hook=turn.mail.hook, seconds=round(seconds, 3))


async def _unwrapped(hook: Begun) -> Any:
    """What the hook returns. Of a nursery that it was cancelled in, what failed beside the cancellation is the hook's own."""
    try:
        return await hook
    except BaseExceptionGroup as group:
        rest = group.subgroup(lambda each: not isinstance(each, Exception | BaseExceptionGroup))
        if rest is None:
            raise
        raise rest from None


class _Undone(Exception):
    """What came before this turn, or before this part of it, could not be stored."""
