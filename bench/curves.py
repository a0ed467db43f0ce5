"""How cost grows: CPU of a delivered frame over 1 to 10,000 rooms and over 1 to 15,000 sockets, memory of a quiet socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.catalogue import SUBJECTS, Subject
from bench.disk import probe
from bench.plot import Chart, Series, svg
from bench.scenarios.idle import quiet_sockets
from bench.scenarios.traffic import Shape
from bench.workbench import Workbench

ROOMS = (1, 10, 100, 1_000, 10_000)
SOCKETS = (1, 10, 100, 1_000, 5_000, 15_000)
MEMORY_SOCKETS = (100, 1_000, 5_000, 15_000)
SOCKETS_BESIDE_ROOMS = 10_000
"""The rooms curve holds the sockets constant, so that only the number of rooms changes."""

Points = Sequence[tuple[float, float]]


def draw_curves(bench: Workbench, names: Sequence[str], to: Path) -> Mapping[str, Mapping[str, Points]]:
    """Measures, writes the drawing and returns its points, by chart and subject."""
    subjects = [SUBJECTS[name] for name in names if SUBJECTS[name].missing() is None]
    curves = {
        "rooms": {subject.name: _curve(bench, subject, ROOMS, _by_rooms) for subject in subjects},
        "sockets": {subject.name: _curve(bench, subject, SOCKETS, _by_sockets) for subject in subjects},
        "memory": {subject.name: _curve(bench, subject, MEMORY_SOCKETS, _memory) for subject in subjects},
    }
    charts = (
        _chart(
            "Cost as rooms grow", f"rooms ({SOCKETS_BESIDE_ROOMS:,} sockets dealt over them)", "CPU µs a delivered frame", curves["rooms"]
        ),
        _chart("Cost as sockets grow", "sockets in one room", "CPU µs a delivered frame", curves["sockets"]),
        _chart("Memory of a hibernated socket", "sockets in rooms of ten", "bytes a socket", curves["memory"]),
    )
    to.write_text(svg(charts, f"Every message fdatasynced before it is heard. {probe(bench.folder)}."))
    return curves


def _curve(bench: Workbench, subject: Subject, sizes: Sequence[int], cost: Callable[[Workbench, Subject, int], float]) -> Points:
    wanted = [size for size in sizes if size <= 1_000] if bench.quick else sizes
    return [(size, cost(bench, subject, size)) for size in wanted]


def _by_rooms(bench: Workbench, subject: Subject, rooms: int) -> float:
    sockets = max(rooms, 1_000 if bench.quick else SOCKETS_BESIDE_ROOMS)
    return Shape(sockets, rooms, 1, 1).measure(bench, subject)["cpu_us"]


def _by_sockets(bench: Workbench, subject: Subject, sockets: int) -> float:
    return Shape(sockets, 1, 1, 4).measure(bench, subject)["cpu_us"]


def _memory(bench: Workbench, subject: Subject, sockets: int) -> float:
    return quiet_sockets(bench, subject, sockets)["bytes_per_socket"]


def _chart(title: str, x_title: str, y_title: str, curves: Mapping[str, Points]) -> Chart:
    return Chart(title, x_title, y_title, [Series(name, points) for name, points in curves.items()])
