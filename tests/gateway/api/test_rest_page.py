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


def test_every_operation_has_a_name_of_its_own_and_says_what_it_is_about() -> None:
    operations = [operation for item in document()["paths"].values() for key, operation in item.items() if key != "parameters"]
    names = [operation["operationId"] for operation in operations]
    assert all(re.fullmatch("[a-z_]+", name) for name in names)
    assert len(set(names)) == len(names)
    assert all(operation["tags"] for operation in operations)
