"""``/metrics``: what the rooms and the gateway count, as Prometheus reads it.

The numbers are read on the loop, at once, so that they belong together; the text is made of them in a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.counters import Counters
from rooms import Histogram, Stats

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def snapshot(stats: Stats, counters: Counters) -> list[Metric]:
    """Every metric as of now. Quick; call it on the loop."""
    return [
        _gauge("rooms_connections", "WebSockets open now.", counters.connections),
        _gauge("rooms_awake", "Rooms that have an isolate now.", stats.awake),
        _gauge("rooms_hibernating", "Rooms without an isolate that have connections.", stats.hibernating),
        _turns(stats),
        _histogram("rooms_turn_seconds", "How long turns took.", stats.turn_seconds),
        _histogram("rooms_commit_seconds", "From the end of a turn that wrote to its record being durable.", stats.commit_seconds),
        _counter("rooms_journal_syncs", "Times the journal was synced to disk.", stats.journal_syncs),
        _counter("rooms_journal_records", "Records made durable in the journal.", stats.journal_records),
        _counter("rooms_messages_received", "Data messages received from sockets.", counters.messages_received),
        _counter("rooms_messages_sent", "Messages sent, one a socket and message.", counters.messages_sent),
        _counter("rooms_rehydrations", "Isolates built for rooms that had connections.", stats.rehydrations),
        _counter("rooms_evictions", "Rooms of which nothing was left in memory.", stats.evictions),
        _labelled("rooms_refusals", "Refusals, by the protocol's error code.", "code", counters.refusals.items()),
        _labelled("rooms_closes", "Sockets that ended, by close code.", "code", counters.closes.items()),
        _gauge("rooms_outbox_bytes", "Bytes that wait for slow readers.", counters.outbox_bytes),
        _gauge("rooms_mailbox_messages", "Mail that waits for its turn.", stats.mailbox_messages),
    ]


def exposition(metrics: Sequence[Metric]) -> bytes:
    """The text of a snapshot and of the process's own figures (memory, descriptors, CPU). Call it in a thread."""
    registry = CollectorRegistry()
    registry.register(_Taken(metrics))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Taken(Collector):
    """Metrics that were collected already."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value)


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(name, meaning, value)


def _labelled(name: str, meaning: str, label: str, values: Iterable[tuple[object, float]]) -> Metric:
    family = CounterMetricFamily(name, meaning, labels=[label])
    for key, value in values:
        family.add_metric([str(key)], value)
    return family


def _turns(stats: Stats) -> Metric:
    family = CounterMetricFamily("rooms_turns", "Turns, by kind of room, hook and result.", labels=["kind", "hook", "result"])
    for labels, count in stats.turns.items():
        family.add_metric(list(labels), count)
    return family


def _histogram(name: str, meaning: str, histogram: Histogram) -> Metric:
    """Prometheus counts cumulatively: each bucket holds what the smaller ones hold, too."""
    buckets, total = [], 0
    for bound, count in zip([*map(str, histogram.bounds), "+Inf"], histogram.counts, strict=True):
        total += count
        buckets.append((bound, total))
    return HistogramMetricFamily(name, meaning, buckets=buckets, sum_value=histogram.sum)
