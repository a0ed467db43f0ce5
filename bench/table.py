"""Figures as text: a table for each scenario, and the targets at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bench.catalogue import SUBJECTS
from bench.scenario import Scenario
from bench.targets import Medians, Verdict


def scenario_table(scenario: Scenario, medians: Medians) -> str:
    """One row a subject, in brackets the ratio to the first."""
    first = next(iter(medians.values()))
    rows = [["", *(column.heading for column in scenario.columns), "keeps"]]
    for name, figures in medians.items():
        cells = [_cell(figures[c.key], first[c.key], c.form, with_ratio=figures is not first) for c in scenario.columns]
        rows.append([name, *cells, SUBJECTS[name].keeps])
    return f"{scenario.name}: {scenario.summary}\n" + "\n".join(_aligned(rows))


def verdict_table(verdicts: Iterable[Verdict]) -> str:
    """One line a target: what it asks, what was reached, ok or missed."""
    rows = [["scenario", "target", "reached", ""]]
    for verdict in verdicts:
        reached = "–" if verdict.value is None else f"{verdict.value:,.2f}"
        rows.append([verdict.target.scenario, str(verdict.target), reached, verdict.word])
    return "\n".join(_aligned(rows))


def _cell(value: float, first: float, form: str, *, with_ratio: bool) -> str:
    text = format(value, form)
    return f"{text} ({value / first:.2f}×)" if with_ratio and first else text


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)), row[-1]]
        yield "  " + "  ".join(cells).rstrip()
