"""Which part of a file is asked for, and what is said of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.files.serving import Span, headers_of, span_of


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, None),
        ("", None),
        ("bytes=0-0", Span(0, 1)),
        ("bytes=0-", Span(0, 100)),
        ("Bytes=10-19", Span(10, 10)),
        ("bytes=90-1000", Span(90, 10)),
        ("bytes=-10", Span(90, 10)),
        ("bytes=-1000", Span(0, 100)),
        ("bytes=-0", False),
        ("bytes=100-", False),
        ("bytes=100-200", False),
        ("bytes=9-8", None),
        ("bytes=-", None),
        ("bytes=0-1,2-3", None),
        ("lines=0-1", None),
        ("bytes=0-99999999999999999999", None),
        ("bytes=\u0661-", None),
    ],
)
def test_one_range_is_understood_and_all_else_is_the_whole(header: str | None, span: object) -> None:
    assert span_of(header, 100) == span


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 150))
def test_a_part_lies_within_the_file(start: int, end: int, size: int) -> None:
    span = span_of(f"bytes={start}-{end}", size)
    if isinstance(span, Span):
        assert span.size > 0
        assert 0 <= span.start <= span.start + span.size <= size


@pytest.mark.parametrize("name", ["a.txt", "ünï \u201cx\u201d.png", 'a";b=c', "a\\b", "100%.txt", "名前.pdf"])
def test_a_name_stays_within_its_header(name: str) -> None:
    shown = headers_of({"id": "1", "name": name, "type": "application/pdf", "size": 1})["content-disposition"]
    assert shown.isascii()
    assert shown.count('"') == 2
    assert shown.startswith('attachment; filename="')
    assert "; filename*=UTF-8''" in shown


def test_only_pictures_are_shown_in_place() -> None:
    for media_type, place in [("image/png", "inline"), ("image/svg+xml", "attachment"), ("text/plain; charset=utf-8", "attachment")]:
        headers = headers_of({"id": "1", "name": "a", "type": media_type, "size": 1})
        assert headers["content-disposition"].startswith(place)
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
