"""The journal: what was appended is there, what failed is not, and nobody is told otherwise, whichever call fails."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

import pytest

from storage import Alarm, Journal, JournalFull, Record, RoomKey, StorageSettings, SyncFailed
from storage.record import encode_record
from storage.recovery import FoundJournal, find_journal
from tests.storage.failing_disk import BROKEN, FULL, FailingDisk, ShortDisk, Stopped

ID = "0123456789abcdef" * 2
ROOM = RoomKey("rooms", "lobby")
OTHER = RoomKey("rooms", "other")
SETTINGS = StorageSettings(segment_bytes=8192)


def journal_in(folder: Path, disk: object = None, settings: StorageSettings = SETTINGS, found: FoundJournal | None = None) -> Journal:
    folder.mkdir(exist_ok=True)
    number, batch, sealed = (found.next_number, found.next_batch, found.segments) if found else (1, 1, [])
    return Journal(folder, ID, settings, disk or FailingDisk(), number=number, batch=batch, sealed=sealed)  # type: ignore[arg-type]


def record(number: int, size: int = 100, key: RoomKey = ROOM) -> Record:
    return encode_record(key, "e", 0, number, 0, Alarm(1, 2, 3), [(3, "key", b"x" * size)])


def found_in(folder: Path, *, settle: bool = False) -> FoundJournal:
    found = find_journal(folder, lambda *_: None, FailingDisk() if settle else None)
    found.close()
    return found


def numbers(folder: Path, key: RoomKey = ROOM) -> list[int]:
    found = find_journal(folder, lambda *_: None, None)
    try:
        assert found.faults == []
        return [body.number for body in found.records(key)]
    finally:
        found.close()


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    journal = journal_in(tmp_path / "j")
    journal.append([record(1), record(1, key=OTHER), record(2)])
    journal.append([record(3)])
    assert numbers(tmp_path / "j") == [1, 2, 3]
    assert numbers(tmp_path / "j", OTHER) == [1]
    assert (journal.batches, journal.records) == (2, 4)


def test_an_append_is_one_write_and_one_sync(tmp_path: Path) -> None:
    disk = FailingDisk(kinds=("pwrite", "fdatasync"))
    journal = journal_in(tmp_path / "j", disk)
    journal.append([record(1)])
    before = disk.calls
    journal.append([record(number) for number in range(2, 20)])
    assert disk.calls - before == 2


def test_relaxed_writes_and_does_not_sync_until_a_segment_is_full(tmp_path: Path) -> None:
    disk = FailingDisk(kinds=("fdatasync",))
    journal = journal_in(tmp_path / "j", disk, StorageSettings(segment_bytes=8192, durability="relaxed"))
    journal.append([record(1)])
    allocated = disk.calls
    journal.append([record(2)])
    assert disk.calls == allocated
    journal.seal()
    assert disk.calls == allocated + 1
    assert numbers(tmp_path / "j") == [1, 2]


def test_a_full_segment_is_followed_by_one_that_was_made_ahead(tmp_path: Path) -> None:
    journal = journal_in(tmp_path / "j")
    journal.prepare()
    for number in range(1, 100):
        journal.append([record(number)])
        journal.prepare()
    assert len(journal.sealed) >= 1
    assert numbers(tmp_path / "j") == list(range(1, 100))


def test_with_a_segment_ahead_a_change_of_segments_allocates_nothing(tmp_path: Path) -> None:
    disk = FailingDisk(kinds=("open", "sync_folder"))
    journal = journal_in(tmp_path / "j", disk)
    journal.append([record(1, 6000)])
    journal.prepare()
    before = disk.calls
    journal.append([record(2, 6000)])
    assert disk.calls == before
    assert len(journal.sealed) == 1


def test_a_record_larger_than_a_segment_gets_one_of_its_own(tmp_path: Path) -> None:
    journal = journal_in(tmp_path / "j")
    journal.prepare()
    journal.append([record(1), record(2, 50_000)])
    journal.append([record(3)])
    assert numbers(tmp_path / "j") == [1, 2, 3]


def test_a_segment_is_allocated_whole(tmp_path: Path) -> None:
    """So that a full disk shows before a record is promised."""
    journal = journal_in(tmp_path / "j")
    journal.append([record(1)])
    (path,) = (tmp_path / "j").iterdir()
    assert path.stat().st_size == 8192
    assert path.stat().st_blocks * 512 >= 8192
    assert path.stat().st_mode & 0o777 == 0o600


def test_short_writes_are_gone_on_with(tmp_path: Path) -> None:
    journal = journal_in(tmp_path / "j", ShortDisk())
    journal.append([record(1), record(2)])
    assert numbers(tmp_path / "j") == [1, 2]


def test_closing_leaves_nothing_that_is_unused(tmp_path: Path) -> None:
    journal = journal_in(tmp_path / "j")
    journal.prepare()
    journal.close()
    assert list((tmp_path / "j").iterdir()) == []


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_keeps_none_of_the_append_and_heals(tmp_path: Path, error: int) -> None:
    disk = FailingDisk(kinds=("pwrite",))
    journal = journal_in(tmp_path / "j", disk)
    journal.append([record(1)])
    disk._at, disk._error = disk.calls + 1, error
    with pytest.raises(JournalFull):
        journal.append([record(2, 1000), record(3)])
    assert numbers(tmp_path / "j") == [1]
    journal.append([record(2)])
    assert numbers(tmp_path / "j") == [1, 2]


def test_nothing_of_a_longer_failed_append_shows_behind_a_shorter_one(tmp_path: Path) -> None:
    disk = FailingDisk(kinds=("pwrite",))
    journal = journal_in(tmp_path / "j", disk)
    journal.append([record(1)])
    disk._at, disk._error, disk._short = disk.calls + 1, FULL, False
    with pytest.raises(JournalFull):
        journal.append([record(2), record(3), record(4)])
    journal.append([record(2, 10)])
    assert numbers(tmp_path / "j") == [1, 2]


@pytest.mark.parametrize(("error", "kind"), [(FULL, "pwrite"), (FULL, "open"), (errno.EMFILE, "open"), (errno.EMFILE, "sync_folder")])
def test_without_what_a_new_segment_takes_the_old_ones_stay_and_it_heals(tmp_path: Path, error: int, kind: str) -> None:
    disk = FailingDisk()
    journal = journal_in(tmp_path / "j", disk)
    journal.append([record(1, 6000)])
    disk.calls = 0
    disk._at, disk._error, disk._lasting, disk._kinds = 1, error, True, (kind,)
    journal.prepare()
    for _ in range(3):
        with pytest.raises(JournalFull):
            journal.append([record(2, 6000)])
    assert numbers(tmp_path / "j") == [1]
    disk.heal()
    journal.append([record(2, 6000)])
    assert numbers(tmp_path / "j") == [1, 2]


def test_a_failed_sync_ends_the_journal(tmp_path: Path) -> None:
    disk = FailingDisk(kinds=("fdatasync",))
    journal = journal_in(tmp_path / "j", disk)
    journal.append([record(1)])
    disk._at, disk._error = disk.calls + 1, BROKEN
    with pytest.raises(SyncFailed):
        journal.append([record(2)])
    disk.heal()
    with pytest.raises(SyncFailed):
        journal.append([record(3)])


def test_a_write_error_that_is_not_a_full_disk_ends_the_journal(tmp_path: Path) -> None:
    disk = FailingDisk(kinds=("pwrite",))
    journal = journal_in(tmp_path / "j", disk)
    journal.append([record(1)])
    disk._at, disk._error = disk.calls + 1, BROKEN
    with pytest.raises(SyncFailed):
        journal.append([record(2)])


PLAN: Sequence[Sequence[int]] = [(1,), (2, 3), (4,), (5, 6, 7), (8,)]
"""Numbers of the records of each append; they fill several segments."""


def append_all(journal: Journal) -> tuple[list[int], list[int]]:
    """Append the plan as the runtime would: after ``JournalFull`` the same again. Numbers promised, and those refused at last."""
    promised: list[int] = []
    for batch in PLAN:
        records = [record(number, 2500) for number in batch]
        try:
            journal.append(records)
        except JournalFull:
            journal.append(records)
        promised.extend(batch)
        journal.prepare()
    return promised, []


def count_calls(tmp_path: Path) -> int:
    disk = FailingDisk()
    append_all(journal_in(tmp_path / "count", disk))
    return disk.calls


def test_killed_at_any_call_every_promised_record_is_found_once(tmp_path: Path) -> None:
    calls = count_calls(tmp_path)
    assert calls > 25
    for k in range(1, calls + 1):
        folder = tmp_path / str(k)
        journal = journal_in(folder, FailingDisk(k, None))
        promised = promised_until(journal, Stopped)
        check(folder, promised, f"killed at call {k}")


@pytest.mark.parametrize("error", [FULL, BROKEN])
@pytest.mark.parametrize("short", [True, False])
def test_failing_at_any_call_every_promised_record_is_found_once(tmp_path: Path, error: int, short: bool) -> None:
    for k in range(1, count_calls(tmp_path) + 1):
        folder = tmp_path / f"{k}"
        journal = journal_in(folder, FailingDisk(k, error, short=short))
        promised = promised_until(journal, (SyncFailed, OSError))
        check(folder, promised, f"{errno.errorcode[error]} at call {k}")


def promised_until(journal: Journal, end: type[BaseException] | tuple[type[BaseException], ...]) -> list[int]:
    promised: list[int] = []
    try:
        for batch in PLAN:
            records = [record(number, 2500) for number in batch]
            try:
                journal.append(records)
            except JournalFull:
                journal.append(records)
            promised.extend(batch)
            journal.prepare()
    except end:
        pass
    return promised


def check(folder: Path, promised: list[int], when: str) -> None:
    """Found is what was promised, perhaps with a beginning of the append that was under way; and the journal goes on from there."""
    everything = [number for batch in PLAN for number in batch]
    for settle in (False, True, True):
        found = find_journal(folder, lambda *_: None, FailingDisk() if settle else None)
        kept = [body.number for body in found.records(ROOM)]
        found.close()
        assert found.faults == [], when
        assert kept == everything[: len(kept)], when
        assert len(kept) >= len(promised), when
    journal = journal_in(folder, found=found)
    journal.append([record(len(kept) + 1)])
    assert numbers(folder) == [*kept, len(kept) + 1], when
    journal.close()


def test_a_reader_whom_retirement_overtakes_misses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    journal = journal_in(folder)
    for number in range(1, 10):
        journal.append([record(number)])
        journal.seal()

    def retire_two(_what: str, _done: int, _total: int) -> None:
        for segment in journal.sealed[:2]:
            journal.forget(segment)

    found = find_journal(folder, retire_two, None)
    try:
        assert found.faults == []
        assert [body.number for body in found.records(ROOM)] == list(range(1, 10))
    finally:
        found.close()
