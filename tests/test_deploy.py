"""What lies in ``deploy/`` fits the server: the metrics that alerts and the dashboard ask for are exposed, and the alerts fire."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.documents import ROOT
from tests.system.server import Server

DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus/rooms.rules.yml"
DASHBOARD = DEPLOY / "grafana/rooms.json"
_NAME = re.compile(r"\b(?:rooms|process)_[a-z_]+")
_SUFFIX = re.compile(r"_(?:bucket|sum|count)$")


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The metrics of a running server, as the reference names them."""
    with Server(tmp_path_factory.mktemp("metrics")) as server:
        text = server.get("/metrics")[1].decode()
    return {name for name, _ in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)}


def test_every_metric_of_the_reference_is_exposed_and_none_is_missing_there(exposed: set[str]) -> None:
    page = (ROOT / "docs/reference/metrics.md").read_text("utf-8")
    documented = {name.partition("{")[0] for name in re.findall(r"^\| `(rooms_[a-z_{},]+)`", page, re.MULTILINE)}
    assert documented == {name for name in exposed if name.startswith("rooms_")}


def expressions(dashboard: dict[str, object]) -> list[str]:
    text = json.dumps(dashboard)
    return [json.loads(f'"{found}"') for found in re.findall(r'"expr": "((?:[^"\\]|\\.)*)"', text)]


def test_the_dashboard_and_the_alerts_ask_only_for_metrics_that_are_exposed(exposed: set[str]) -> None:
    asked = [*expressions(json.loads(DASHBOARD.read_text())), *re.findall(r"expr: (.*)", RULES.read_text())]
    names = {_SUFFIX.sub("", name) for expression in asked for name in _NAME.findall(expression)}
    assert len(names) > 15
    assert names <= exposed


def test_the_dashboard_shows_every_metric_there_is(exposed: set[str]) -> None:
    shown = {_SUFFIX.sub("", name) for expression in expressions(json.loads(DASHBOARD.read_text())) for name in _NAME.findall(expression)}
    assert {name for name in exposed if name.startswith("rooms_")} <= shown


def test_every_panel_has_a_place_of_its_own() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_alert_is_explained_and_tested() -> None:
    alerts = re.findall(r"- alert: (\w+)", RULES.read_text())
    page = (ROOT / "docs/how-to/monitor.md").read_text("utf-8")
    tests = (DEPLOY / "prometheus/rooms.rules.test.yml").read_text()
    assert len(alerts) > 10
    assert not [alert for alert in alerts if f"`{alert}`" not in page]
    assert not [alert for alert in alerts if not re.search(rf"alertname: {alert}\n\s+exp_alerts", tests)]


@pytest.mark.parametrize("words", ["check rules rooms.rules.yml", "test rules rooms.rules.test.yml", "check config prometheus.yml"])
def test_promtool_is_content(words: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("there is no promtool here: Debian has it in the package prometheus")
    done = subprocess.run([promtool, *words.split()], cwd=DEPLOY / "prometheus", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_expressions_of_the_dashboard_are_promql(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("there is no promtool here: Debian has it in the package prometheus")
    values = {"$job": "rooms", "$instance": ".*", "$__rate_interval": "1m"}
    rules = []
    for number, expression in enumerate(expressions(json.loads(DASHBOARD.read_text()))):
        for name, value in values.items():
            expression = expression.replace(name, value)
        rules.append({"record": f"panel:{number}", "expr": expression})
    (tmp_path / "panels.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run([promtool, "check", "rules", tmp_path / "panels.yml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_locks_of_the_server_and_the_documentation_pin_what_the_lock_of_the_tests_pins() -> None:
    def pins(path: Path) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9_.-]+)==([^ \\;]+)", path.read_text(), re.MULTILINE))

    everything = pins(ROOT / "requirements.lock")
    server = pins(DEPLOY / "requirements.lock")
    assert server.items() <= everything.items()
    assert not {"pytest", "ruff", "mypy"} & set(server)
    documentation = pins(ROOT / "docs/requirements.lock")
    assert {name: documentation[name] for name in server} == server
