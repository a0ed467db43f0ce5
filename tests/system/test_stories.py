"""The stories of `examples/stories.py` come true, and it says so when they do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.system.server import ROOT, Server

SETTINGS = {"ROOMS_IDLE_SECONDS": "0.5", "ROOMS_STATS_SECONDS": "0.5", "ROOMS_RATE_LIMITS": "on"}


def tell(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "examples" / "stories.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)


def test_all_five_are_told_to_the_end(tmp_path: Path) -> None:
    with Server(tmp_path, carrier="hub", dev=True, env=SETTINGS) as server:
        told = tell(f"http://{server.host}")
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.count("─\n") == 5
    assert "5 stories, 0 surprises" in told.stdout


def test_what_does_not_come_true_is_said(tmp_path: Path) -> None:
    with Server(tmp_path, env={**SETTINGS, "ROOMS_ACCOUNTS": "off"}) as server:
        told = tell(f"http://{server.host}")
    assert told.returncode == 1
    assert "5 stories, 5 surprises" in told.stdout
