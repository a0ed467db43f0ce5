"""Pages of the admins' lists: limits, cursors, and values as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from starlette.requests import Request

from gateway.api.admin.paging import BAD_CURSOR, BAD_LIMIT, Page, cursor_of, page_of
from gateway.api.admin.stored_values import shown
from storage import Undecodable


def asked(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


@pytest.mark.parametrize("after", [["rooms", "lobby"], ["rooms", "ünï /?&"], ["", ""]])
def test_a_cursor_leads_on_from_where_it_was_made(after: list[str]) -> None:
    assert page_of(asked(f"limit=7&cursor={cursor_of(after)}"), tuple[str, str]) == Page(7, tuple(after))


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "", "x", "1" * 5_000, "²"])
def test_limits_are_limited(limit: str) -> None:
    assert page_of(asked(f"limit={limit}")) is BAD_LIMIT


@pytest.mark.parametrize("cursor", ["", "zz", "%FF", "WzFd", cursor_of(1), cursor_of(["a"]), "a" * 5_000, cursor_of(["a", "b"])[:-2]])
def test_a_cursor_of_others_is_refused(cursor: str) -> None:
    assert page_of(asked(f"cursor={cursor}"), tuple[str, str]) is BAD_CURSOR


@pytest.mark.parametrize(
    ("value", "json_of"),
    [
        ({"a": [1, None, True, 1.5, "ü"]}, {"a": [1, None, True, 1.5, "ü"]}),
        (b"\x00\xff", {"$bytes": "AP8=", "size": 2}),
        ({"deep": [b""]}, {"deep": [{"$bytes": "", "size": 0}]}),
        ({1: "one"}, {"$pairs": [[1, "one"]]}),
        (2**60, {"$integer": str(2**60)}),
        (float("nan"), {"$number": "nan"}),
        (float("-inf"), {"$number": "-inf"}),
        (datetime(2026, 11, 20, tzinfo=UTC), {"$time": "2026-11-20T00:00:00+00:00"}),
        (Undecodable(b"\xc1"), {"$undecodable": "wQ==", "size": 1}),
        (True, True),
        ((1, 2), [1, 2]),
    ],
)
def test_every_stored_value_has_a_form_in_json(value: Any, json_of: Any) -> None:
    assert json.loads(msgspec.json.encode(shown(value))) == json_of


def test_long_bytes_are_cut_and_their_size_told() -> None:
    found = shown(b"x" * 1_000_000)
    assert len(found["$bytes"]) < 10_000
    assert found["size"] == 1_000_000
