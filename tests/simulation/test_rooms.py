"""What the rooms promise holds in every simulated world: acked is stored, once, in order, and nobody heard what is not there."""

from __future__ import annotations

import pytest

from rooms.gate import OutputGate
from storage import Tells
from tests.simulation.chronicle import simulate


@pytest.mark.parametrize("seed", range(30))
def test_no_promise_is_broken(seed: int):
    faults = simulate(seed)
    assert not faults, f"seed {seed} (python -m tests.simulation.chronicle {seed} {seed + 1}): {faults}"


def test_the_same_seed_makes_the_same_world(monkeypatch: pytest.MonkeyPatch):
    """Otherwise a failing seed would be worth nothing."""
    from tests.simulation import chronicle

    worlds: list[list[object]] = []

    class Recorded(chronicle.Simulation):
        def _check(self, stored: dict[str, object], mirror: dict[str, object]) -> None:
            worlds.append([stored, mirror, [client.received for client in self.clients]])

    monkeypatch.setattr(chronicle, "Simulation", Recorded)
    simulate(7)
    simulate(7)

    assert worlds[0] == worlds[1]


@pytest.mark.parametrize("bug", ["heard before it is durable", "told again"])
def test_planted_bugs_are_found(monkeypatch: pytest.MonkeyPatch, bug: str):
    """The simulation is worth something only if it goes red."""
    if bug == "heard before it is durable":
        monkeypatch.setattr(OutputGate, "say", lambda self, said: self.free.append(said.effects))
    else:
        monkeypatch.setattr(Tells, "received", lambda _self, _sender, _epoch: 0)

    assert any(simulate(seed) for seed in range(20))
