"""A hundred thousand rooms on disk: what start-up and memory owe to their number, and how `rooms list` reads them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench.catalogue import Subject
from bench.process import ServerProcess
from bench.scenario import Column, Figures, Scenario
from bench.toolchain import HERE, cache_folder
from bench.workbench import Workbench, wait_until_asleep

MANY, FEW = 100_000, 100
AT_A_TIME = 10_000
MIB = 1 << 20
MEASURED_LIST = """
import resource, subprocess, sys, time
begin = time.monotonic()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
first = child.stdout.readline()
took_first = time.monotonic() - begin
lines = 1 + sum(1 for _ in child.stdout)
assert child.wait() == 0 and first
print(took_first, time.monotonic() - begin, lines, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def measure(bench: Workbench, subject: Subject) -> Figures:
    """Start-up and listing of many rooms, and the memory they take more than few."""
    many = _figures(bench, subject, 5_000 if bench.quick else MANY)
    few = _figures(bench, subject, FEW)
    return {
        "start_s": many["start_s"],
        "server_growth_mib": (many["server_bytes"] - few["server_bytes"]) / MIB,
        "first_line_s": many["first_line_s"],
        "list_s": many["list_s"],
        "list_growth_mib": (many["list_bytes"] - few["list_bytes"]) / MIB,
    }


def _figures(bench: Workbench, subject: Subject, rooms: int) -> Figures:
    folder = _prepared(bench, subject, rooms)
    with bench.serve(subject, data=folder) as server:
        figures = {"start_s": server.start_seconds, "server_bytes": float(server.anonymous_bytes())}
    command = [sys.executable, "-m", "gateway", "list", "--data", str(folder), "--json"]
    environment = {"PYTHONPATH": str(HERE.parent), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", MEASURED_LIST, *command], env=environment, capture_output=True, text=True, check=True)
    first_line, whole, lines, peak = map(float, done.stdout.split())
    assert lines == rooms, f"rooms list showed {lines:.0f} of {rooms}"
    return {**figures, "first_line_s": first_line, "list_s": whole, "list_bytes": peak}


def _prepared(bench: Workbench, subject: Subject, rooms: int) -> Path:
    """A data folder with that many rooms of one message, made once for each state of the sources and kept in the cache."""
    folder = cache_folder() / f"rooms-{rooms}-{_state_of_sources()}"
    if folder.exists():
        return folder
    for old in cache_folder().glob(f"rooms-{rooms}-*"):
        shutil.rmtree(old)
    unfinished = bench.fresh_folder("unfinished")
    with bench.serve(subject, data=unfinished, environment={"ROOMS_IDLE_SECONDS": "1", "ROOMS_DURABILITY": "relaxed"}) as server:
        for first in range(0, rooms, AT_A_TIME):
            _make_rooms(bench, server, first, min(AT_A_TIME, rooms - first))
    unfinished.rename(folder)
    return folder


def _make_rooms(bench: Workbench, server: ServerProcess, first: int, rooms: int) -> None:
    with bench.load(server, connections=rooms, rooms=rooms, first_room=first, once=True, rate=2_000, seconds=300) as load:
        load.opened()
        load.measuring()
        done = load.done()
        assert done["delivered"] == done["expected"], done
    time.sleep(0.5)
    wait_until_asleep(server)


def _state_of_sources() -> str:
    digest = hashlib.sha256()
    for package in ("storage", "rooms"):
        for path in sorted((HERE.parent / package).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


LIST = Scenario(
    "list",
    "100,000 rooms on disk: start-up, memory more than with a hundred, and rooms list",
    (
        Column("start_s", "start s", ".2f"),
        Column("server_growth_mib", "server MiB more", ".1f"),
        Column("first_line_s", "list: first line s", ".2f"),
        Column("list_s", "list s", ".1f"),
        Column("list_growth_mib", "list MiB more", ".1f"),
    ),
    measure,
)
