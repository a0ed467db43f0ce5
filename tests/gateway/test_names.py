"""What may be a name."""

from __future__ import annotations

from unicodedata import is_normalized
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.names import RESERVED_KINDS, display_name_of, is_kind, name_in_path, name_of

GOOD = [
    "lobby",
    "a",
    "A-b_c.d~e@f:g+h",
    "x" * 128,
    "два слова",
    " space around ",
    "日本語",
    "🎉",
    "...",
    "a.b",
    ".a",
    "%41",
    "O'Neill",
    'quo"te',
    "back\\slash",
    "<b>",
]
BAD = {
    "empty": "",
    "129 characters": "x" * 129,
    "129 composed characters": "é" * 129,
    "a flood": "\u0301" * 100_000,
    "a slash": "a/b",
    "an encoded slash": "a%2fb",
    "a star": "team-*",
    "a dot": ".",
    "two dots": "..",
    "NUL": "a\0",
    "a tab": "a\tb",
    "a line break": "a\n",
    "DEL": "a\x7f",
    "a C1 control": "a\x80",
    "a line separator": "a\u2028",
    "a paragraph separator": "a\u2029",
    "right to left override": "a\u202eb",
    "an isolate": "\u2067a\u2069",
    "a mark": "a\u200f",
    "an Arabic letter mark": "a\u061c",
    "a lone surrogate": "a\ud800",
}


@pytest.mark.parametrize("text", GOOD)
def test_these_are_names(text: str) -> None:
    assert name_of(text) == text
    assert name_in_path(quote(text, safe="")) == text


@pytest.mark.parametrize("what", BAD)
def test_these_are_no_names(what: str) -> None:
    assert name_of(BAD[what]) is None
    if what != "a lone surrogate":
        assert name_in_path(quote(BAD[what], safe="")) is None


def test_there_is_one_spelling() -> None:
    assert name_of("cafe\u0301") == name_in_path("cafe%CC%81") == name_in_path("caf%c3%a9") == "café"


def test_compatibility_characters_stay_what_they_are() -> None:
    assert name_of("ﷺ" * 64) == "ﷺ" * 64


@pytest.mark.parametrize(
    "segment", ["%", "%4", "%zz", "a%2", "%ff", "%c0%af", "%ed%a0%80", "%2F", "%2f", "%252f", "%2e", "%2E%2e", "%00", "a%0d%0ab", ""]
)
def test_these_segments_spell_no_name(segment: str) -> None:
    assert name_in_path(segment) is None


def test_a_plus_in_a_path_is_a_plus() -> None:
    assert name_in_path("a+b") == "a+b"


@given(st.text(max_size=140))
def test_whatever_is_a_name_keeps_the_rules_and_is_its_own_spelling(text: str) -> None:
    name = name_of(text)
    if name is not None:
        assert 1 <= len(name) <= 128
        assert not set(name) & set("/*\0\r\n")
        assert name not in (".", "..")
        assert is_normalized("NFC", name)
        assert name_of(name) == name
        assert name_in_path(quote(name, safe="")) == name


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_no_segment_raises(segment: str) -> None:
    name = name_in_path(segment)
    assert name is None or name_of(name) == name


@pytest.mark.parametrize("kind", ["a", "counters", "a-1", "x" * 32])
def test_these_are_kinds(kind: str) -> None:
    assert is_kind(kind)


@pytest.mark.parametrize("kind", ["", "A", "1a", "-a", "a_b", "a b", "x" * 33, "é", "a\n", *RESERVED_KINDS])
def test_these_are_no_kinds(kind: str) -> None:
    assert not is_kind(kind)


@pytest.mark.parametrize(
    ("text", "shown"), [("Ada", "Ada"), ("  Ada  L ", "Ada  L"), ("cafe\u0301", "café"), ("x" * 64, "x" * 64), ("a/b*", "a/b*")]
)
def test_these_can_be_shown(text: str, shown: str) -> None:
    assert display_name_of(text) == shown


@pytest.mark.parametrize("text", ["", "   ", "x" * 65, "a\u202eb", "a\nb", "a\x1b[2J", "\ud800", "e\u0301" * 10_000])
def test_these_cannot_be_shown(text: str) -> None:
    assert display_name_of(text) is None
