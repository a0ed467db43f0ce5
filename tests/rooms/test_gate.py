"""The output gate: nothing is heard before the records written before it are durable, and everything in order."""

from __future__ import annotations

from typing import Any

from rooms.gate import OutputGate, Said


def said(number: int, *effects: Any, undo: Any = None) -> Said:
    return Said(None, number, effects, undo)


def free(gate: OutputGate) -> list[Any]:
    return [effect for effects in gate.take_free() for effect in effects]


def test_what_follows_no_record_is_heard_at_once():
    gate = OutputGate(durable=3)

    gate.say(said(3, "hello"))

    assert free(gate) == ["hello"]
    assert not gate.waiting


def test_what_follows_a_record_waits_for_it():
    gate = OutputGate(durable=0)

    gate.say(said(1, "stored"))
    assert free(gate) == []

    gate.opened(1)
    assert free(gate) == ["stored"]


def test_what_wrote_nothing_waits_behind_what_wrote():
    gate = OutputGate(durable=0)
    gate.say(said(1, "stored"))
    gate.say(said(1, "only said"))

    assert free(gate) == []
    gate.opened(1)
    assert free(gate) == ["stored", "only said"]


def test_a_later_record_does_not_hold_back_an_earlier_one():
    gate = OutputGate(durable=0)
    gate.say(said(1, "first"))
    gate.say(said(2, "second"))

    gate.opened(1)

    assert free(gate) == ["first"]
    assert gate.waiting


def test_what_is_taken_back_is_never_heard_and_undone_newest_first():
    undone: list[str] = []
    gate = OutputGate(durable=0)
    gate.say(said(1, "first", undo=[lambda: undone.append("a"), lambda: undone.append("b")]))
    gate.say(said(2, "second", undo=[lambda: undone.append("c")]))

    entries = gate.take_back()

    assert undone == ["c", "b", "a"]
    assert [entry.number for entry in entries] == [2, 1]
    gate.opened(2)
    assert free(gate) == []
