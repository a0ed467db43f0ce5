"""Messages as fast as they come back: each sender says its next one when the last was heard."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.catalogue import Subject
from bench.generator import Flag
from bench.process import ServerProcess
from bench.scenario import Column, Figures, Scenario
from bench.workbench import Workbench

COLUMNS = (
    Column("delivered_per_s", "delivered/s"),
    Column("said_per_s", "said/s"),
    Column("cpu_us", "CPU µs/frame", ".2f"),
    Column("p50_ms", "p50 ms", ".2f"),
    Column("p99_ms", "p99 ms", ".2f"),
    Column("server_busy", "server busy", ".2f"),
    Column("load_busy", "load busy", ".2f"),
)
DURABLE_AND_USUAL = ("workerd-disk", "ws")


@dataclass(frozen=True)
class Shape:
    """Connections dealt over rooms; in each, ``senders`` keep ``window`` messages in flight."""

    connections: int
    rooms: int
    senders: int
    window: int

    def measure(self, bench: Workbench, subject: Subject) -> Figures:
        """Throughput, latency to delivery and the server's CPU for each frame that reached somebody."""
        with bench.serve(subject) as server:
            return measure_load(bench, server, connections=self.connections, rooms=self.rooms, senders=self.senders, window=self.window)


def measure_load(bench: Workbench, server: ServerProcess, **options: Flag) -> Figures:
    """The figures of one load on a running server."""
    with bench.load(server, seconds=bench.seconds, **options) as load:
        load.opened()
        load.measuring()
        cpu, begin = server.cpu_seconds(), time.monotonic()
        done = load.done()
        busy = (server.cpu_seconds() - cpu) / (time.monotonic() - begin)
    delivered = done["delivered_per_s"]
    return {
        "delivered_per_s": delivered,
        "said_per_s": done["said_per_s"],
        "cpu_us": busy / delivered * 1e6 if delivered else float("inf"),
        "p50_ms": done["p50_us"] / 1e3,
        "p99_ms": done["p99_us"] / 1e3,
        "server_busy": busy,
        "load_busy": done["load_busy"],
    }


def _scenario(name: str, summary: str, shape: Shape, *also: str) -> Scenario:
    return Scenario(name, summary, COLUMNS, shape.measure, (*DURABLE_AND_USUAL, *also))


FAN = _scenario("fan", "one busy room of 1,000: the cost of fan-out", Shape(1000, 1, 1, 4), "floor")
CHAT = _scenario("chat", "100 rooms of ten in which everybody talks", Shape(1000, 100, 10, 1))
ROOMS = _scenario("rooms", "200 rooms of five with one talker each: the cost of a message", Shape(1000, 200, 1, 1))
ECHO = _scenario("echo", "100 rooms of one: the round trip", Shape(100, 100, 1, 1))
