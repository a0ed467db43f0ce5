"""Tokens that must not be believed, made by hand: no JWT library would make most of them.

``HOSTILE`` maps what is wrong to a function that makes the token. All are signed rightly for ``SECRET`` unless the signature is the point.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

SECRET = b"a secret of thirty-two bytes or more"
NOW = 1_795_200_000
GOOD_HEADER = {"alg": "HS256", "typ": "JWT"}
GOOD_CLAIMS = {"sub": "alice", "exp": NOW + 3600, "rooms": ["lobby"]}

Maker = Callable[[], str]


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(header: bytes, payload: bytes, secret: bytes = SECRET, digest: Any = hashlib.sha256) -> str:
    signing_input = f"{base64url(header)}.{base64url(payload)}"
    return f"{signing_input}.{base64url(hmac.new(secret, signing_input.encode(), digest).digest())}"


def made(header: Any = GOOD_HEADER, claims: Any = GOOD_CLAIMS, **options: Any) -> str:
    return signed(json.dumps(header).encode(), json.dumps(claims).encode(), **options)


def with_claims(**claims: Any) -> Maker:
    return lambda: made(claims={**GOOD_CLAIMS, **claims})


def without_claim(name: str) -> Maker:
    return lambda: made(claims={key: value for key, value in GOOD_CLAIMS.items() if key != name})


def with_header(**header: Any) -> Maker:
    return lambda: made(header={**GOOD_HEADER, **header})


def with_payload(payload: str | bytes) -> Maker:
    return lambda: signed(
        json.dumps(GOOD_HEADER).encode(), payload if isinstance(payload, bytes) else payload.encode("utf-8", "surrogatepass")
    )


def with_header_text(header: str) -> Maker:
    return lambda: signed(header.encode(), json.dumps(GOOD_CLAIMS).encode())


def changed(change: Callable[[str], str]) -> Maker:
    return lambda: change(made())


def part(index: int, change: Callable[[str], str]) -> Maker:
    def make() -> str:
        parts = made().split(".")
        parts[index] = change(parts[index])
        return ".".join(parts)

    return make


def second_spelling(text: str) -> str:
    """The same bytes with an unused bit set in the last character."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(text) % 4, "there are unused bits"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


def unsigned(header: Any) -> Maker:
    return lambda: f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(GOOD_CLAIMS).encode())}."


def respelled_payload() -> str:
    """Signed over a payload whose last character has an unused bit set."""
    payload = second_spelling(base64url(json.dumps({**GOOD_CLAIMS, "pad": "xx"}).encode().ljust(100)))
    signing_input = f"{base64url(json.dumps(GOOD_HEADER).encode())}.{payload}"
    return f"{signing_input}.{base64url(hmac.new(SECRET, signing_input.encode(), hashlib.sha256).digest())}"


_EXP = f'"exp":{NOW + 3600}'

