"""The one table of errors."""

from __future__ import annotations

import json
import re

import pytest

from gateway.errors import ERRORS, NOT_AUTHORIZED, STATUS_BY_CLOSE_CODE, TOKEN_REFUSED, close_code_of, http_reply, refusal, status_of
from rooms import Refusal

PROTOCOL = """bad_message unknown_type not_authorized not_in_room user_not_found message_not_found not_found conflict too_large
too_many_rooms rate_limited muted banned blocked overloaded storage_full unavailable unknown_outcome internal timeout"""
CLOSE_CODES = {1000, 1001, 1003, 1007, 1009, 1011, 1012, 1013, 4400, 4401, 4403, 4404, 4408, 4409, 4410, 4411, 4413, 4429}


def test_the_table_has_every_code_of_the_protocol_and_no_other() -> None:
    assert set(ERRORS) == set(PROTOCOL.split())


@pytest.mark.parametrize("code", ERRORS)
def test_every_code_has_words_a_status_and_a_close_code(code: str) -> None:
    meaning = ERRORS[code]
    assert re.fullmatch(r"[A-Z].*[^.]", meaning.message)
    assert 400 <= meaning.status < 600
    assert meaning.close_code in CLOSE_CODES


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("bad_message", "Invalid message format"),
        ("unknown_type", "Unknown message received"),
        ("not_authorized", "Not authorized"),
        ("not_in_room", "Not in room"),
    ],
)
def test_the_words_that_the_protocol_fixes(code: str, message: str) -> None:
    assert refusal(code).message == message


def test_more_may_be_said_than_the_table_says() -> None:
    assert refusal("bad_message", "Invalid message format: room").message == "Invalid message format: room"


def test_a_code_that_is_not_in_the_table_is_our_bug() -> None:
    with pytest.raises(KeyError):
        refusal("no_such_code")


def test_a_refusals_own_close_code_comes_first() -> None:
    assert close_code_of(TOKEN_REFUSED) == 4401
    assert close_code_of(NOT_AUTHORIZED) == 4403
    assert close_code_of(refusal("unavailable")) == 1011
    assert close_code_of(refusal("banned")) == 4411
    assert close_code_of(Refusal("an author's own", "x")) == 1011


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        (TOKEN_REFUSED, 401),
        (NOT_AUTHORIZED, 403),
        (refusal("unavailable"), 503),
        (refusal("overloaded"), 503),
        (refusal("rate_limited"), 429),
        (refusal("not_found"), 404),
        (Refusal("own", "x"), 500),
        (refusal("banned", close_code=4410), 403),
    ],
)
def test_statuses(refused: Refusal, status: int) -> None:
    assert status_of(refused) == status


def test_every_close_code_with_a_status_is_one_of_the_protocol() -> None:
    assert set(STATUS_BY_CLOSE_CODE) <= CLOSE_CODES


@pytest.mark.parametrize("code", ERRORS)
def test_a_reply_has_the_errors_shape(code: str) -> None:
    reply = http_reply(refusal(code))
    assert reply.status == ERRORS[code].status
    assert json.loads(reply.body) == {"error": {"code": code, "message": ERRORS[code].message}}
    assert (b"retry-after" in dict(reply.headers)) is (reply.status in (429, 503))


@pytest.mark.parametrize(("retry_after_ms", "seconds"), [(None, b"5"), (1, b"1"), (1000, b"1"), (1001, b"2"), (0, b"1")])
def test_retry_after_is_in_whole_seconds_and_never_too_early(retry_after_ms: int | None, seconds: bytes) -> None:
    assert dict(http_reply(refusal("rate_limited", retry_after_ms=retry_after_ms)).headers)[b"retry-after"] == seconds


def test_a_401_names_the_scheme() -> None:
    assert dict(http_reply(TOKEN_REFUSED).headers)[b"www-authenticate"] == b"Bearer"
