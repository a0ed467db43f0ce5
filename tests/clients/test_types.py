"""The types of the JavaScript client say what it does: a page that uses them compiles, and misuse does not."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.clients.node import ROOT

TSC = shutil.which("tsc") or shutil.which("tsc", path=str(ROOT / "clients/web/node_modules/.bin"))


@pytest.mark.skipif(TSC is None, reason="needs tsc, the TypeScript compiler, on the path")
def test_a_page_written_in_typescript_compiles() -> None:
    assert TSC is not None
    flags = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext", "--types", ""]
    done = subprocess.run([TSC, *flags, str(ROOT / "tests/clients/types.ts")], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
