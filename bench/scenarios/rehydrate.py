"""The first message in a room that hibernates, until all ten of its sockets have heard it."""

from __future__ import annotations

from bench.catalogue import Subject
from bench.scenario import Column, Figures, Scenario
from bench.workbench import Workbench, wait_until_asleep

ROOMS, SOCKETS_A_ROOM = 1_000, 10
ONE_BY_ONE_A_SECOND = 50


def measure(bench: Workbench, subject: Subject) -> Figures:
    """Rooms woken one by one and then, on a fresh server, all within one second. Each has said one message before."""
    rooms = 100 if bench.quick else ROOMS
    calm = _wake(bench, subject, rooms, ONE_BY_ONE_A_SECOND)
    storm = _wake(bench, subject, rooms, rooms)
    return {
        "p50_ms": calm["p50_us"] / 1e3,
        "p99_ms": calm["p99_us"] / 1e3,
        "storm_p50_ms": storm["p50_us"] / 1e3,
        "storm_p99_ms": storm["p99_us"] / 1e3,
        "cpu_us": (calm["cpu_us"] + storm["cpu_us"]) / 2,
        "lost": calm["lost"] + storm["lost"],
    }


def _wake(bench: Workbench, subject: Subject, rooms: int, rooms_a_second: float) -> Figures:
    with bench.serve(subject, environment={"ROOMS_IDLE_SECONDS": "1"}) as server:
        with bench.load(
            server,
            connections=rooms * SOCKETS_A_ROOM,
            rooms=rooms,
            prime=True,
            once=True,
            wait=True,
            rate=rooms_a_second,
            seconds=60,
        ) as load:
            load.opened()
            load.measuring()
            load.done()
            wait_until_asleep(server)
            load.go_on()
            load.measuring()
            cpu = server.cpu_seconds()
            woken = load.done()
            cpu = server.cpu_seconds() - cpu
    lost = woken["expected"] - woken["delivered"]
    return {"p50_us": woken["p50_us"], "p99_us": woken["p99_us"], "cpu_us": cpu / rooms * 1e6, "lost": lost}


REHYDRATE = Scenario(
    "rehydrate",
    "the first message in each of 1,000 hibernating rooms of ten: one by one, then all in one second",
    (
        Column("p50_ms", "p50 ms", ".2f"),
        Column("p99_ms", "p99 ms", ".2f"),
        Column("storm_p50_ms", "in one second: p50 ms", ".1f"),
        Column("storm_p99_ms", "p99 ms", ".1f"),
        Column("cpu_us", "CPU µs/room"),
        Column("lost", "lost"),
    ),
    measure,
)
