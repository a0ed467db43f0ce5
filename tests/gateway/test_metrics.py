"""What ``/metrics`` shows is what was counted, under the names that dashboards lean on."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from gateway.counters import Counters
from gateway.metrics import exposition, snapshot
from rooms import Stats

NAMES = {
    "rooms_connections": "gauge",
    "rooms_awake": "gauge",
    "rooms_hibernating": "gauge",
    "rooms_turns": "counter",
    "rooms_turn_seconds": "histogram",
    "rooms_commit_seconds": "histogram",
    "rooms_journal_syncs": "counter",
    "rooms_journal_records": "counter",
    "rooms_messages_received": "counter",
    "rooms_messages_sent": "counter",
    "rooms_rehydrations": "counter",
    "rooms_evictions": "counter",
    "rooms_refusals": "counter",
    "rooms_closes": "counter",
    "rooms_outbox_bytes": "gauge",
    "rooms_mailbox_messages": "gauge",
}


def shown(stats: Stats, counters: Counters) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = exposition(snapshot(stats, counters)).decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}


def test_every_promised_name_is_there_from_the_start_with_its_type() -> None:
    families = text_string_to_metric_families(exposition(snapshot(Stats(), Counters())).decode())

    found = {family.name: family.type for family in families}

    assert {name: found.get(name) for name in NAMES} == NAMES


def test_numbers_arrive_with_their_labels() -> None:
    stats, counters = Stats(), Counters()
    stats.turns[("rooms", "on_message", "returned")] = 3
    stats.awake = 2
    counters.connections = 5
    counters.refusals["rate_limited"] += 1
    counters.closes[4413] += 2

    values = shown(stats, counters)

    assert values["rooms_turns_total", (("hook", "on_message"), ("kind", "rooms"), ("result", "returned"))] == 3
    assert values["rooms_awake", ()] == 2
    assert values["rooms_connections", ()] == 5
    assert values["rooms_refusals_total", (("code", "rate_limited"),)] == 1
    assert values["rooms_closes_total", (("code", "4413"),)] == 2


def test_buckets_are_cumulative_and_end_with_all() -> None:
    stats = Stats()
    for seconds in (0.00005, 0.002, 0.002, 99.0):
        stats.turn_seconds.observe(seconds)

    values = shown(stats, Counters())

    assert values["rooms_turn_seconds_bucket", (("le", "0.0001"),)] == 1
    assert values["rooms_turn_seconds_bucket", (("le", "0.0025"),)] == 3
    assert values["rooms_turn_seconds_bucket", (("le", "30.0"),)] == 3
    assert values["rooms_turn_seconds_bucket", (("le", "+Inf"),)] == 4
    assert values["rooms_turn_seconds_count", ()] == 4
    assert values["rooms_turn_seconds_sum", ()] == 0.00405 + 99.0


def test_a_snapshot_is_not_changed_by_what_is_counted_later() -> None:
    counters = Counters()
    counters.closes[1000] = 1
    taken = snapshot(Stats(), counters)
    counters.closes[1000] = 9
    counters.connections = 9

    text = exposition(taken).decode()

    assert 'rooms_closes_total{code="1000"} 1.0' in text
    assert "rooms_connections 0.0" in text
