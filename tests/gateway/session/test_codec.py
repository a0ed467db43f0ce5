"""Which frames are requests."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.session.codec import BadMessage, Request, decode, fitted

SAFE = 2**53


class Say(msgspec.Struct):
    message: str
    limit: int | None = None
    meta: dict[str, Any] | None = None


def test_a_request_is_its_type_data_and_ref() -> None:
    assert decode('{"type":"message","data":{"message":"hi"},"ref":1}') == Request("message", {"message": "hi"}, 1)
    assert decode(msgpack.packb({"type": "message", "data": {"message": "hi"}, "ref": "r"})) == Request("message", {"message": "hi"}, "r")


def test_data_and_ref_may_be_left_out_and_unknown_keys_are_ignored() -> None:
    assert decode('{"type":"ping"}') == Request("ping", {}, None)
    assert decode('{"type":"ping","data":null,"ref":null,"more":[1]}') == Request("ping", {}, None)


NOT_ENVELOPES = {
    "nothing": "",
    "a space": " ",
    "a word": "hello",
    "null": "null",
    "a number": "1",
    "text": '"type"',
    "a list": "[]",
    "no type": "{}",
    "no type but data": '{"data":{}}',
    "a type that is null": '{"type":null}',
    "a type that is a number": '{"type":1}',
    "a type that is empty": '{"type":""}',
    "a type without end": '{"type":"' + "x" * 65 + '"}',
    "data that is a list": '{"type":"x","data":[]}',
    "data that is text": '{"type":"x","data":"{}"}',
    "data that is false": '{"type":"x","data":false}',
    "a ref that is a list": '{"type":"x","ref":[1]}',
    "a ref that is true": '{"type":"x","ref":true}',
    "a ref that is a fraction": '{"type":"x","ref":1.5}',
    "a ref without end": '{"type":"x","ref":"' + "r" * 257 + '"}',
    "two values": '{"type":"x"}{"type":"x"}',
    "a trailing comma": '{"type":"x",}',
    "a comment": '{"type":"x"} // x',
    "single quotes": "{'type':'x'}",
    "NaN": '{"type":"x","data":{"a":NaN}}',
    "Infinity": '{"type":"x","data":{"a":-Infinity}}',
    "a number beyond all": '{"type":"x","data":{"a":1e400}}',
    "2^53 + 1": f'{{"type":"x","data":{{"a":{SAFE + 1}}}}}',
    "-2^53 - 1": f'{{"type":"x","data":{{"a":[{-SAFE - 1}]}}}}',
    "a ref of 2^53 + 1": f'{{"type":"x","ref":{SAFE + 1}}}',
    "2^64": f'{{"type":"x","data":{{"a":{2**64}}}}}',
    "five thousand digits": '{"type":"x","data":{"a":' + "9" * 5000 + "}}",
    "a leading zero": '{"type":"x","data":{"a":01}}',
    "a plus": '{"type":"x","data":{"a":+1}}',
    "a lone high surrogate": '{"type":"x","data":{"a":"\\ud800"}}',
    "a lone low surrogate": '{"type":"x","data":{"a":"\\udc00"}}',
    "a lone surrogate as a key": '{"type":"x","data":{"\\ud800":1}}',
    "surrogates the wrong way round": '{"type":"x","data":{"a":"\\udc00\\ud800"}}',
    "a control character": '{"type":"x","data":{"a":"\n"}}',
    "a NUL": '{"type":"x"}\0',
    "a byte order mark": '\ufeff{"type":"x"}',
    "type twice": '{"type":"a","type":"b"}',
    "type twice, the same": '{"type":"a","type":"a"}',
    "data twice": '{"type":"a","data":{},"data":{}}',
    "a twice-named key in data": '{"type":"a","data":{"m":"x","m":"y"}}',
    "a twice-named key, once escaped": '{"type":"a","data":{"m":"x","\\u006d":"y"}}',
    "a twice-named key with numbers": '{"type":"a","data":{"m":1,"m":2}}',
    "a twice-named empty key": '{"type":"a","data":{"":1,"":2}}',
    "a twice-named key deep in a list": '{"type":"a","data":{"l":[[{"a":1,"a":1}]]}}',
    "a twice-named key beside escaped quotes": '{"type":"a","data":{"m":"\\"","m":"\\\\"}}',
    "a twice-named key that hides quotes": '{"type":"a","data":{"m\\"":1,"m\\"":"\\"\\""}}',
    "a twice-named key whose value was an object": '{"type":"a","data":{"m":{"a":"b"},"m":"c"}}',
    "17 levels": '{"type":"x","data":' + '{"a":' * 15 + "[]" + "}" * 15 + "}",
    "levels without end": '{"type":"x","data":' + "[" * 30_000,
    "levels without end that end": "[" * 30_000 + "]" * 30_000,
}


@pytest.mark.parametrize("what", NOT_ENVELOPES)
def test_what_is_no_envelope_is_a_bad_message(what: str) -> None:
    assert isinstance(decode(NOT_ENVELOPES[what]), BadMessage)


ENVELOPES = {
    "16 levels": '{"type":"x","data":' + '{"a":' * 14 + "[]" + "}" * 14 + "}",
    "2^53": f'{{"type":"x","data":{{"a":{SAFE},"b":{-SAFE}}},"ref":{SAFE}}}',
    "a surrogate pair": '{"type":"x","data":{"a":"\\ud83d\\ude00"}}',
    "space everywhere": ' \t\n{ "type" : "x" , "data" : { "a" : [ 1 , 2 ] } }\r\n ',
    "the same key in different objects": '{"type":"x","data":{"type":"y","data":{"type":"z"}}}',
    "quotes and backslashes": '{"type":"x","data":{"a\\"":"\\"\\\\\\"","b\\\\":"\\\\\\\\","c":"\\\\\\\\\\""}}',
    "text that looks like keys": '{"type":"x","data":{"a":"\\"type\\":\\"type\\":"}}',
    "an escaped slash": '{"type":"x","data":{"a":"\\/"}}',
    "a large number with a fraction": '{"type":"x","data":{"a":1e300}}',
}


@pytest.mark.parametrize("what", ENVELOPES)
def test_what_is_an_envelope_is_a_request_with_the_same_data(what: str) -> None:
    request = decode(ENVELOPES[what])
    assert isinstance(request, Request)
    assert request.data == json.loads(ENVELOPES[what])["data"]


def packed(value: Any) -> bytes:
    data: bytes = msgpack.packb(value)
    return data


NOT_MSGPACK_ENVELOPES = {
    "nothing": b"",
    "half a map": packed({"type": "x"})[:-1],
    "two values": packed({"type": "x"}) * 2,
    "a list": packed([1]),
    "bytes as a value": packed({"type": "x", "data": {"a": b"x"}}),
    "bytes as the type": packed({"type": b"x"}),
    "bytes as a key": packed({"type": "x", "data": {b"a": 1}}),
    "a number as a key": packed({"type": "x", "data": {1: 1}}),
    "nil as a key": b"\x82\xa4type\xa1x\xa4data\x81\xc0\x01"[:13] + b"\x81\xc0\x01",
    "a list as a key": b"\x82\xa4type\xa1x\xa4data\x81\x90\x01",
    "an extension": packed({"type": "x", "data": {"a": msgpack.ExtType(5, b"x")}}),
    "a timestamp": packed({"type": "x", "data": {"a": msgpack.Timestamp(1)}}),
    "type twice": b"\x82" + (packed("type") + packed("x")) * 2,
    "a twice-named key": b"\x82" + packed("type") + packed("x") + packed("data") + b"\x82" + (packed("a") + packed(1)) * 2,
    "the same key in two encodings": b"\x82" + packed("type") + packed("x") + b"\xd9\x04type" + packed("x"),
    "text that is not UTF-8": b"\x81\xa4type\xa2\xff\xfe",
    "a surrogate in UTF-8": b"\x81\xa4type\xa3\xed\xa0\x80",
    "NaN": packed({"type": "x", "data": {"a": math.nan}}),
    "infinity": packed({"type": "x", "data": {"a": math.inf}}),
    "NaN of four bytes": b"\x82\xa4type\xa1x\xa4data\x81\xa1a\xca" + struct.pack(">f", math.nan),
    "2^53 + 1": packed({"type": "x", "data": {"a": SAFE + 1}}),
    "2^64 - 1": packed({"type": "x", "data": {"a": 2**64 - 1}}),
    "17 levels": b"\x82\xa4type\xa1x\xa4data" + b"\x81\xa1a" * 15 + b"\x90",
    "levels without end": b"\x91" * 60_000 + b"\x90",
    "a map that announces four billion": b"\xdf\xff\xff\xff\xff",
    "text that announces four billion": b"\xdb\xff\xff\xff\xff",
    "a list that announces four billion": b"\xdd\xff\xff\xff\xff",
    "the byte that means nothing": b"\xc1",
    "a ref of bytes": packed({"type": "x", "ref": b"r"}),
}


@pytest.mark.parametrize("what", NOT_MSGPACK_ENVELOPES)
def test_the_rules_hold_for_msgpack_too(what: str) -> None:
    assert isinstance(decode(NOT_MSGPACK_ENVELOPES[what]), BadMessage)


def test_sixteen_levels_of_msgpack_are_a_request() -> None:
    assert isinstance(decode(b"\x82\xa4type\xa1x\xa4data" + b"\x81\xa1a" * 14 + b"\x90"), Request)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-SAFE, SAFE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
DATA = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), VALUES, max_size=5)
KINDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
REFS = st.none() | st.integers(-SAFE, SAFE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(KINDS, DATA, REFS, st.booleans())
def test_every_request_comes_back_from_both_formats(kind: str, data: dict[str, Any], ref: Any, ascii_only: bool) -> None:
    value = {"type": kind, "data": data, "ref": ref}
    expected = Request(kind, data, ref)
    assert decode(json.dumps(value, ensure_ascii=ascii_only)) == expected
    assert decode(packed(value)) == expected


@given(st.text(max_size=200))
@example('{"type":"x"')
def test_no_text_raises(text: str) -> None:
    assert isinstance(decode(text), Request | BadMessage)


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    assert isinstance(decode(data), Request | BadMessage)


# JSON that is nearly right, and what the standard library says of it

_KEYS = st.sampled_from(['"a"', '"b"', '"\\u0061"', '""', '"\\""', '"\\\\"', '"a\\\\"', '"type"'])
_ATOMS = st.sampled_from(
    [
        '"x"',
        '"\\""',
        '"\\\\\\""',
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        "1",
        "-0",
        "1.5",
        str(SAFE),
        str(SAFE + 1),
        "1e999",
        "null",
        "true",
        "NaN",
        '":"',
        '"\\\\"',
    ]
)


def _object(pairs: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{key} :{value}" for key, value in pairs) + "}"


_TEXTS = st.recursive(
    _ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[" + ",".join(items) + "]")
        | st.lists(st.tuples(_KEYS, inner), max_size=4).map(_object)
    ),
    max_leaves=10,
)


def _is_good(text: str) -> bool:
    """The rules of the protocol, by the standard library's parser and one slow walk."""

    def pairs_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    def constant(_: str) -> None:
        raise AssertionError

    def walk(value: Any, levels: int) -> None:
        assert levels >= 0
        if isinstance(value, str):
            value.encode()
        elif isinstance(value, bool) or value is None:
            pass
        elif isinstance(value, int):
            assert -SAFE <= value <= SAFE
        elif isinstance(value, float):
            assert math.isfinite(value)
        elif isinstance(value, list):
            for item in value:
                walk(item, levels - 1)
        else:
            for key, item in value.items():
                key.encode()
                walk(item, levels - 1)

    try:
        walk(json.loads(text, object_pairs_hook=pairs_once, parse_constant=constant), 16)
    except (AssertionError, ValueError):
        return False
    return True


