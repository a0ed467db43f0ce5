"""How the pages are served, and that they are what their sources say."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from gateway.http.pages import ASK_AGAIN, FOLDER, FOR_EVER, Pages

SOURCES = Path(__file__).parents[3] / "clients"
FIRST_LOAD_BYTES_MAX = 100_000


@pytest.fixture(scope="module")
def site() -> TestClient:
    pages = Pages()
    return TestClient(Starlette(routes=[Route("/", pages.index), Route("/assets/{name}", pages.asset)]))


def first_load(site: TestClient) -> list[str]:
    """The page and everything it names."""
    return ["/", *re.findall(r'(?:src|href)="(/assets/[^"]+)"', site.get("/").text)]


def test_the_first_load_is_under_a_hundred_kilobytes_compressed(site: TestClient) -> None:
    addresses = first_load(site)
    sizes = {}
    for address in addresses:
        with site.stream("GET", address, headers={"accept-encoding": "gzip"}) as response:
            sizes[address] = sum(len(part) for part in response.iter_raw())
            assert response.status_code == 200

    assert any("chat.js" in address for address in addresses)
    assert any("woff2" in address for address in addresses)
    assert sum(sizes.values()) < FIRST_LOAD_BYTES_MAX, sizes


def test_what_a_page_names_by_its_hash_is_kept_for_ever_and_the_page_itself_is_not(site: TestClient) -> None:
    for address in first_load(site):
        named_by_hash = "?v=" in address or ".woff2" in address
        assert site.get(address).headers["cache-control"] == (FOR_EVER if named_by_hash else ASK_AGAIN), address
    assert site.get("/assets/chat.js?v=0123456789abcdef").headers["cache-control"] == ASK_AGAIN


def test_it_is_compressed_for_those_who_say_so_only(site: TestClient) -> None:
    plain = site.get("/assets/chat.js", headers={"accept-encoding": "identity"})
    refused = site.get("/assets/chat.js", headers={"accept-encoding": "gzip;q=0"})
    with site.stream("GET", "/assets/chat.js", headers={"accept-encoding": "br, gzip;q=0.8"}) as compressed:
        body = b"".join(compressed.iter_raw())

    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert compressed.headers["vary"] == "accept-encoding"
    assert gzip.decompress(body) == plain.content


def test_every_file_that_is_served_is_named_by_a_page_or_a_style(site: TestClient) -> None:
    texts = "".join(path.read_text() for path in FOLDER.iterdir() if path.suffix in {".html", ".css", ".js"})
    for path in FOLDER.iterdir():
        assert path.suffix == ".html" or path.name == "licences.txt" or path.name in texts, f"{path.name} is left over"


def test_the_licences_of_what_is_contained_are_shipped() -> None:
    text = (FOLDER / "licences.txt").read_text()
    for name in ("preact", "signals", "lucide", "figtree"):
        assert name in text


@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no Node here to build the pages with")
def test_the_pages_are_built_from_their_sources(tmp_path: Path) -> None:
    shutil.copytree(SOURCES, tmp_path / "clients", ignore=shutil.ignore_patterns("node_modules"))
    folder = tmp_path / "clients" / "web"
    installed = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"], cwd=folder, capture_output=True, text=True, timeout=120
    )
    if installed.returncode != 0 and "network" in installed.stderr + installed.stdout:
        pytest.skip("npm cannot reach its registry")
    assert installed.returncode == 0, installed.stderr
    built = tmp_path / "built"
    subprocess.run(["npm", "run", "build", "--", "--out", str(built)], cwd=folder, capture_output=True, check=True, timeout=120)

    assert {path.name for path in built.iterdir()} == {path.name for path in FOLDER.iterdir()}
    # Names and not texts are compared: the difference of two minified files is minutes of work for pytest, and nobody reads it.
    stale = [path.name for path in sorted(built.iterdir()) if path.read_bytes() != (FOLDER / path.name).read_bytes()]
    assert stale == [], "not what their sources say: npm run build, in clients/web"
