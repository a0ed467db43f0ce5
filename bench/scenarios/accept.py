"""How fast sockets are admitted: the upgrade answered and, with us, the token checked and ``hello`` received."""

from __future__ import annotations

from bench.catalogue import Subject
from bench.scenario import Column, Figures, Scenario
from bench.workbench import Workbench

SOCKETS = 8_000


def measure(bench: Workbench, subject: Subject) -> Figures:
    """Sockets admitted a second, 64 of them under way at a time, and the server's CPU for each."""
    sockets = 1_000 if bench.quick else SOCKETS
    admitted = '"type":"hello"' if subject.is_ours else None
    with bench.serve(subject) as server:
        cpu = server.cpu_seconds()
        with bench.load(
            server, connections=sockets, rooms=sockets // 10, join=None, admitted=admitted, hold=True, seconds=0, settle=0
        ) as load:
            opened = load.opened()
            cpu = server.cpu_seconds() - cpu
            load.measuring()
            load.done()
    return {"accepts_per_s": opened["accepts_per_s"], "cpu_us": cpu / sockets * 1e6}


ACCEPT = Scenario(
    "accept",
    "8,000 sockets as fast as they get in; ours check a token each and say hello",
    (Column("accepts_per_s", "admitted/s"), Column("cpu_us", "CPU µs/socket")),
    measure,
    ("ws",),
)
