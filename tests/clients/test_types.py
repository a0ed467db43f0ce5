"""The types of the JavaScript client say what it does: a page that uses them compiles, and misuse does not."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.node import ROOT

TSC = shutil.which("tsc") or shutil.which("tsc", path=str(ROOT / "clients/web/node_modules/.bin"))


@pytest.mark.skipif(TSC is None, reason="needs tsc, the TypeScript compiler, on the path")
def test_a_page_written_in_typescript_compiles(tmp_path: Path) -> None:
    assert TSC is not None
    options = {"noEmit": True, "strict": True, "target": "es2022", "module": "nodenext", "moduleResolution": "nodenext", "types": []}
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": [str(ROOT / "tests/clients/types.ts")]}))
    done = subprocess.run([TSC, "--project", tmp_path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
