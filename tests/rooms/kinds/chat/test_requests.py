"""The limits of every request, as the protocol's table gives them."""

from __future__ import annotations

import msgspec
import pytest

from rooms.kinds.chat.requests import REQUESTS


def decode(type_: str, data: dict[str, object]) -> msgspec.Struct:
    return msgspec.convert(data, REQUESTS[type_])


FITS = [
    ("join", {}),
    ("join", {"room": "lobby", "name": "Ada", "meta": {"a": 1}, "since": 0, "epoch": "e", "limit": 100, "switch": True}),
    ("join", {"limit": 0, "name": "x" * 64, "meta": {"a": "x" * (1024 - 8)}}),
    ("message", {"message": ""}),
    ("message", {"message": "é" * 4_000, "cid": "c" * 64, "reply_to": "i", "mentions": ["ada"], "files": ["f"], "meta": {"a": []}}),
    ("message", {"message": "hi", "meta": {"a": "x" * (4096 - 8)}}),
    ("typing", {}),
    ("typing", {"with": "ada", "typing": False}),
    ("event", {"name": "cursor", "data": None}),
    ("event", {"name": "cursor", "data": "x" * (4096 - 2)}),
    ("history", {"before": 2**53, "after": 0, "limit": 100, "thread": "i", "pinned": True}),
    ("edit", {"id": "i", "message": "x"}),
    ("react", {"id": "i", "emoji": "👩‍👩‍👧‍👦"}),
    ("kick", {"user": "ada", "reason": "", "seconds": 1}),
    ("role", {"user": "ada", "role": "member"}),
    ("room", {"title": "T", "history_days": 0}),
    ("who", {"query": "a", "limit": 1000}),
    ("message", {"message": "hi", "unknown": "keys are ignored"}),
]

DOES_NOT_FIT = [
    ("join", {"limit": 101}),
    ("join", {"limit": -1}),
    ("join", {"since": -1}),
    ("join", {"since": 2**53 + 1}),
    ("join", {"since": 1.5}),
    ("join", {"name": ""}),
    ("join", {"name": "x" * 65}),
    ("join", {"name": "two\nlines"}),
    ("join", {"name": "right \u202e left"}),
    ("join", {"meta": {"a": "x" * (1024 - 7)}}),
    ("join", {"meta": "text"}),
    ("message", {}),
    ("message", {"message": None}),
    ("message", {"message": 7}),
    ("message", {"message": "x" * 4_001}),
    ("message", {"message": "hi", "cid": ""}),
    ("message", {"message": "hi", "cid": "c" * 65}),
    ("message", {"message": "hi", "cid": 7}),
    ("message", {"message": "hi", "mentions": "ada"}),
    ("message", {"message": "hi", "meta": {"a": "x" * (4096 - 7)}}),
    ("message", {"message": "hi", "meta": ["no object"]}),
    ("typing", {"typing": "yes"}),
    ("event", {"name": "cursor"}),
    ("event", {"data": 1}),
    ("event", {"name": "cursor", "data": "x" * (4096 - 1)}),
    ("history", {"limit": "many"}),
    ("edit", {"id": "i"}),
    ("delete", {}),
    ("react", {"id": "i"}),
    ("read", {"seq": -1}),
    ("kick", {"user": "ada", "seconds": 0}),
    ("kick", {"reason": "no user"}),
    ("role", {"user": "ada", "role": "owner"}),
    ("room", {"history_days": -1}),
]


@pytest.mark.parametrize(("type_", "data"), FITS)
def test_a_request_within_its_limits_is_decoded(type_, data):
    decode(type_, data)


@pytest.mark.parametrize(("type_", "data"), DOES_NOT_FIT)
def test_a_request_beyond_its_limits_is_refused(type_, data):
    with pytest.raises(msgspec.ValidationError):
        decode(type_, data)


def test_with_is_read_where_a_conversation_can_be_meant():
    assert decode("edit", {"with": "ada", "id": "i", "message": "x"}).with_ == "ada"


def test_what_is_left_out_has_the_protocols_default():
    assert decode("typing", {}).typing is True
    assert decode("react", {"id": "i", "emoji": "x"}).on is True
    assert decode("join", {}).switch is False
