"""``/api/admin/server`` and ``/api/admin/disk``: how the process is doing, and what it has written."""

from __future__ import annotations

import os
import sys
import time
from importlib.metadata import PackageNotFoundError, version

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.admin.overseen import Overseen
from gateway.api.answers import json, route
from gateway.api.callers import Callers
from gateway.http.description import SIGNED_IN_READING, Json, json_answer, operation
from gateway.session.services import Services
from rooms import Histogram, Refusal
from storage import folder_footprint

_HISTOGRAM = {"p50": 0.00003, "p90": 0.00008, "p99": 0.0002, "count": 1_234, "sum": 0.05}

PATHS: Json = {
    "/api/admin/server": {
        "get": operation(
            "How the process is doing: rooms, sockets, turns and their durations since the start, refusals, memory",
            security=SIGNED_IN_READING,
            ok={
                "200": json_answer(
                    "Durations are seconds",
                    {
                        "version": "0.1",
                        "started_ms": 1_795_200_000_000,
                        "now_ms": 1_795_203_600_000,
                        "stage": "serving",
                        "carrier": "hub",
                        "kinds": ["devices", "rooms"],
                        "inner_kinds": ["directory", "private", "users"],
                        "connections": 3,
                        "rooms": {"awake": 1, "hibernating": 2, "quarantined": 0},
                        "mailbox_messages": 0,
                        "outbox_bytes": 0,
                        "messages_received": 12,
                        "messages_sent": 30,
                        "turns": {"rooms": {"returned": 12, "raised": 0}},
                        "turn_seconds": _HISTOGRAM,
                        "commit_seconds": _HISTOGRAM,
                        "journal_syncs": 8,
                        "journal_records": 10,
                        "rehydrations": 2,
                        "evictions": 1,
                        "refusals": {"rate_limited": 1},
                        "closes": {"1000": 4},
                        "memory_bytes": 62_000_000,
                        "cpu_seconds": 3.2,
                        "descriptors": 40,
                    },
                )
            },
            refused=("401", "403"),
        )
    },
    "/api/admin/disk": {
        "get": operation(
            "What the data folder takes, and how much space is left; counting rooms' files ends after a second (complete: false)",
            security=SIGNED_IN_READING,
            ok={
                "200": json_answer(
                    "Bytes",
                    {
                        "folder": "data",
                        "durability": "durable",
                        "rooms": 12,
                        "rooms_bytes": 491_520,
                        "complete": True,
                        "host_bytes": 20_480,
                        "journal": [{"segment": 7, "size_bytes": 16_777_216}],
                        "journal_bytes": 16_777_216,
                        "free_bytes": 9_000_000_000,
                        "total_bytes": 20_000_000_000,
                    },
                )
            },
            refused=("401", "403"),
        )
    },
}


class Server:
    """The process as a whole."""

    def __init__(self, callers: Callers, services: Services, overseen: Overseen) -> None:
        self._callers = callers
        self._services = services
        self._overseen = overseen
        self.routes = [route("GET", "/api/admin/server", self.server), route("GET", "/api/admin/disk", self.disk)]

    async def server(self, request: Request) -> Response | Refusal:
        """``GET /api/admin/server``."""
        admin = await self._callers.overseeing(request)
        return admin if isinstance(admin, Refusal) else json({**self._about(), **self._counted(), **_process()})

    async def disk(self, request: Request) -> Response | Refusal:
        """``GET /api/admin/disk``."""
        admin = await self._callers.overseeing(request)
        if isinstance(admin, Refusal):
            return admin
        found = await self._overseen.read(folder_footprint, self._overseen.folder)
        segments = found.journal_bytes_by_segment
        return json(
            {
                "folder": str(self._overseen.folder),
                "durability": self._overseen.durability,
                "rooms": found.rooms,
                "rooms_bytes": found.rooms_bytes,
                "complete": found.complete,
                "host_bytes": found.host_bytes,
                "journal": [{"segment": number, "size_bytes": size} for number, size in segments.items()],
                "journal_bytes": sum(segments.values()),
                "free_bytes": found.free_bytes,
                "total_bytes": found.total_bytes,
            }
        )

    def _about(self) -> Json:
        overseen = self._overseen
        return {
            "version": _version(),
            "started_ms": overseen.started_ms,
            "now_ms": self._services.clock.now_ms(),
            "stage": overseen.lifetime.stage.value,
            "carrier": overseen.carrier,
            "kinds": sorted(overseen.open_kinds),
            "inner_kinds": sorted(overseen.kinds.keys() - overseen.open_kinds.keys()),
        }

    def _counted(self) -> Json:
        overseen, counters = self._overseen, self._overseen.counters
        stats = overseen.stats
        return {
            "connections": counters.connections,
            "rooms": {
                "awake": stats.awake,
                "hibernating": stats.hibernating,
                "quarantined": len(overseen.overview.quarantined()),
            },
            "mailbox_messages": stats.mailbox_messages,
            "outbox_bytes": counters.outbox_bytes,
            "messages_received": counters.messages_received,
            "messages_sent": counters.messages_sent,
            "turns": self._turns(),
            "turn_seconds": _histogram(stats.turn_seconds),
            "commit_seconds": _histogram(stats.commit_seconds),
            "journal_syncs": stats.journal_syncs,
            "journal_records": stats.journal_records,
            "rehydrations": stats.rehydrations,
            "evictions": stats.evictions,
            "refusals": dict(counters.refusals),
            "closes": {str(code): count for code, count in counters.closes.items()},
        }

    def _turns(self) -> dict[str, dict[str, int]]:
        """By kind and result."""
        found: dict[str, dict[str, int]] = {}
        for (kind, _hook, result), count in self._overseen.stats.turns.items():
            by_result = found.setdefault(kind, {})
            by_result[result] = by_result.get(result, 0) + count
        return found


def _histogram(histogram: Histogram) -> Json:
    quantiles = {f"p{round(share * 100)}": histogram.quantile(share) for share in (0.5, 0.9, 0.99)}
    return {**quantiles, "count": histogram.count, "sum": histogram.sum}


def _process() -> Json:
    return {"memory_bytes": _memory_bytes(), "cpu_seconds": time.process_time(), "descriptors": _descriptors()}


def _memory_bytes() -> int | None:
    """What of the process is in memory; ``None`` where that cannot be asked."""
    if not sys.platform.startswith("linux"):
        return None
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _descriptors() -> int | None:
    return len(os.listdir("/proc/self/fd")) if sys.platform.startswith("linux") else None


def _version() -> str:
    try:
        return version("rooms")
    except PackageNotFoundError:
        return "0"
