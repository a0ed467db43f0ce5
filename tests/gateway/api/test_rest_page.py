"""The page about the REST interface, held against what is served."""

from __future__ import annotations

import re

from gateway.api import PATHS
from tests.documents import ROOT

CALL = re.compile(r"^\| `(GET|POST|PUT|PATCH|DELETE) (/api/\S+)`", re.MULTILINE)


def calls() -> set[tuple[str, str]]:
    return set(CALL.findall((ROOT / "docs/reference/rest.md").read_text("utf-8")))


def served() -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, item in PATHS.items() for method in item.keys() - {"parameters"}}


def test_the_page_names_every_call_but_those_of_the_inspector() -> None:
    assert {(method, path) for method, path in served() if not path.startswith("/api/admin/")} <= calls()


def test_every_call_that_the_page_names_is_served() -> None:
    assert calls() <= served()
