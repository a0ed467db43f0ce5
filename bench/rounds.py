"""Runs a scenario in interleaved rounds (A B C, A B C, …), so that a drift of the machine hits everybody alike."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence

from bench.catalogue import Subject
from bench.scenario import Figures, Scenario
from bench.workbench import Workbench

Rounds = Mapping[str, Sequence[Figures]]
"""The figures of every round, by the subject's name."""


def run_rounds(bench: Workbench, scenario: Scenario, subjects: Sequence[Subject], rounds: int) -> Rounds:
    """Each subject measured ``rounds`` times, in turn."""
    results: dict[str, list[Figures]] = {subject.name: [] for subject in subjects}
    for number in range(1, rounds + 1):
        for subject in subjects:
            _say(f"{scenario.name}: round {number} of {rounds}, {subject.name}")
            results[subject.name].append(scenario.measure(bench, subject))
    _say("")
    return results


def medians(rounds: Rounds) -> dict[str, Figures]:
    """Of each figure, by the subject's name."""
    return {name: {key: statistics.median(one[key] for one in figures) for key in figures[0]} for name, figures in rounds.items()}


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text:<70}\r", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)
