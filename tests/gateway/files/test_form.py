"""The one file in a form, however it comes in pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.files.form import NO_FILE, NOT_A_FORM, TWO_FILES, FormFile, file_name_of

TYPE = "multipart/form-data; boundary=x"


def part(content: bytes, name: str = "file", filename: str | None = "a.txt") -> bytes:
    shown = "" if filename is None else f'; filename="{filename}"'
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'.encode() + content + b"\r\n"


def read(body: bytes, cuts: list[int] | None = None, content_type: str = TYPE) -> tuple[FormFile, bytes]:
    form = FormFile(content_type)
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts or []), len(body)]
    found = b"".join(form.feed(body[start:end]) for start, end in pairwise(places))
    form.end()
    return form, found


@given(st.binary(max_size=300), st.lists(st.integers(0, 1_000), max_size=5))
def test_the_file_is_found_wherever_the_body_is_cut(content: bytes, cuts: list[int]) -> None:
    if b"\r\n--x" in b"\r\n" + content:
        return
    form, found = read(part(b"a field", "note", None) + part(content) + b"--x--\r\n", cuts)
    assert (form.fault, found, form.name) == (None, content, "a.txt")


@given(st.binary(max_size=200), st.lists(st.integers(0, 1_000), max_size=5))
def test_no_body_raises(body: bytes, cuts: list[int]) -> None:
    form, _ = read(b"--x" + body, cuts)
    assert form.fault is not None or form.is_whole


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (part(b"x"), NOT_A_FORM),
        (b"--x--\r\n", NO_FILE),
        (part(b"x", "note", None) + b"--x--\r\n", NO_FILE),
        (part(b"x") + part(b"y") + b"--x--\r\n", TWO_FILES),
        (part(b"x", "note", None) * 9 + b"--x--\r\n", NOT_A_FORM),
        (b"--x\r\n" + b"A: " + b"a" * 100_000 + b"\r\n\r\nx\r\n--x--\r\n", NOT_A_FORM),
    ],
)
def test_what_is_wrong_with_a_form_is_said(body: bytes, fault: object) -> None:
    assert read(body)[0].fault == fault


@pytest.mark.parametrize(
    "content_type", ["", "multipart/form-data", "multipart/mixed; boundary=x", "multipart/form-data; boundary=" + "x" * 400]
)
def test_what_is_no_form_is_not_looked_at(content_type: str) -> None:
    form, found = read(part(b"x") + b"--x--\r\n", content_type=content_type)
    assert (form.fault, found) == (NOT_A_FORM, b"")


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        (b"a.txt", "a.txt"),
        (b"C:\\folder\\a.txt", "a.txt"),
        (b"../../a", "a"),
        (b"...", "file"),
        (b"", "file"),
        (b"a\x00b\r\n.txt", "ab.txt"),
        ("e\u0301.png".encode(), "\u00e9.png"),
        (b"\xff\xfe.bin", "\ufffd\ufffd.bin"),
        (b"x" * 500 + b".tar", "x" * 124 + ".tar"),
        (b"x" * 500, "x" * 128),
    ],
)
def test_a_name_is_fit_to_be_shown_and_saved_under(given_name: bytes, kept: str) -> None:
    assert file_name_of(given_name) == kept


@given(st.binary(max_size=400))
def test_no_name_is_a_way_to_a_folder(given_name: bytes) -> None:
    name = file_name_of(given_name)
    assert 1 <= len(name) <= 128
    assert not set(name) & set("/\\\0\r\n")
    assert name not in (".", "..")
