"""The documentation builds as a site without a warning, and no link of it is broken. Its tools are those of `./run docs`."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.documents import ROOT

if find_spec("furo") is None:
    pytest.skip("the tools of the documentation are not here: ./run docs installs them", allow_module_level=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "-b", "html", "docs", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        relative = page.relative_to(ROOT / "docs")
        if relative != Path("README.md"):
            assert (site / relative).with_suffix(".html").exists(), relative


def test_no_link_of_the_site_is_broken(site: Path) -> None:
    broken = []
    pages = {page: page.read_text("utf-8") for page in site.rglob("*.html")}
    anchors = {page: {*re.findall(r'\bid="([^"]+)"', text), ""} for page, text in pages.items()}
    for page, text in pages.items():
        for link in re.findall(r'\b(?:href|src)="([^"]+)"', text):
            path, _, anchor = unquote(link.split("?")[0]).partition("#")
            if "://" in link or link.startswith(("mailto:", "data:")):
                continue
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (target.suffix == ".html" and anchor not in anchors[target]):
                broken.append(f"{page.relative_to(site)}: {link}")
    assert not broken


def test_the_python_api_stands_there_with_its_promises(site: Path) -> None:
    page = (site / "reference/python-api.html").read_text("utf-8")
    for name in ("rooms.Room.on_message", "rooms.Room.background", "rooms.Connection.attachment", "storage.RoomStorage.put"):
        assert f'id="{name}"' in page, name
