"""One line an event; nothing a stranger wrote can forge a line, and no token is ever in one."""

from __future__ import annotations

import io
import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.escaping import escaped
from gateway.logs import configure_logs

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"


def logged(log_format: str, event: str, **facts: object) -> str:
    stream = io.StringIO()
    configure_logs(log_format, stream).info(event, **facts)
    return stream.getvalue()


def test_json_is_one_object_a_line_with_level_and_time() -> None:
    line = logged("json", "room_quarantined", room="rooms/lobby", failures=5)

    assert line.endswith("\n")
    assert line.count("\n") == 1
    record = json.loads(line)
    assert record["event"] == "room_quarantined"
    assert record["level"] == "info"
    assert record["failures"] == 5
    assert record["timestamp"].endswith("Z")


def test_console_shows_the_event_and_its_facts() -> None:
    line = logged("console", "listening", address="127.0.0.1:8080", note="two words")

    assert 'listening  address=127.0.0.1:8080 note="two words"' in line


@given(st.text())
def test_no_value_breaks_the_line(text: str) -> None:
    assert logged("console", "event", name=text).count("\n") == 1
    assert logged("json", "event", name=text).count("\n") == 1


@given(st.text(st.characters(codec=None)))
def test_what_is_escaped_is_printable(text: str) -> None:
    assert escaped(text).isprintable()


def test_escape_sequences_and_bidirectional_marks_are_shown_not_obeyed() -> None:
    assert escaped("\x1b[2Jalice\u202e") == "\\x1b[2Jalice\\u202e"
    assert escaped("żółw 🐢") == "żółw 🐢"


def test_a_token_is_never_written_whatever_it_is_called() -> None:
    line = logged("json", "event", token="s3cret", jwt_secret="s3cret", path=f"/ws?access={JWT}", cookie="s3cret")

    assert "s3cret" not in line
    assert JWT.split(".")[1] not in line


def test_an_error_brings_its_traceback_and_hides_the_token_in_it() -> None:
    stream = io.StringIO()
    log = configure_logs("console", stream)
    try:
        raise ValueError(f"bad {JWT} \x1b[31m")
    except ValueError:
        log.exception("turn_failed", room="rooms/lobby")

    text = stream.getvalue()
    assert "Traceback" in text
    assert "bad (token) \\x1b[31m" in text
    assert text.split("\n")[1].startswith("    ")


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    stream = io.StringIO()
    log = configure_logs("json", stream)
    stream.close()

    log.info("still_alive")


def test_numbers_stay_numbers_for_machines_to_compare() -> None:
    record = json.loads(logged("json", "event", seconds=1.5, ok=True, nothing=None))

    assert record["seconds"] == 1.5
    assert record["ok"] is True
    assert record["nothing"] is None
