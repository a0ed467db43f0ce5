"""Rooms against a model of dictionaries, through any sequence of turns, failures, full disks, hibernation, crashes and destruction."""

from __future__ import annotations

import shutil
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from storage import RoomFile, RoomKey, SqlFailed, StorageFull
from tests.storage.full_disk import full_disk
from tests.storage.process import Process

KEYS = [RoomKey("rooms", "one"), RoomKey("rooms", "Two ä")]
NEW: dict[str, Any] = {"kv": {}, "messages": {}, "alarm": None, "tells": {}, "last_tell": 0}

texts = st.sampled_from(["a", "b", "é", "\U0001f600"])
values = st.none() | st.integers(-5, 5) | st.lists(st.text(max_size=3), max_size=3) | st.binary(max_size=5)
steps = st.one_of(
    st.tuples(st.just("put"), texts, values),
    st.tuples(st.just("delete"), texts),
    st.tuples(st.just("insert"), st.integers(1, 3), texts),
    st.tuples(st.just("insert or fail"), st.integers(1, 3), texts),
    st.tuples(st.just("update"), st.integers(1, 6), texts),
    st.tuples(st.just("remove"), st.integers(1, 6)),
    st.tuples(st.just("alarm"), st.integers(1, 10_000)),
    st.tuples(st.just("no alarm")),
    st.tuples(st.just("tell"), st.binary(max_size=3)),
    st.tuples(st.just("sent"), st.integers(1, 4)),
    st.tuples(st.just("delete all")),
    st.tuples(st.just("table"), texts),
)
turns = st.tuples(st.sampled_from(KEYS), st.lists(steps, min_size=1, max_size=6), st.sampled_from([True, True, True, False]))


class Model:
    """One room as it should be. ``ended[n]`` is the state after turn n of this generation; ``durable`` is the last one in the journal."""

    def __init__(self) -> None:
        self.ended = [deepcopy(NEW)]
        self.durable = 0
        self.epochs: list[str] = []

    @property
    def now(self) -> dict[str, Any]:
        return self.ended[-1]

    def undo(self) -> None:
        del self.ended[self.durable + 1 :]

    def destroy(self) -> None:
        self.ended = [deepcopy(NEW)]
        self.durable = 0


def do(file: RoomFile, state: dict[str, Any], step: tuple[Any, ...]) -> None:
    """One step of a turn, in the room and in the model."""
    storage, messages = file.storage, state["messages"]
    match step:
        case "put", key, value:
            storage.put(key, value)
            state["kv"][key] = value
        case "delete", key:
            assert storage.delete(key) == (key in state["kv"])
            state["kv"].pop(key, None)
        case "insert", seq, body:
            try:
                storage.sql("INSERT INTO messages(seq, body) VALUES(?, ?)", seq, body)
                assert seq not in messages
                messages[seq] = body
            except SqlFailed:
                assert seq in messages
        case "insert or fail", seq, body:
            try:
                storage.sql("INSERT OR FAIL INTO messages(seq, body) VALUES(?, ?), (?, ?)", seq + 100, body, seq, body)
                assert not {seq, seq + 100} & messages.keys()
                messages[seq + 100] = messages[seq] = body
            except SqlFailed:
                if seq + 100 not in messages:
                    assert seq in messages
                    messages[seq + 100] = body
        case "update", seq, body:
            storage.sql("UPDATE messages SET body = ? WHERE seq >= ?", body, seq)
            messages.update({key: body for key in messages if key >= seq})
        case "remove", seq:
            removed = storage.sql("DELETE FROM messages WHERE seq = ? RETURNING seq", seq)
            assert removed == ([(seq,)] if messages.pop(seq, None) else [])
        case "alarm", at_ms:
            storage.set_alarm(at_ms)
            state["alarm"] = at_ms
        case ("no alarm",):
            storage.delete_alarm()
            state["alarm"] = None
        case "tell", arguments:
            state["last_tell"] += 1
            assert file.tells.add(KEYS[0], "greet", arguments) == state["last_tell"]
            state["tells"][state["last_tell"]] = arguments
        case "sent", number:
            file.tells.sent(number)
            state["tells"].pop(number, None)
        case ("delete all",):
            storage.delete_all()
            state["kv"], state["messages"], state["alarm"] = {}, {}, None
        case "table", name:
            storage.sql(f'CREATE TABLE IF NOT EXISTS "own {name}"(a)')


def seen(file: RoomFile) -> dict[str, Any]:
    return {
        "kv": file.storage.list(),
        "messages": dict(file.storage.sql("SELECT seq, body FROM messages")),
        "alarm": file.storage.get_alarm(),
        "tells": {tell.number: tell.arguments for tell in file.tells.unsent()},
    }


