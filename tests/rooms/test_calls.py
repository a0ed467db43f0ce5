"""Who waits for whom: a circle is refused, however long, and nothing else."""

from __future__ import annotations

import pytest

from rooms import CallCycle, RoomKey
from rooms.calls import Calls

A, B, C, D = (RoomKey("k", name) for name in "abcd")


def test_asking_oneself_is_a_cycle():
    with pytest.raises(CallCycle) as refused:
        Calls().begin(A, A)
    assert refused.value.path == ("k/a", "k/a")


def test_a_chain_back_to_its_beginning_is_a_cycle_and_says_its_way():
    calls = Calls()
    calls.begin(A, B)
    calls.begin(B, C)

    with pytest.raises(CallCycle) as refused:
        calls.begin(C, A)

    assert refused.value.path == ("k/c", "k/a", "k/b", "k/c")


def test_two_ways_to_the_same_room_are_no_cycle():
    calls = Calls()
    calls.begin(A, B)
    calls.begin(A, C)
    calls.begin(B, D)
    calls.begin(C, D)


def test_an_ask_that_ended_is_forgotten_and_one_of_two_is_not():
    calls = Calls()
    calls.begin(A, B)
    calls.begin(A, B)
    calls.end(A, B)
    with pytest.raises(CallCycle):
        calls.begin(B, A)

    calls.end(A, B)
    calls.begin(B, A)
