"""One kind of work: what it does, whom it can be put beside, and which figures come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.catalogue import Subject
from bench.workbench import Workbench

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Column:
    """One figure: its key, its heading with the unit, and how it is written."""

    key: str
    heading: str
    form: str = ",.0f"


@dataclass(frozen=True)
class Scenario:
    """``measure`` starts the subject itself and returns a figure for every column."""

    name: str
    summary: str
    columns: tuple[Column, ...]
    measure: Callable[[Workbench, Subject], Figures]
    rivals: tuple[str, ...] = ()
    """Peers that its targets are relative to. Scenarios without any measure this server alone."""