def shown(state: dict[str, Any]) -> dict[str, Any]:
    return {name: state[name] for name in ("kv", "messages", "alarm", "tells")}


class Rooms(RuleBasedStateMachine):
    """Two rooms of one process after another."""

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="storage-model-"))
        self.crashes = 0
        self.disk_context = full_disk()
        self.disk = self.disk_context.__enter__()
        self.process = Process(self.root / "0")
        self.models = {key: Model() for key in KEYS}

    def teardown(self) -> None:
        if hasattr(self, "process"):
            self.disk.is_full = False
            self._let_go()
            self.disk_context.__exit__(None, None, None)
            shutil.rmtree(self.root)

    @rule(turns=st.lists(turns, min_size=1, max_size=6))
    def take_turns(self, turns: list[tuple[RoomKey, list[tuple[Any, ...]], bool]]) -> None:
        for turn in turns:
            self._turn(*turn)

    @rule(key=st.sampled_from(KEYS))
    def sql_gives_the_transaction_up(self, key: RoomKey) -> None:
        file = self.process.room(key)
        try:
            file.begin()
            file.storage.sql("INSERT INTO messages(seq) VALUES(99)")
            file.storage.sql("INSERT OR ROLLBACK INTO messages(seq) VALUES(99)")
        except (SqlFailed, StorageFull):
            file.rollback() if file._turns.operations is not None else None
        if not file.stands():
            file.undo(file.number)

    @rule()
    def sync(self) -> None:
        self.process.sync()
        for model in self.models.values():
            model.durable = len(model.ended) - 1

    @rule()
    def commit(self) -> None:
        self.sync()
        assert self.process.commit() or self.disk.is_full

    @rule()
    def the_append_fails(self) -> None:
        self.process.waiting = []
        for key, model in self.models.items():
            model.undo()
            if key in self.process.rooms:
                self.process.rooms[key].undo(model.durable)

    @rule(key=st.sampled_from(KEYS))
    def hibernate(self, key: RoomKey) -> None:
        self.commit()
        if key in self.process.rooms:
            self.process.rooms.pop(key).close()

    @rule(key=st.sampled_from(KEYS))
    @precondition(lambda self: not self.disk.is_full)
    def destroy(self, key: RoomKey) -> None:
        file, model = self.process.room(key), self.models[key]
        self.commit()
        assert file.epoch not in model.epochs
        model.epochs.append(file.epoch)
        self.process.waiting.append(file.destroy())
        self.commit()
        model.destroy()
        if len(model.epochs) % 2:
            self.process.rooms.pop(key).close()

    @rule()
    def crash(self) -> None:
        self.disk.is_full = False
        self.crashes += 1
        folder = self.process.crash(self.root / str(self.crashes))
        self._let_go()
        self.process = Process(folder)
        for model in self.models.values():
            model.undo()

    @rule()
    @precondition(lambda self: not self.disk.is_full)
    def stop_and_start(self) -> None:
        self.commit()
        self.process.stop()
        self.process = Process(self.process.path)

    @rule()
    def retire(self) -> None:
        self.process.retire()

    @rule(is_full=st.booleans())
    def fill_the_disk(self, is_full: bool) -> None:
        self.disk.is_full = is_full

    @invariant()
    def rooms_are_as_they_should_be(self) -> None:
        if not hasattr(self, "process"):
            return
        for key, file in self.process.rooms.items():
            if not file._behind:
                assert seen(file) == shown(self.models[key].now), key
            assert file.number == len(self.models[key].ended) - 1
        alarms = [(model.ended[model.durable]["alarm"], key) for key, model in self.models.items()]
        if not self.disk.is_full:
            due = self.process.folder.host.due(100_000, 10)
            assert sorted(due) == sorted((key, alarm) for alarm, key in alarms if alarm is not None)

    def _turn(self, key: RoomKey, plan: list[tuple[Any, ...]], ends: bool) -> None:
        file, model = self.process.room(key), self.models[key]
        try:
            file.begin()
        except StorageFull:
            assert self.disk.is_full
            return
        state = deepcopy(model.now)
        try:
            for step in plan:
                do(file, state, step)
                assert seen(file) == shown(state)
            record = file.end() if ends else None
        except StorageFull:
            assert self.disk.is_full
            ends = False
        if not ends:
            file.rollback()
        elif record is not None:
            model.ended.append(state)
            assert record.number == len(model.ended) - 1
            self.process.waiting.append(record)
        else:
            assert shown(state) == shown(model.now)

    def _let_go(self) -> None:
        for file in self.process.rooms.values():
            file.close()
        self.process.rooms.clear()
        self.process.folder.close()


TestRooms = Rooms.TestCase
TestRooms.settings = settings(max_examples=40, stateful_step_count=30)
