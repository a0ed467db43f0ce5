"""The open file of one room: turns are staged in it, become records, and are committed once their records are durable."""

from __future__ import annotations

import contextlib
import weakref
from typing import Any

import apsw

from storage.alarm import RoomAlarm
from storage.database import create_room_file, cut_log, first_commit_done, open_writer, remove_database
from storage.derived import Derived, DerivedTables
from storage.epochs import epoch_of
from storage.errors import RoomDestroyed, RoomSetAside, StorageFull, SyncFailed, TurnTooLarge
from storage.record import Alarm, Flag, Record, encode_record
from storage.replay import read_room_row
from storage.room_storage import RoomStorage
from storage.schema import SET_NUMBER
from storage.settings import StorageSettings
from storage.sql import Sql
from storage.stand_in import StandIn, StandIns
from storage.standing import Standing
from storage.statements import Statements
from storage.tables import Migrations, Tables
from storage.tail import Tail
from storage.tells import Tells
from storage.turns import Turns


class RoomFile:
    """One room on disk. Used on one thread; made by ``DataFolder.room``.

    ``number`` is the last turn that ended with a record, ``committed`` the last one in the file. A room that never wrote has
    no file, and leaves none. After ``end`` the record is to be made durable by ``Journal.append``; ``commit`` and ``undo`` are
    told up to which number that has happened.
    """

    def __init__(
        self,
        standing: Standing,
        folder_id: str,
        generation: int,
        migrations: Migrations,
        derived: DerivedTables,
        settings: StorageSettings,
        statements: Statements,
        stand_ins: StandIns,
    ) -> None:
        self.key = standing.key
        self.epoch = epoch_of(folder_id, standing.key, generation)
        self.generation = generation
        self.number = 0
        self.committed = 0
        self.trouble: str | None = None
        """Why the last commit failed, until one succeeds."""
        self.sql_deadline: float | None = None
        """When SQL is stopped with ``SqlTimeout``, in ``time.perf_counter()`` seconds."""
        self._standing = standing
        self._folder_id = folder_id
        self._settings = settings
        self._migrations = migrations
        self._stand_ins = stand_ins
        self._alarm_committed: Alarm | None = None
        self._tail = Tail()
        self._durable = 0
        self._behind = False
        self._destroyed = False
        self._turns = Turns(self.key, settings, weakref.proxy(self))  # in a circle they would outlive the room's waking hours
        self._derived = Derived(self._turns, derived)
        sql = Sql(self._turns, statements, settings.rows_max, self._derived)
        self._tables = Tables(self._turns, sql, migrations)
        self.alarm = RoomAlarm(self._turns)
        self.tells = Tells(self._turns)
        self.storage = RoomStorage(self._turns, sql, self._tables, self.alarm)

    def begin(self) -> None:
        """A turn begins. It costs no SQLite call until the first write.

        While the disk has no space for what this room promised before, a write in it raises ``StorageFull``. Raises ``StorageFull`` if
        the file cannot even be read as it should be, ``MigrationFailed``, ``RoomDestroyed``; then no turn is open.
        """
        turns, tables = self._turns, self._tables
        if turns.failed or self._behind or self._destroyed or self.trouble is not None:
            self._make_ready()
        turns.begin()
        if tables.migrated != tables.steps and turns.file_stands:
            self._migrate()

    def end(self) -> Record | None:
        """The turn ended well. Its record, to be made durable before anything of it is heard; None if nothing was written.

        Raises what makes that impossible (an error of SQLite that the author swallowed, a deferred foreign key, ``TurnTooLarge``);
        then the turn is still open and is to be rolled back.
        """
        turns = self._turns
        turns.check()
        operations = turns.operations
        assert operations is not None, "no turn is open"
        if not operations and not (turns.forgets and self.number):
            turns.release()
            return None
        alarm, flags = self.alarm, 0
        if self.number == 0 or alarm.changed or turns.forgets or self.tells.touched or self._tables.changed:
            if self.number == 0 and self._tables.only_filled():
                self.rollback()
                return None
            flags = self._flags()
        record = encode_record(self.key, self.epoch, self.generation, self.number + 1, flags, alarm.now, operations)
        size_bytes = len(record.data)
        if size_bytes > self._settings.record_bytes_max:
            raise TurnTooLarge(size_bytes, self._settings.record_bytes_max)
        turns.release()
        if flags or self._tables.changed:
            alarm.keep()
            self._tables.keep()
            self.tells.touched = False
        self.number = record.number
        self._tail.add(record)
        return record

    def rollback(self) -> None:
        """The turn raised: nothing of it stays. Ask ``stands`` after it; if it is False, ``undo``."""
        undone = self._turns.rollback()
        self.alarm.rollback()
        self.tells.reload()
        self._tables.rollback()
        if self.number == 0:
            self._remove_files()
        elif self.number == self.committed and self.stands():
            self._leave_transaction()
        elif not undone:
            self._fall_behind()

    def stands(self) -> bool:
        """Whether the open transaction is still there. SQLite gives it up on a full disk, an interrupt or ``OR ROLLBACK``: ask after any
        error, and ``undo`` if it is gone."""
        return self._turns.stands()

    def commit(self, durable: int) -> bool:
        """Put every turn so far into the file, unsynced, if all are durable. No turn may be open.

        Returns whether the file now has all of them. False: a record above ``durable`` waits, or there is no space (``trouble``
        says so; ask again later, nothing is lost). After a ``destroy`` it removes the file instead. Raises ``SyncFailed``.
        """
        assert self._turns.operations is None, "a turn is open"
        self._durable = durable
        if self.number > durable:
            return False
        if self._destroyed:
            self._finish_destroy()
            return True
        if self.number == self.committed and not self._turns.derives:
            self.trouble = None
            self._leave_transaction()
            return True
        return self._commit()

    def undo(self, durable: int) -> None:
        """Take back every turn above ``durable``, whatever state the transaction is in: file, number and alarm are as of ``durable``."""
        self._turns.give_up()
        self._tail.cut(durable)
        self.number = self._tail.records[-1].number if self._tail.records else self.committed
        self._destroyed = self._tail.is_destroyed
        self.alarm.restore(self._tail.alarm(self._alarm_committed))
        self.tells.reload()
        self._fall_behind()

    def destroy(self) -> Record:
        """A turn of its own, with which the room's history ends. The file takes no more turns; when the record is durable, ``commit``
        removes it, and the name begins anew, with another epoch.
        """
        assert self._turns.operations is None, "a turn is open"
        self.number += 1
        flags = Flag.DESTROYED | Flag.FORGETS
        record = encode_record(self.key, self.epoch, self.generation, self.number, flags, None, [])
        self._tail.add(record)
        self._destroyed = True
        return record

    def interrupt(self) -> None:
        """Stop the SQL that runs. Callable from another thread."""
        connection = self._turns.connection
        if connection is not None:
            with contextlib.suppress(apsw.ConnectionClosedError):
                connection.interrupt()

    @property
    def derives(self) -> bool:
        """Whether ``commit`` would put derived tables into the file, also without a new record."""
        return self._turns.derives

    @property
    def turns_behind(self) -> int:
        """How many turns the derived tables have not followed; 1 if that is not known."""
        turns = self._turns
        if not self._derived.are_any or not turns.file_stands:
            return 0
        return self.number - turns.derived_number if turns.derived_number >= 0 else 1

    def followed(self) -> None:
        """The derived tables agree with every turn up to now, or it is of no use to try again before the next one."""
        self._turns.derived_number = self.number

    @property
    def uncommitted_bytes(self) -> int:
        """Records kept in memory because the file has not committed them. Commit before this passes ``uncommitted_bytes_max``."""
        return self._tail.size_bytes

    def close(self) -> None:
        """Let the file go: no checkpoint, no sync. Records that could not be committed are taken up again when the room is opened."""
        self._standing.tail = self._tail.records
        self._turns.give_up()
        self._turns.drop_connection()
        self._standing.open = False

    def open(self) -> None:
        """Open the file that exists. For ``DataFolder`` only.

        Raises ``apsw.Error`` if it is no database or has not the tables of a room, ``RoomSetAside`` if it is not this room's,
        ``StorageFull`` if records that it lacks find no space.
        """
        self._turns.use(open_writer(self._standing.database))
        row: Any = read_room_row(self._cursor())
        if row is None:
            raise RoomSetAside(self.key, "the file has no row for the room")
        kind, name, epoch, generation, number, migrated, *alarm, _ = row
        if (kind, name) != tuple(self.key):
            raise RoomSetAside(self.key, f"the file is that of {kind}/{name}")
        if generation != self.generation:
            raise RoomSetAside(self.key, f"the file is of generation {generation}, not {self.generation}")
        self.epoch = epoch
        self.number = self.committed = number
        self._tables.migrated = migrated
        self._alarm_committed = Alarm(*alarm) if alarm[0] is not None else None
        self.alarm.restore(self._alarm_committed)
        self._standing.open = True

    def start_over(self) -> None:
        """The file that was opened holds nothing that was ever committed: the room has none. For ``DataFolder`` only."""
        self._remove_files()

    def take_up(self, tail: list[Record]) -> None:
        """Bring the file forward by durable records that an earlier opening had no space for. For ``DataFolder`` only."""
        for record in tail:
            self._tail.add(record)
        if tail:
            self.undo(tail[-1].number)

    def make_file(self) -> None:
        """``Turns.Owner``: the first write."""
        self._turns.use(create_room_file(self._standing.database))
        self._turns.derived_number = 0
        self._standing.made = self._standing.open = True

    def fill_file(self) -> None:
        """``Turns.Owner``: the first write's turn makes the tables."""
        self._tables.fill(self.epoch, self.generation)

    def stand_in(self) -> StandIn:
        """``Turns.Owner``: SQL is read before anything was written."""
        return self._stand_ins.of(self.key, (*self._migrations, *self._derived.schema))

    def found_damage(self, reason: str) -> None:
        """``Turns.Owner``: the room is set aside when it is opened next."""
        self._standing.damage = reason

    def _make_ready(self) -> None:
        """Before a turn of a room in which something went wrong: its transaction is whole again, or this raises."""
        if self._destroyed:
            raise RoomDestroyed(self.key)
        if self._behind or not self._turns.stands():
            self._turns.give_up()
            self._catch_up()
        self._turns.failed, self._turns.full = False, None
        if self.trouble is not None and self._tail.size_bytes > self._settings.uncommitted_bytes_max and not self.commit(self._durable):
            self._turns.full = StorageFull(f"{self.key} has {self._tail.size_bytes} bytes that its file has no space for: {self.trouble}")

    def _migrate(self) -> None:
        try:
            self._tables.migrate()
        except BaseException:
            self.rollback()
            raise

    def _flags(self) -> int:
        flags = 0
        if self.number == 0:
            flags |= Flag.MADE
        if self.alarm.changed:
            flags |= Flag.ALARM_CHANGED
        if self.tells.touched:
            flags |= Flag.TELLS_WAIT if self.tells.waiting else Flag.TELLS_DONE
        if self._turns.forgets:
            flags |= Flag.FORGETS
        return flags

    def _commit(self) -> bool:
        try:
            if self._behind or not self._turns.stands():
                self._turns.give_up()
                self._catch_up()
            cursor = self._cursor()
            cursor.execute(SET_NUMBER, (self.number,))
            cursor.execute("COMMIT")
        except (apsw.Error, StorageFull) as error:
            self.trouble = str(error)
            self._fall_behind()
            return False
        self._turns.begun = False
        if self._turns.derives:
            self._turns.derives = False
            self._standing.derived += 1
        if self.committed == 0 and self._turns.connection is not None:
            first_commit_done(self._turns.connection)
        self.trouble = self._turns.full = None
        self._settle()
        return True

    def _settle(self) -> None:
        """Everything is in the file."""
        self.committed = self.number
        self._tail.cut(0)
        self._alarm_committed = self.alarm.now
        self._standing.committed = (self.generation, self.number)
        if self._standing.trim:
            self._trim()

    def _trim(self) -> None:
        """Cut the write-ahead file. The retiring thread folded most of it back; a busy room has no other moment without a transaction."""
        self._standing.trim = False
        try:
            with contextlib.suppress(apsw.FullError):  # the retiring thread asks again
                cut_log(self._cursor().connection)
        except apsw.IOError as error:
            raise SyncFailed(f"the file of {self.key} did not reach the disk: {error}") from error

    def _fall_behind(self) -> None:
        """The transaction is lost or wrong: roll back, and do the records that are not in the file again."""
        self._turns.give_up()
        self._behind = True
        with contextlib.suppress(StorageFull):
            self._catch_up()

    def _catch_up(self) -> None:
        """Do the tail again in a new transaction. Raises ``StorageFull`` (then it is still behind) and ``RoomSetAside``."""
        turns = self._turns
        deadline, self.sql_deadline = self.sql_deadline, None
        try:
            if self.number == 0:
                self._remove_files()
            else:
                self._replay()
        except apsw.Error as error:
            turns.give_up()
            self.trouble = str(error)
            if isinstance(error, apsw.FullError | apsw.IOError | apsw.BusyError | apsw.CantOpenError):
                raise StorageFull(f"{self.key} cannot be brought forward: {error}") from error
            self.found_damage(f"it cannot be brought forward: {error}")
            raise RoomSetAside(self.key, f"it cannot be brought forward: {error}") from error
        finally:
            self.sql_deadline = deadline
        self._behind = False

    def _replay(self) -> None:
        if not self._turns.file_stands:
            self.make_file()
        cursor = self._cursor()
        if self._tail.records:
            cursor.execute("BEGIN IMMEDIATE")
            self._turns.begun = True
            self._tail.replay(cursor)
        self._tables.migrated = read_room_row(cursor)[5]

    def _leave_transaction(self) -> None:
        """A transaction in which nothing was written is not kept open."""
        if self._turns.begun:
            self._turns.give_up()

    def _finish_destroy(self) -> None:
        self._turns.give_up()
        self._remove_files()
        self.generation += 1
        self.epoch = epoch_of(self._folder_id, self.key, self.generation)
        self.number = self._durable = 0
        self.alarm.restore(None)
        self._tables.migrated = 0
        self._destroyed = False
        self._settle()

    def _remove_files(self) -> None:
        """Nothing was ever committed, or all of it was destroyed: the room has no file."""
        self.tells.reload()
        if self._turns.file_stands:
            self._turns.drop_connection()
            remove_database(self._standing.database)

    def _cursor(self) -> apsw.Cursor:
        assert self._turns.cursor is not None
        return self._turns.cursor
