"""The states of a room in this process, and the moves between them. Pure."""

from __future__ import annotations

from enum import Enum, auto


class State(Enum):
    """Where a room is."""

    EVICTED = auto()
    """Nothing of it is in memory."""
    HIBERNATED = auto()
    """Its sockets are open; the room object and the open file are gone."""
    AWAKE = auto()
    """An actor runs its turns."""
    QUARANTINED = auto()
    """It failed too often: mail is refused until a time."""


MOVES: dict[State, frozenset[State]] = {
    State.EVICTED: frozenset({State.AWAKE}),
    State.HIBERNATED: frozenset({State.AWAKE, State.EVICTED}),
    State.AWAKE: frozenset({State.HIBERNATED, State.EVICTED, State.QUARANTINED}),
    State.QUARANTINED: frozenset({State.HIBERNATED, State.EVICTED}),
}
"""From each state, where a room may go. A move that is not here is a bug of ours."""


def moved(state: State, to: State) -> State:
    """``to``, when a room in ``state`` may go there."""
    assert to in MOVES[state], f"{state.name} → {to.name}"
    return to
