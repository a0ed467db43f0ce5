"""Which tokens are believed, and what they say."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.auth.tokens import Token, TokenFault, TokenRules, identity_of, mint, read_token
from rooms import Identity
from tests.gateway.hostile_tokens import GOOD_CLAIMS, HOSTILE, NOW, SECRET, base64url, made, signed

RULES = TokenRules()


def check(text: str, rules: TokenRules = RULES, keys: Any = (SECRET,)) -> Identity | TokenFault:
    token = read_token(text, rules.algorithm)
    return token if isinstance(token, TokenFault) else identity_of(token, keys, rules, NOW)


def identity(**claims: Any) -> Identity:
    checked = check(made(claims={**GOOD_CLAIMS, **claims}))
    assert isinstance(checked, Identity), checked
    return checked


def test_a_good_token_says_who_and_where() -> None:
    token = identity(name="Alice", rooms=["lobby", "team-*"], moderates=["lobby"], admin=True, jti="7", iat=NOW, nbf=NOW)
    assert token == Identity("alice", "Alice", ("lobby", "team-*"), ("lobby",), True, False, None, (NOW + 3600) * 1000, "7", NOW * 1000)


@pytest.mark.parametrize("what", HOSTILE)
def test_no_hostile_token_is_believed(what: str) -> None:
    assert isinstance(check(HOSTILE[what]()), TokenFault)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("a second spelling of the signature", "second spelling"),
        ("a second spelling of the payload, signed", "second spelling"),
        ("crit", "header extension"),
        ("crit empty", "header extension"),
        ("typ JWS", "typ"),
        ("alg HS512", "alg"),
        ("far too long", "too long"),
    ],
)
def test_what_the_spelling_and_the_header_tell_needs_no_key(what: str, reason: str) -> None:
    """PyJWT of today refuses some of these too; ours does not lean on that."""
    assert read_token(HOSTILE[what](), "HS256") == TokenFault(reason)


def test_there_are_enough_hostile_tokens_and_a_good_one_made_the_same_way() -> None:
    assert len(HOSTILE) >= 80
    assert isinstance(check(made()), Identity)


def test_most_hostile_tokens_are_refused_for_what_is_wrong_with_them() -> None:
    """Not by accident, because of a bad signature."""
    by_signature = [what for what, make in HOSTILE.items() if check(make()) == TokenFault("signature")]
    assert len(by_signature) < 15


@pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
def test_the_two_types_of_access_tokens_are_taken(typ: str) -> None:
    assert isinstance(check(made(header={"alg": "HS256", "typ": typ})), Identity)


def test_a_token_without_a_type_is_taken() -> None:
    assert isinstance(check(made(header={"alg": "HS256"})), Identity)


def test_token_use_may_say_access() -> None:
    assert identity(token_use="access").user == "alice"


def test_the_last_second_of_the_year_9999_is_still_a_date() -> None:
    assert identity(exp=253_402_300_799).expires_ms == 253_402_300_799_000


def test_a_fraction_of_a_second_is_kept_in_milliseconds() -> None:
    assert identity(exp=NOW + 0.5).expires_ms == NOW * 1000 + 500


def test_clocks_may_differ_by_a_few_seconds() -> None:
    assert identity(iat=NOW + 9, nbf=NOW + 9).user == "alice"


def test_a_token_without_rooms_enters_none_or_the_default() -> None:
    token = made(claims={"sub": "alice", "exp": NOW + 60})
    none, default = check(token), check(token, TokenRules(default_rooms=("lobby",)))
    assert isinstance(none, Identity)
    assert none.rooms == ()
    assert isinstance(default, Identity)
    assert default.rooms == ("lobby",)


def test_rooms_may_be_in_another_claim() -> None:
    rules = TokenRules(rooms_claim="https://example.com/rooms")
    token = check(made(claims={"sub": "alice", "exp": NOW + 60, "https://example.com/rooms": ["x"], "rooms": ["*"]}), rules)
    assert isinstance(token, Identity)
    assert token.rooms == ("x",)


def test_a_name_and_its_grants_have_one_spelling() -> None:
    token = identity(sub="cafe\u0301", rooms=["cafe\u0301"])
    assert token.user == "café"
    assert token.may_enter("rooms", "café")


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\u202eb", "a\nb", 7, None])
def test_a_name_that_cannot_be_shown_locks_nobody_out(name: object) -> None:
    assert identity(name=name).name == "alice"


def test_the_audience_must_be_ours_when_one_is_set() -> None:
    rules = TokenRules(audiences=("chat", "other"))
    cases = {"chat": True, "elsewhere": False, None: False, 1: False}
    for audience, is_good in cases.items():
        assert isinstance(check(made(claims={**GOOD_CLAIMS, "aud": audience}), rules), Identity) is is_good
    for audiences, is_good in ((["x", "chat"], True), (["x"], False), ([], False), (["chat", 1], False)):
        assert isinstance(check(made(claims={**GOOD_CLAIMS, "aud": audiences}), rules), Identity) is is_good
    assert isinstance(check(made(), rules), TokenFault)


@pytest.mark.parametrize(
    ("issuer", "is_good"), [("https://a", True), ("https://b", False), ("https://a/", False), (["https://a"], False), (None, False)]
)
def test_the_issuer_must_be_ours_when_one_is_set(issuer: object, is_good: bool) -> None:
    rules = TokenRules(issuers=("https://a",))
    assert isinstance(check(made(claims={**GOOD_CLAIMS, "iss": issuer}), rules), Identity) is is_good


def test_two_secrets_are_accepted_while_they_rotate() -> None:
    old = b"the old secret of thirty-two bytes"
    assert isinstance(check(made(secret=old), keys=(SECRET, old)), Identity)
    assert isinstance(check(made(secret=old), keys=(SECRET,)), TokenFault)


def test_no_keys_believe_nothing() -> None:
    assert isinstance(check(made(), keys=()), TokenFault)


PRIVATE_KEYS = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("algorithm", PRIVATE_KEYS)
def test_public_keys_check_their_own_algorithm_only(algorithm: str) -> None:
    key: Any = PRIVATE_KEYS[algorithm]
    rules = TokenRules(algorithm=algorithm)
    token = jwt.encode({**GOOD_CLAIMS}, key, algorithm=algorithm)
    assert isinstance(check(token, rules, [key.public_key()]), Identity)
    assert isinstance(check(token, RULES, [SECRET]), TokenFault)
    for other in PRIVATE_KEYS:
        if other != algorithm:
            assert isinstance(check(token, TokenRules(algorithm=other), [PRIVATE_KEYS[other].public_key()]), TokenFault)


@pytest.mark.parametrize("algorithm", PRIVATE_KEYS)
def test_a_public_key_is_no_shared_secret(algorithm: str) -> None:
    """CVE-2026-48526 and its elders: a token signed by HMAC with the text of the public key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key: Any = PRIVATE_KEYS[algorithm].public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    rules = TokenRules(algorithm=algorithm)
    for header in ({"alg": "HS256"}, {"alg": algorithm}):
        assert isinstance(check(made(header=header, secret=pem), rules, [key]), TokenFault)


