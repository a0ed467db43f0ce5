"""One browser for all tests of a file, since its driver runs an event loop that the next file must not meet; every person has a profile.

Without Debian's ``chromium`` these tests are skipped, unless ``BROWSER_TESTS=required`` (as ``.ci/run`` says): then they fail.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.person import Person
from tests.system.server import Server

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
MISSING = "there is no chromium here: sudo apt-get install -y chromium"

Come = Callable[..., Person]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    found = next((path for path in CHROMIUM if Path(path).exists()), None)
    if found is None:
        (pytest.fail if os.environ.get("BROWSER_TESTS") == "required" else pytest.skip)(MISSING)
    arguments = ["--disable-gpu", "--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that lets guests in, for all tests of a file."""
    with Server(tmp_path_factory.mktemp("server"), carrier="hub", dev=True, env={"ROOMS_DEFAULT_ROOMS": "lobby"}) as server:
        yield server


@pytest.fixture
def come(browser: Browser, server: Server) -> Iterator[Come]:
    """``come("Ada")``: a person signed in as a guest; with ``account=True`` with an account. What a page complains about fails the test."""
    people: list[Person] = []

    def arrive(name: str, **how: object) -> Person:
        person = Person(browser, server, name, **how)  # type: ignore[arg-type]
        people.append(person)
        return person

    yield arrive
    for person in people:
        person.leave()
