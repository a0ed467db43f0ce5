"""Plain HTTP on the same port: health, metrics, the page, the description, and what is not there."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest

from tests.system.client import Client
from tests.system.server import CARRIERS, CarrierName, Server, samples
from tests.system.tokens import token

METRICS = [
    "rooms_connections",
    "rooms_awake",
    "rooms_hibernating",
    "rooms_turns_total",
    "rooms_turn_seconds",
    "rooms_commit_seconds",
    "rooms_journal_syncs_total",
    "rooms_journal_records_total",
    "rooms_messages_received_total",
    "rooms_messages_sent_total",
    "rooms_rehydrations_total",
    "rooms_evictions_total",
    "rooms_refusals_total",
    "rooms_closes_total",
    "rooms_outbox_bytes",
    "rooms_mailbox_messages",
]


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("http"), carrier=carrier) as running:
        yield running


def test_health_and_readiness(server: Server) -> None:
    assert server.get("/healthz")[0] == 200
    assert server.get("/readyz")[0] == 200


def test_every_metric_that_scripts_lean_on_is_there_after_some_use(server: Server) -> None:
    with Client(server.socket_url("lobby"), token=token("ada", "lobby")) as ada:
        ada.join()
        ada.say("hi")
        text = server.get("/metrics")[1].decode()
    declared = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
    for name in METRICS:
        assert name in declared, name
    values = {name: value for name, labels, value in samples(text) if not labels}
    assert values["rooms_connections"] == 1
    assert values["rooms_awake"] >= 1
    assert values["rooms_journal_records_total"] >= 1


def test_metrics_are_not_for_who_comes_through_a_proxy(server: Server) -> None:
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert server.get("/metrics", {header: "203.0.113.9"})[0] in (401, 403), header


def test_the_page_may_run_nothing_inline(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert response.status == 200
    assert (response.getheader("Content-Type") or "").startswith("text/html")
    policy = response.getheader("Content-Security-Policy") or ""
    assert "script-src" in policy or "default-src" in policy
    assert "unsafe-inline" not in policy
    assert response.getheader("X-Content-Type-Options") == "nosniff"
    connection.close()


def test_the_description_is_json_and_names_its_paths(server: Server) -> None:
    status, body = server.get("/api/openapi.json")
    assert status == 200
    assert json.loads(body)["openapi"].startswith("3.")


@pytest.mark.parametrize("path", ["/rooms/lobby/ws", "/ws"])
def test_a_socket_address_without_upgrade_says_what_is_missing(server: Server, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    assert response.status == 426
    assert (response.getheader("Upgrade") or "").lower() == "websocket"
    assert response.read() == b"Upgrade header must be websocket"
    connection.close()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/nothing/lobby/ws", 404),
        ("GET", "/api/nothing", 404),
        ("POST", "/healthz", 405),
        ("GET", "/assets/../../etc/passwd", 404),
        ("GET", "/assets/%2e%2e/%2e%2e/etc/passwd", 404),
        ("GET", "/users/ada/ws", 404),
        ("GET", "/rooms/a%2Fb/ws", 400),
        ("TRACE", "/", 405),
    ],
)
def test_what_is_not_there_is_refused_in_json_or_text(server: Server, method: str, path: str, status: int) -> None:
    assert server.get(path, method=method)[0] == status


def test_one_connection_serves_many_requests(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(20):
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        assert response.status == 200
        response.read()
    connection.close()