def test_an_es256_signature_in_der_is_a_second_spelling_that_does_not_verify() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    text = f"{base64url(json.dumps({'alg': 'ES256'}).encode())}.{base64url(json.dumps(GOOD_CLAIMS).encode())}"
    der = key.sign(text.encode(), ec.ECDSA(SHA256()))
    r, s = decode_dss_signature(der)
    raw = base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    rules = TokenRules(algorithm="ES256")
    assert isinstance(check(f"{text}.{raw}", rules, [key.public_key()]), Identity)
    assert isinstance(check(f"{text}.{base64url(der)}", rules, [key.public_key()]), TokenFault)


def test_what_is_minted_is_believed() -> None:
    token = check(mint({"sub": "alice", "exp": NOW + 60, "rooms": ["lobby"]}, SECRET))
    assert isinstance(token, Identity)
    assert token.rooms == ("lobby",)


def test_the_key_that_signed_is_named_by_the_header() -> None:
    token = read_token(mint({"sub": "alice", "exp": NOW + 60}, SECRET, kid="k1"), "HS256")
    assert isinstance(token, Token)
    assert token.key_id == "k1"


@given(st.text(max_size=300))
@example("a.b.c")
@example("eyJhbGciOiJIUzI1NiJ9.e30.")
def test_no_text_raises(text: str) -> None:
    assert isinstance(check(text), TokenFault)


@given(st.binary(max_size=80), st.binary(max_size=200))
def test_no_signed_bytes_raise(header: bytes, payload: bytes) -> None:
    assert isinstance(check(signed(header, payload)), TokenFault)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_CLAIMS = st.dictionaries(
    st.sampled_from(["sub", "exp", "iat", "nbf", "rooms", "moderates", "admin", "name", "jti", "aud", "iss", "token_use"]), _JSON
)


@given(_CLAIMS)
def test_no_claims_raise_and_whoever_is_believed_has_a_user_and_an_end(claims: dict[str, Any]) -> None:
    checked = check(made(claims={**GOOD_CLAIMS, **claims}), TokenRules(audiences=("a",), issuers=("b",)) if "aud" in claims else RULES)
    if isinstance(checked, Identity):
        assert 1 <= len(checked.user) <= 128
        assert checked.expires_ms is not None
        assert NOW * 1000 < checked.expires_ms <= 253_402_300_799_000