HOSTILE: dict[str, Maker] = {
    # the signature
    "no signature": changed(lambda t: t.rpartition(".")[0] + "."),
    "no third part": changed(lambda t: t.rpartition(".")[0]),
    "a fourth part": changed(lambda t: t + ".x"),
    "five parts, as a JWE has": changed(lambda t: t + ".x.y"),
    "another secret": lambda: made(secret=b"b secret of thirty-two bytes or more"),
    "the empty secret": lambda: made(secret=b""),
    "a secret cut short": lambda: made(secret=SECRET[:-1]),
    "SHA-384 under HS256": lambda: made(digest=hashlib.sha384),
    "one bit of the signature": part(2, lambda s: ("A" if s[0] != "A" else "B") + s[1:]),
    "half the signature": part(2, lambda s: s[:21]),
    "a longer signature": part(2, lambda s: s + "AAAA"),
    "the payload of somebody else": part(1, lambda _: base64url(json.dumps({**GOOD_CLAIMS, "sub": "bob"}).encode())),
    "the header of somebody else": part(0, lambda _: base64url(b'{"alg":"HS256","typ":"JWT","kid":"x"}')),
    # the algorithm
    "alg none": unsigned({"alg": "none", "typ": "JWT"}),
    "alg None": unsigned({"alg": "None"}),
    "alg NONE": unsigned({"alg": "NONE"}),
    "alg nOnE, signed": with_header(alg="nOnE"),
    "alg empty": with_header(alg=""),
    "alg null": with_header(alg=None),
    "alg missing": lambda: made(header={"typ": "JWT"}),
    "alg hs256": with_header(alg="hs256"),
    "alg HS512": lambda: made(header={"alg": "HS512"}, digest=hashlib.sha512),
    "alg HS384": lambda: made(header={"alg": "HS384"}, digest=hashlib.sha384),
    "alg RS256 signed as HMAC": with_header(alg="RS256"),
    "alg ES256": with_header(alg="ES256"),
    "alg a list": with_header(alg=["HS256"]),
    "alg a number": with_header(alg=256),
    "alg with a space": with_header(alg="HS256 "),
    # the header
    "typ of a refresh token": with_header(typ="refresh+jwt"),
    "typ JWS": with_header(typ="JWS"),
    "typ of an identity token": with_header(typ="id+jwt"),
    "typ null": with_header(typ=None),
    "typ empty": with_header(typ=""),
    "typ a list": with_header(typ=["JWT"]),
    "crit": with_header(crit=["exp"], exp=NOW),
    "crit empty": with_header(crit=[]),
    "b64 false": with_header(b64=False, crit=["b64"]),
    "zip": with_header(zip="DEF"),
    "kid a number": with_header(kid=1),
    "kid null": with_header(kid=None),
    "kid endless": with_header(kid="k" * 3000),
    "alg twice": with_header_text('{"alg":"none","alg":"HS256"}'),
    "typ twice": with_header_text('{"alg":"HS256","typ":"refresh+jwt","typ":"JWT"}'),
    "a twice-named key deep in the header": with_header_text('{"alg":"HS256","x":{"a":1,"a":2}}'),
    "alg twice, once escaped": with_header_text('{"\\u0061lg":"none","alg":"HS256"}'),
    "a header that is a list": with_header_text('["HS256"]'),
    "a header that is null": with_header_text("null"),
    "an empty header": with_header_text("{}"),
    "a header that is no JSON": with_header_text("{alg:HS256}"),
    "NaN in the header": with_header_text('{"alg":"HS256","x":NaN}'),
    # the spelling
    "padding": part(2, lambda s: s + "="),
    "padding of the payload": part(1, lambda s: s + "=="),
    "a second spelling of the signature": part(2, second_spelling),
    "a second spelling of the payload, signed": respelled_payload,
    "plain base64": part(2, lambda _: b64encode(b"\xfb\xff" * 16).decode().rstrip("=")),
    "a line break at the end": changed(lambda t: t + "\n"),
    "a space in front": changed(lambda t: " " + t),
    "a line break within": changed(lambda t: t.replace(".", ".\n", 1)),
    "a NUL at the end": changed(lambda t: t + "\0"),
    "letters that are not ASCII": changed(lambda t: t.replace("e", "е", 1)),
    "digits that are not ASCII": part(2, lambda s: "١" + s[1:]),
    "the word Bearer": changed(lambda t: "Bearer " + t),
    "empty": lambda: "",
    "dots": lambda: "..",
    "a dot in front": changed(lambda t: "." + t),
    "far too long": with_claims(pad="x" * 100_000),
    "one length that base64 cannot have": part(2, lambda s: s[:41]),
    # the payload
    "a payload that is a list": with_payload("[]"),
    "a payload that is text": with_payload('"alice"'),
    "a payload that is empty": with_payload(""),
    "a payload that is no JSON": with_payload("sub=alice"),
    "a payload that is not UTF-8": with_payload(b'{"sub":"\xff",' + _EXP.encode() + b"}"),
    "a payload in UTF-16": with_payload(json.dumps(GOOD_CLAIMS).encode("utf-16")),
    "a byte order mark": with_payload(b"\xef\xbb\xbf" + json.dumps(GOOD_CLAIMS).encode()),
    "something after the payload": with_payload(json.dumps(GOOD_CLAIMS) + "{}"),
    "sub twice": with_payload('{"sub":"bob","sub":"alice",' + _EXP + "}"),
    "exp twice": with_payload(f'{{"sub":"alice","exp":1,{_EXP}}}'),
    "rooms twice, once escaped": with_payload('{"sub":"alice","rooms":[],"r\\u006foms":["*"],' + _EXP + "}"),
    "a twice-named key deep in the payload": with_payload('{"sub":"alice","x":[{"a":1,"a":2}],' + _EXP + "}"),
    "NaN in the payload": with_payload('{"sub":"alice","x":NaN,' + _EXP + "}"),
    "nesting without end": with_payload("[" * 4000),
    # time
    "expired": with_claims(exp=NOW - 3600),
    "expired a second ago": with_claims(exp=NOW - 1),
    "expiring now": with_claims(exp=NOW),
    "no exp": without_claim("exp"),
    "exp null": with_claims(exp=None),
    "exp as text": with_claims(exp=str(NOW + 3600)),
    "exp true": with_claims(exp=True),
    "exp in a list": with_claims(exp=[NOW + 3600]),
    "exp after the year 9999": with_claims(exp=253_402_300_800),
    "exp in the year 30,000,000": with_claims(exp=946_000_000_000_000),
    "exp in milliseconds": with_claims(exp=(NOW + 3600) * 1000),
    "exp infinite": with_payload('{"sub":"alice","exp":Infinity}'),
    "exp 1e400": with_payload('{"sub":"alice","exp":1e400}'),
    "exp NaN": with_payload('{"sub":"alice","exp":NaN}'),
    "exp of five thousand digits": with_payload('{"sub":"alice","exp":' + "9" * 5000 + "}"),
    "exp negative": with_claims(exp=-1),
    "nbf tomorrow": with_claims(nbf=NOW + 86_400),
    "nbf in two minutes": with_claims(nbf=NOW + 120),
    "nbf as text": with_claims(nbf="0"),
    "nbf null": with_claims(nbf=None),
    "iat tomorrow": with_claims(iat=NOW + 86_400),
    "iat in two minutes": with_claims(iat=NOW + 120),
    "iat as text": with_claims(iat="0"),
    "iat true": with_claims(iat=True),
    # the user
    "no sub": without_claim("sub"),
    "sub null": with_claims(sub=None),
    "sub empty": with_claims(sub=""),
    "sub a number": with_claims(sub=1),
    "sub a list": with_claims(sub=["alice"]),
    "sub with NUL": with_claims(sub="alice\0"),
    "sub with CRLF": with_claims(sub="alice\r\nx: y"),
    "sub right to left": with_claims(sub="alice\u202e"),
    "sub isolating": with_claims(sub="\u2066alice"),
    "sub with ESC": with_claims(sub="\x1b[2Jalice"),
    "sub with a C1 control": with_claims(sub="alice\x85"),
    "sub with a line separator": with_claims(sub="alice\u2028"),
    "sub with a lone surrogate": with_payload('{"sub":"a\\ud800",' + _EXP + "}"),
    "sub a path": with_claims(sub="../../etc/passwd"),
    "sub a dot": with_claims(sub="."),
    "sub two dots": with_claims(sub=".."),
    "sub with a slash": with_claims(sub="a/b"),
    "sub with an encoded slash": with_claims(sub="a%2Fb"),
    "sub a star": with_claims(sub="*"),
    "sub of 129 characters": with_claims(sub="a" * 129),
    "sub of 5,000 characters": with_claims(sub="a" * 5000),
    "sub of a guest": with_claims(sub="guest-aaaaaaaaaaaaaaaa"),
    # what it is for
    "token_use refresh": with_claims(token_use="refresh"),
    "token_use id": with_claims(token_use="id"),
    "token_use null": with_claims(token_use=None),
    "rooms as text": with_claims(rooms="*"),
    "rooms a number": with_claims(rooms=1),
    "rooms of numbers": with_claims(rooms=[1]),
    "rooms an object": with_claims(rooms={"*": True}),
    "moderates as text": with_claims(moderates="*"),
    "admin as text": with_claims(admin="true"),
    "admin as a number": with_claims(admin=1),
    "admin null": with_claims(admin=None),
    "jti a number": with_claims(jti=1),
    "jti empty": with_claims(jti=""),
    "jti endless": with_claims(jti="j" * 300),
}