@given(st.lists(st.tuples(_KEYS, _TEXTS), max_size=4).map(_object))
def test_duplicates_surrogates_and_numbers_are_judged_as_the_standard_library_judges_them(data: str) -> None:
    text = f'{{"type":"t","data":{data}}}'
    assert isinstance(decode(text), Request) == _is_good(text)


# what a type wants


def test_data_becomes_the_struct_of_its_type() -> None:
    assert fitted(Request("message", {"message": "hi", "more": 1}, 1), Say) == Say("hi")


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({}, "message"),
        ({"message": 1}, "message"),
        ({"message": "x", "limit": "1"}, "limit"),
        ({"message": "x", "meta": {"a": 1}, "limit": 1.5}, "limit"),
        ({"message": "x", "meta": []}, "meta"),
    ],
)
def test_the_field_that_does_not_fit_is_named(data: dict[str, Any], named: str) -> None:
    bad = fitted(Request("message", data, 7), Say)
    assert isinstance(bad, BadMessage)
    assert bad.message.startswith("Invalid message format")
    assert named in bad.message
    assert bad.ref == 7


def test_what_the_client_wrote_is_not_repeated_to_it_at_length() -> None:
    bad = fitted(Request("message", {"message": "x", "limit": "y" * 10_000}, None), Say)
    assert isinstance(bad, BadMessage)
    assert len(bad.message) < 300
