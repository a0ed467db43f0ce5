"""Node, if there is one that can run the JavaScript client."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CLIENT = ROOT / "clients" / "js"


@cache
def node_command() -> list[str] | None:
    """The words that start Node with a WebSocket; ``None`` if there is no such Node."""
    node = shutil.which("node")
    if node is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = (int(part) for part in version.removeprefix("v").split(".")[:2])
    if major >= 22:
        return [node]
    return [node, "--experimental-websocket", "--no-warnings"] if (major, minor) >= (20, 10) else None


needs_node = pytest.mark.skipif(node_command() is None, reason="needs Node 20.10 or newer")
