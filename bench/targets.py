"""What this server is to reach, as figures that a run can be held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.scenario import Figures

Medians = Mapping[str, Figures]
"""Figures by the subject's name."""


@dataclass(frozen=True)
class Target:
    """A bound on one figure of a scenario, absolute or, with ``over``, relative to a peer's figure of the same run."""

    scenario: str
    key: str
    bound: float
    unit: str
    over: str | None = None
    at_most: bool = False

    def reached(self, medians: Medians, ours: str) -> float | None:
        """The figure or the ratio; ``None`` if this run has not measured it."""
        figures = medians.get(ours)
        if figures is None or self.key not in figures:
            return None
        if self.over is None:
            return figures[self.key]
        peer = medians.get(self.over, {}).get(self.key)
        return figures[self.key] / peer if peer else None

    def is_met_by(self, value: float) -> bool:
        """Whether the value is on the right side of the bound."""
        return value <= self.bound if self.at_most else value >= self.bound

    def __str__(self) -> str:
        sign = "≤" if self.at_most else "≥"
        unit = f"× {self.over}" if self.over else self.unit
        return f"{self.key} {sign} {self.bound:g} {unit}"


@dataclass(frozen=True)
class Verdict:
    """One line of the table at the end."""

    target: Target
    value: float | None

    @property
    def word(self) -> str:
        """``ok``, ``missed``, or ``not measured`` when a peer was not there."""
        if self.value is None:
            return "not measured"
        return "ok" if self.target.is_met_by(self.value) else "missed"


def verdicts(results: Mapping[str, Medians], ours: Sequence[str]) -> Iterator[Verdict]:
    """One for each target of the scenarios that were run; of our builds the first is judged."""
    for target in TARGETS:
        if target.scenario in results:
            yield Verdict(target, target.reached(results[target.scenario], ours[0] if ours else ""))


def _over(scenario: str, **ratios: float) -> tuple[Target, ...]:
    names = {"workerd": "workerd-disk", "ws": "ws"}
    return tuple(Target(scenario, "delivered_per_s", ratio, "", over=names[peer]) for peer, ratio in ratios.items())


TARGETS = (
    *_over("fan", workerd=10, ws=3.5),
    Target("fan", "cpu_us", 0.5, "", over="floor", at_most=True),
    *_over("chat", workerd=20, ws=4),
    *_over("rooms", workerd=8, ws=0.7),
    *_over("echo", workerd=12, ws=0.35),
    Target("idle", "bytes_per_socket", 1536, "B", at_most=True),
    Target("idle", "extra_descriptors", 50, "for all", at_most=True),
    Target("idle", "extra_threads", 20, "for all", at_most=True),
    Target("accept", "accepts_per_s", 1.0, "", over="ws"),
    Target("rehydrate", "p50_ms", 2, "ms", at_most=True),
    Target("rehydrate", "p99_ms", 10, "ms", at_most=True),
    Target("rehydrate", "storm_p99_ms", 250, "ms", at_most=True),
    Target("rehydrate", "lost", 0, "messages", at_most=True),
    Target("list", "start_s", 2, "s", at_most=True),
    Target("list", "server_growth_mib", 5, "MiB", at_most=True),
    Target("list", "list_growth_mib", 5, "MiB", at_most=True),
    Target("recover", "seconds", 60, "s", at_most=True),
    Target("recover", "peak_mib", 300, "MiB", at_most=True),
    Target("recover", "progress_lines", 1, "lines"),
    Target("neighbour", "history_ratio", 3, "× quiet", at_most=True),
    Target("neighbour", "writer_ratio", 3, "× quiet", at_most=True),
)
