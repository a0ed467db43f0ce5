"""The types of the JavaScript client say what it does: a page that uses them compiles, and misuse does not."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.node import ROOT

LIBRARY = ROOT / "clients" / "js"


@pytest.fixture
def tsc(tmp_path: Path) -> Path:
    """The TypeScript compiler of the library's lock."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LIBRARY / name, tmp_path)
    done = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    if done.returncode != 0 and "network" in done.stderr + done.stdout:
        pytest.skip("npm cannot reach its registry")
    assert done.returncode == 0, done.stderr
    return tmp_path / "node_modules" / ".bin" / "tsc"


@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no Node here")
def test_a_page_written_in_typescript_compiles(tmp_path: Path, tsc: Path) -> None:
    options = {"noEmit": True, "strict": True, "target": "es2022", "module": "nodenext", "moduleResolution": "nodenext", "types": []}
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": [str(ROOT / "tests/clients/types.ts")]}))
    done = subprocess.run([tsc, "--project", tmp_path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
