"""What everybody else notices while one room is busy with history pages, or with a file of a gigabyte."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from bench.catalogue import Subject
from bench.generator import Flag, Generator
from bench.kinds import CHUNK_BYTES, WRITE_BYTES
from bench.process import ServerProcess
from bench.scenario import Column, Figures, Scenario
from bench.workbench import Workbench

OTHERS: dict[str, Flag] = {"connections": 500, "rooms": 50, "rate": 300, "first_room": 1}
"""A moderate chat in fifty rooms of ten: what is measured."""
HISTORY_MESSAGES, PAGES = 20_000, 1_000
HEAVY_BYTES = 1 << 30
WRITES_A_SECOND = 50
JOIN_HISTORY = '{"type":"join","data":{"limit":0}}'
HISTORY = '{"type":"history","ref":%n,"data":{"before":15000,"limit":100}}'
HEAVY: dict[str, Flag] = {"path": "/heavy/one/ws", "join": None, "connections": 1, "answer": "done", "settle": 0, "warm": 0}


def measure(bench: Workbench, subject: Subject) -> Figures:
    """The others' p99 alone, beside history pages and beside a steady writer; each ratio to its own quiet time."""
    history = _beside(bench, subject, _fill_history, _read_history)
    writer = _beside(bench, subject, _fill_heavy, _write_heavy)
    return {
        "quiet_p99_ms": history["quiet"],
        "history_p99_ms": history["disturbed"],
        "history_ratio": history["disturbed"] / history["quiet"],
        "pages_per_s": history["disturber_per_s"],
        "quiet_writer_p99_ms": writer["quiet"],
        "writer_p99_ms": writer["disturbed"],
        "writer_ratio": writer["disturbed"] / writer["quiet"],
        "writes_per_s": writer["disturber_per_s"],
    }


def _beside(
    bench: Workbench,
    subject: Subject,
    prepare: Callable[[Workbench, ServerProcess], None],
    disturb: Callable[[Workbench, ServerProcess], AbstractContextManager[Generator]],
) -> Figures:
    with bench.serve(subject, "--kind", "heavy=bench.kinds:Heavy") as server:
        prepare(bench, server)
        quiet = _others_p99_ms(bench, server)
        with disturb(bench, server) as disturber:
            disturber.opened()
            disturber.measuring()
            disturbed = _others_p99_ms(bench, server)
            return {"quiet": quiet, "disturbed": disturbed, "disturber_per_s": disturber.done()["delivered_per_s"]}


def _others_p99_ms(bench: Workbench, server: ServerProcess) -> float:
    with bench.load(server, seconds=_measured_seconds(bench), **OTHERS) as load:
        load.opened()
        load.measuring()
        p99_us: float = load.done()["p99_us"]
        return p99_us / 1e3


def _measured_seconds(bench: Workbench) -> float:
    return bench.seconds * 2


def _disturbing_seconds(bench: Workbench) -> float:
    """Longer than the others are measured, with the time they take to connect and settle."""
    return _measured_seconds(bench) + 4


def _fill_history(bench: Workbench, server: ServerProcess) -> None:
    messages = 2_000 if bench.quick else HISTORY_MESSAGES
    with bench.load(server, connections=1, window=64, rate=0, warm=0, settle=0, seconds=600) as load:
        load.opened()
        load.measuring()
        _wait_for_turns(server, messages)


def _wait_for_turns(server: ServerProcess, turns: float) -> None:
    while server.metric("rooms_turns_total") < turns:
        time.sleep(0.2)


def _read_history(bench: Workbench, server: ServerProcess) -> Generator:
    return bench.load(
        server,
        connections=1,
        join=JOIN_HISTORY,
        message=HISTORY,
        answer='{"type":"history"',
        warm=0,
        settle=0,
        seconds=_disturbing_seconds(bench),
    )


def _fill_heavy(bench: Workbench, server: ServerProcess) -> None:
    size = HEAVY_BYTES // 16 if bench.quick else HEAVY_BYTES
    with bench.load(server, message="fill %n", seconds=600, **HEAVY) as load:
        load.opened()
        _wait_for_turns(server, size / CHUNK_BYTES)


def _write_heavy(bench: Workbench, server: ServerProcess) -> Generator:
    return bench.load(server, message="write %n", rate=WRITES_A_SECOND, seconds=_disturbing_seconds(bench), **HEAVY)


NEIGHBOUR = Scenario(
    "neighbour",
    f"50 rooms' p99 while another serves history pages of 100, or holds 1 GiB and is written {WRITES_A_SECOND} × {WRITE_BYTES >> 10} KiB/s",
    (
        Column("quiet_p99_ms", "quiet p99 ms", ".2f"),
        Column("history_p99_ms", "history p99 ms", ".2f"),
        Column("history_ratio", "ratio", ".2f"),
        Column("pages_per_s", "pages/s"),
        Column("quiet_writer_p99_ms", "quiet p99 ms", ".2f"),
        Column("writer_p99_ms", "writer p99 ms", ".2f"),
        Column("writer_ratio", "ratio", ".2f"),
        Column("writes_per_s", "writes/s"),
    ),
    measure,
)
