"""Plain words become a query, and a text becomes what the index keeps of it."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.kinds.chat.words import TOKENIZER, indexed, query_of, shown


@pytest.fixture(scope="module")
def index() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    connection.execute(f'CREATE VIRTUAL TABLE words USING fts5(body, tokenize="{TOKENIZER}")')
    return connection


def is_found(index: apsw.Connection, query: str, text: str) -> bool:
    index.execute("DELETE FROM words")
    index.execute("INSERT INTO words VALUES(?)", (indexed(text),))
    return bool(list(index.execute("SELECT 1 FROM words WHERE words MATCH ?", (query_of(query),))))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("hello", "Well, HELLO there!"),
        ("hel", "hello"),
        ("there hello", "hello, you there"),
        ("resume", "my Résumé"),
        ("résumé", "my resume"),
        ("İstanbul", "istanbul"),
        ("don't", "I don't know"),
        ("c++ 17", "C++ and 17"),
        ("大厅", "你好大厅里"),
        ("こんにちは", "みなさんこんにちは!"),
        ("🎉", "party🎉🎉"),
        ("👨‍👩‍👧", "the 👨‍👩‍👧 is here"),
        ("привет", "Привет, мир"),
        ('say "hi"', "they say hi"),
        ("a AND b", "a and b"),
        ("!!! wait", "wait"),
    ],
)
def test_what_is_there_is_found(index: apsw.Connection, query: str, text: str) -> None:
    assert is_found(index, query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("hello", "hell"),
        ("ello", "hello"),
        ("one two", "one"),
        ("one* three", "onerous three"),
        ("a OR b", "b"),
        ("厅大", "大厅"),
        ("🎉", "👍"),
    ],
)
def test_what_is_not_there_is_not(index: apsw.Connection, query: str, text: str) -> None:
    assert not is_found(index, query, text)


@pytest.mark.parametrize("text", ["", " ", "\t\n", "!!!", '"', "*", "- - -", "​", "\0", "…"])
def test_where_there_is_no_word_there_is_no_query(text: str) -> None:
    assert query_of(text) is None


def test_too_many_words_are_no_query() -> None:
    assert query_of("a " * 16) is not None
    assert query_of("a " * 17) is None


@given(st.text(max_size=60))
def test_no_text_is_syntax(text: str) -> None:
    query = query_of(text.encode("utf-8", "ignore").decode())
    if query is not None:
        connection = apsw.Connection(":memory:")
        connection.execute(f'CREATE VIRTUAL TABLE words USING fts5(body, tokenize="{TOKENIZER}")')
        connection.execute("SELECT 1 FROM words WHERE words MATCH ?", (query,)).fetchall()


@given(st.text(max_size=60))
def test_the_index_shows_a_text_as_it_was_written(text: str) -> None:
    plain = "".join(" " if character in "\x02\x03​" else character for character in text)
    assert shown(indexed(text)) == plain


@given(st.text(st.sampled_from("abc 大🎉é-"), min_size=1, max_size=20))
def test_every_text_finds_itself(text: str) -> None:
    if query_of(text) is not None:
        connection = apsw.Connection(":memory:")
        connection.execute(f'CREATE VIRTUAL TABLE words USING fts5(body, tokenize="{TOKENIZER}")')
        assert is_found(connection, text, f"before {text} after")
