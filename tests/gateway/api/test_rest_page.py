"""The page about the REST interface, held against what is served."""

from __future__ import annotations

import re

from gateway.http.openapi import document
from tests.documents import ROOT

CALL = re.compile(r"^\| `(GET|POST|PUT|PATCH|DELETE) (/api/\S+)`", re.MULTILINE)


def calls() -> set[tuple[str, str]]:
    return set(CALL.findall((ROOT / "docs/reference/rest.md").read_text("utf-8")))


def served() -> set[tuple[str, str]]:
    paths = document()["paths"].items()
    found = {(method.upper(), path) for path, item in paths if path.startswith("/api/") for method in item.keys() - {"parameters"}}
    return found - {("GET", "/api/openapi.json")}


def test_the_page_names_every_call_and_those_of_admins_in_its_own_words() -> None:
    assert {call for call in served() if not call[1].startswith("/api/admin/")} <= calls()


def test_every_call_that_the_page_names_is_served() -> None:
    assert calls() <= served()
