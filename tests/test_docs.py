"""The documentation is true: its code runs and prints what it says, its links lead somewhere, its tables are complete."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.cli import COMMANDS
from gateway.errors import ERRORS
from gateway.settings import described, load_settings
from rooms.kinds.chat import ChatRoom
from tests.documents import ROOT, Reader, parts_of

_PACKAGES = ("gateway", "rooms", "storage", "bench", "tests", "clients/js")
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(page for package in _PACKAGES for page in (ROOT / package).rglob("README.md")),
        ROOT / "clients/web/README.md",
    ]
)
RUN = ("python", "console")
RUNNABLE = [page for page in PAGES if any(part.what in RUN for part in parts_of(page))]


def named(pages: list[Path]) -> list[str]:
    return [page.relative_to(ROOT).as_posix() for page in pages]


@pytest.mark.parametrize("page", RUNNABLE, ids=named(RUNNABLE))
def test_a_page_can_be_followed(page: Path, tmp_path: Path) -> None:
    assert Reader(page, tmp_path).follow() > 0


def test_the_readme_and_the_tutorial_have_code() -> None:
    assert {ROOT / "README.md", ROOT / "docs/tutorials/first-room.md"} <= set(RUNNABLE)


@pytest.mark.parametrize("page", PAGES, ids=named(PAGES))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL))
    local = [target.partition("#")[0] for target in targets if "://" not in target and not target.startswith("#")]
    missing = [target for target in local if not (page.parent / target).exists()]
    assert not missing


def test_javascript_on_the_pages_is_javascript(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here")
    blocks = [(page, part) for page in PAGES for part in parts_of(page) if part.what == "js"]
    assert len(blocks) > 5
    for number, (page, part) in enumerate(blocks):
        file = tmp_path / f"{number}.mjs"
        file.write_text(part.text.replace("exports.", "globalThis."), "utf-8")
        done = subprocess.run([node, "--check", file], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{page}:{part.line}\n{done.stderr}"


def test_settings_in_toml_on_the_pages_are_settings(tmp_path: Path) -> None:
    blocks = [(page, part) for page in PAGES for part in parts_of(page) if part.what == "toml"]
    assert blocks
    for page, part in blocks:
        file = tmp_path / "rooms.toml"
        file.write_text(part.text, "utf-8")
        assert not load_settings({}, environ={}, config=file).warnings, f"{page}:{part.line}"


def test_every_page_can_be_found_from_the_index() -> None:
    docs = ROOT / "docs"
    index = (docs / "README.md").read_text("utf-8") + (docs / "decisions/README.md").read_text("utf-8")
    lost = [page.name for page in docs.rglob("*.md") if page.name not in ("README.md", "index.md") and page.name not in index]
    assert not lost


def test_every_setting_is_in_the_reference() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    missing = [setting.name for setting in described(load_settings({}, environ={})) if f"`{setting.name.upper()}`" not in page]
    assert not missing


def test_every_error_code_is_in_the_reference() -> None:
    page = (ROOT / "docs/reference/errors.md").read_text("utf-8")
    assert not [code for code in ERRORS if f"`{code}`" not in page]


def test_every_metric_is_in_the_reference() -> None:
    page = (ROOT / "docs/reference/metrics.md").read_text("utf-8")
    source = (ROOT / "gateway/metrics.py").read_text("utf-8")
    names = set(re.findall(r'"(rooms_[a-z_]+)"', source))
    assert len(names) >= 16
    assert not [name for name in names if f"`{name}" not in page]


def protocol() -> tuple[str, str]:
    """The protocol's page, and of it what is said to be not served yet."""
    page = (ROOT / "docs/reference/protocol.md").read_text("utf-8")
    return page, "\n".join(line for line in page.splitlines() if line.startswith("> "))


def test_the_protocol_names_the_commands_there_are_and_says_which_are_not_yet() -> None:
    page, not_yet = protocol()
    named = set(re.findall(r"\brooms (?:`?)([a-z]+)(?= |`)", page[page.index("## 7. Command line") :])) & {
        *COMMANDS,
        "backup",
        "restore",
        "chat",
        "bench",
    }

    assert {*COMMANDS, "bench"} <= named
    for command in named - {*COMMANDS, "bench"}:
        assert f"`rooms {command}`" in not_yet
    for command in COMMANDS:
        assert f"`rooms {command}`" not in not_yet


def test_every_request_that_the_chat_takes_is_in_the_protocol_and_not_called_missing() -> None:
    page, not_yet = protocol()
    for request in ChatRoom.requests:
        assert f"`{request}`" in page
        assert f"`{request}`" not in not_yet
