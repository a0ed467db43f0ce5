"""Makes turns durable: one append at a time for the records of all rooms that wait."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import trio

from rooms.refusals import STORAGE_FULL
from storage import JournalFull, Record

if TYPE_CHECKING:
    from rooms.environment import Environment
    from rooms.isolate import Isolate


class Committer:
    """Takes records as turns end; while one batch is written and synced, the next one forms."""

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._waiting: list[tuple[Isolate, Record]] = []
        self._waiting_since = 0.0
        self._more = trio.Event()

    def submit(self, isolate: Isolate, record: Record) -> None:
        """Make ``record`` durable; ``isolate.opened`` follows, or ``isolate.undo``."""
        if not self._waiting:
            self._waiting_since = perf_counter()
            self._more.set()
        self._waiting.append((isolate, record))

    async def run(self) -> None:
        """Append until cancelled. Raises ``SyncFailed``: what the disk holds is unknown, so no gate opens any more."""
        while True:
            if not self._waiting:
                self._more = trio.Event()
                await self._more.wait()
            batch, self._waiting = self._waiting, []
            await self._commit(batch, self._waiting_since)
            del batch  # until the next one it would keep the memory of rooms that fell asleep

    async def _commit(self, batch: list[tuple[Isolate, Record]], since: float) -> None:
        stats = self._env.stats
        records = [record for _, record in batch]
        try:
            await self._env.run_storing(self._env.folder.journal.append, records)
        except JournalFull as error:
            self._undo(batch, error)
            return
        stats.journal_syncs += 1
        stats.journal_records += len(records)
        stats.commit_seconds.observe(perf_counter() - since)
        for_host = [record for record in records if record.for_host]
        self._env.folder.host.apply(for_host)
        self._open(batch)
        if for_host:
            self._env.lazy_commits.host_changed()
        for record in for_host:
            if record.alarm_changed:
                self._env.alarms.changed()
                break

    def _open(self, batch: list[tuple[Isolate, Record]]) -> None:
        durable = {isolate: record.number for isolate, record in batch}
        for isolate, number in durable.items():
            isolate.opened(number)

    def _undo(self, batch: list[tuple[Isolate, Record]], error: JournalFull) -> None:
        """None of the batch is kept; nor can be what its rooms wrote since."""
        rooms = dict.fromkeys(isolate for isolate, _ in batch)
        self._env.log.error("journal_full", rooms=len(rooms), records=len(batch), error=str(error))
        self._waiting = [(isolate, record) for isolate, record in self._waiting if isolate not in rooms]
        for isolate in rooms:
            isolate.undo(STORAGE_FULL)
