"""Where keys come from: settings, files, an identity provider."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import get_default_algorithms

from gateway.auth.key_set import DOCUMENT_BYTES_MAX, FETCH_SECONDS, FRESH_SECONDS, KEYS_MAX, REFETCH_SECONDS, RemoteKeys, keys_in
from gateway.auth.keys import FixedKeys, keys_of, secret_in
from gateway.auth.public_keys import public_keys
from gateway.settings import SettingError, Settings

SECRET, OLD = "x" * 32, "y" * 32
RSA, SMALL_RSA = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 1024)
P256, P384, ED = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()


def pem(*keys: Any) -> bytes:
    return b"\n".join(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in keys)


# settings


def test_the_secrets_of_the_settings_are_the_keys() -> None:
    assert keys_of(Settings(jwt_secret=SECRET, jwt_secret_previous=OLD), None).of(None) == (SECRET.encode(), OLD.encode())


def test_a_secret_of_the_settings_comes_before_the_one_made_for_dev() -> None:
    assert keys_of(Settings(jwt_secret=SECRET, dev=True), OLD).of(None) == (SECRET.encode(),)
    assert keys_of(Settings(dev=True), OLD).of(None) == (OLD.encode(),)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(SettingError, match=r"ROOMS_JWT_SECRET.*--dev"):
        keys_of(Settings(), None)
    with pytest.raises(SettingError, match="RS256 needs jwt_key_file"):
        keys_of(Settings(jwt_algorithm="RS256"), OLD)


def test_a_key_set_is_asked_where_the_settings_say() -> None:
    settings = Settings(jwt_algorithm="RS256", jwks_url="https://idp/keys", jwt_audience=("a",), jwt_issuer=("i",))
    assert isinstance(keys_of(settings, None), RemoteKeys)


# files


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", RSA), ("ES256", P256), ("EdDSA", ED)])
def test_a_file_holds_one_key_or_two_of_the_algorithm(algorithm: str, key: Any, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(pem(key))
    keys = keys_of(Settings(jwt_algorithm=algorithm, jwt_key_file=file), None)
    assert isinstance(keys, FixedKeys)
    assert len(keys.of("any")) == 1
    file.write_bytes(b"# current\n" + pem(key, key))
    assert len(public_keys(file, algorithm)) == 2


@pytest.mark.parametrize(
    ("algorithm", "content"),
    [
        ("RS256", pem(P256)),
        ("RS256", pem(SMALL_RSA)),
        ("ES256", pem(P384)),
        ("ES256", pem(RSA)),
        ("EdDSA", pem(RSA)),
        ("RS256", pem(RSA, P256)),
        ("RS256", b""),
        ("RS256", b"secret"),
        ("RS256", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        ("RS256", RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
    ],
)
def test_a_file_with_anything_else_is_an_error(algorithm: str, content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(SettingError, match="jwt_key_file"):
        public_keys(file, algorithm)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingError):
        public_keys(tmp_path / "none.pem", "RS256")


# the secret of --dev


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    secret = secret_in(tmp_path)
    assert len(secret) >= 32
    assert secret_in(tmp_path) == secret
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_damaged_secret_is_not_silently_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    with pytest.raises(SettingError, match="damaged"):
        secret_in(tmp_path)


def test_a_link_is_not_followed_when_the_secret_is_made(tmp_path: Path) -> None:
    (tmp_path / "secret").symlink_to(tmp_path / "elsewhere")
    with pytest.raises((OSError, SettingError)):
        secret_in(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


# key sets


def jwk(key: Any, algorithm: str, **members: Any) -> dict[str, Any]:
    made = get_default_algorithms()[algorithm].to_jwk(key.public_key(), as_dict=True)  # type: ignore[no-untyped-call]
    return {**made, **members}


def document(*entries: Any) -> bytes:
    return json.dumps({"keys": entries}).encode()


def test_the_keys_of_the_algorithm_are_taken_by_name() -> None:
    entries = [jwk(RSA, "RS256", kid="a"), jwk(P256, "ES256", kid="b"), jwk(ED, "EdDSA", kid="c")]
    assert set(keys_in(document(*entries), "RS256")) == {"a"}
    assert set(keys_in(document(*entries), "ES256")) == {"b"}
    assert set(keys_in(document(*entries), "EdDSA")) == {"c"}


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"kty": "RSA"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "RS256"},
        jwk(RSA, "RS256", kid="a", use="enc"),
        jwk(RSA, "RS256", kid="a", alg="RS512"),
        jwk(RSA, "RS256", kid="a", n="!"),
        jwk(SMALL_RSA, "RS256", kid="a"),
        jwk(RSA, "RS256", kid="a", e=7),
        {**jwk(RSA, "RS256"), "kty": "EC"},
    ],
)
def test_an_entry_that_does_not_fit_is_passed_over(entry: dict[str, Any]) -> None:
    assert set(keys_in(document(entry, jwk(RSA, "RS256", kid="good")), "RS256")) == {"good"}


def test_a_private_key_that_a_provider_lets_slip_is_used_as_its_public_half() -> None:
    entry = get_default_algorithms()["RS256"].to_jwk(RSA, as_dict=True)  # type: ignore[no-untyped-call]
    (key,) = keys_in(document({**entry, "kid": "a"}), "RS256").values()
    assert isinstance(key, rsa.RSAPublicKey)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"keys":{}}', b'{"keys":[1]}', b"<html>", b'{"keys":null}', b"\xff"])
def test_what_is_no_key_set_is_an_error(text: bytes) -> None:
    with pytest.raises(ValueError):
        keys_in(text, "RS256")


def test_only_so_many_keys_are_looked_at() -> None:
    entries = [{"kty": "RSA"}] * KEYS_MAX + [jwk(RSA, "RS256", kid="late")]
    assert keys_in(document(*entries), "RS256") == {}


class Provider:
    """An identity provider: what it answers, and how often it was asked."""

    def __init__(self, *kids: str) -> None:
        self.kids = kids
        self.asked = 0
        self.answer: Callable[[], bytes] | None = None
        self.delay_seconds = 0.0

    async def fetch(self, url: str) -> bytes:
        assert url == "https://idp/keys"
        self.asked += 1
        await trio.sleep(self.delay_seconds)
        return self.answer() if self.answer is not None else document(*(jwk(RSA, "RS256", kid=kid) for kid in self.kids))


def remote(provider: Provider) -> RemoteKeys:
    return RemoteKeys("https://idp/keys", "RS256", provider.fetch)


async def test_keys_are_there_before_the_server_serves(nursery: trio.Nursery, autojump_clock: object) -> None:
    provider = Provider("a")
    keys = remote(provider)
    await nursery.start(keys.run)
    assert keys.of("a")
    assert not keys.of("b")
    assert provider.asked == 1


async def test_an_unknown_key_is_fetched_but_not_twice_in_thirty_seconds(nursery: trio.Nursery, autojump_clock: object) -> None:
    provider = Provider("a")
    keys = remote(provider)
    await nursery.start(keys.run)
    provider.kids = ("a", "b")
    assert not keys.may_fetch("b")
    await keys.fetched()
    assert provider.asked == 1, "asked just now"
    await trio.sleep(REFETCH_SECONDS)
    assert keys.may_fetch("b")
    assert not keys.may_fetch("a")
    await keys.fetched()
    assert keys.of("b")
    for _ in range(100):
        await keys.fetched()
    assert not keys.may_fetch("forged")
    assert provider.asked == 2


async def test_all_who_come_during_a_fetch_wait_for_the_same_one(nursery: trio.Nursery, autojump_clock: object) -> None:
    provider = Provider("a")
    keys = remote(provider)
    await nursery.start(keys.run)
    await trio.sleep(REFETCH_SECONDS)
    provider.kids, provider.delay_seconds = ("b",), 2.0
    called: list[float] = []
    keys.when_fetched(lambda: called.append(trio.current_time()))
    began = trio.current_time()
    async with trio.open_nursery() as waiting:
        for _ in range(50):
            assert keys.may_fetch("b")
            waiting.start_soon(keys.fetched)
    assert provider.asked == 2
    assert keys.of("b")
    assert called == [began + 2.0]


async def test_who_may_not_have_a_fetch_is_called_back_at_once(nursery: trio.Nursery, autojump_clock: object) -> None:
    keys = remote(Provider("a"))
    await nursery.start(keys.run)
    called: list[str] = []
    keys.when_fetched(lambda: called.append("called"))
    assert called == ["called"]


async def test_a_withdrawn_key_is_refused_after_a_while_without_a_restart(nursery: trio.Nursery, autojump_clock: object) -> None:
    provider = Provider("a")
    keys = remote(provider)
    changes: list[str] = []
    keys.changed = lambda: changes.append("changed")
    await nursery.start(keys.run)
    provider.kids = ("b",)
    await trio.sleep(FRESH_SECONDS + 1)
    assert not keys.of("a")
    assert keys.of("b")
    assert changes == ["changed", "changed"]
    await trio.sleep(FRESH_SECONDS + 1)
    assert changes == ["changed", "changed"], "the same keys are no change"


@pytest.mark.parametrize("failure", [OSError("unreachable"), ValueError("no key set"), "nonsense", "late"])
async def test_while_the_provider_fails_the_last_keys_serve(failure: Any, nursery: trio.Nursery, autojump_clock: object) -> None:
    provider = Provider("a")
    keys = remote(provider)
    await nursery.start(keys.run)

    def fail() -> bytes:
        if isinstance(failure, Exception):
            raise failure
        return b"<html>"

    provider.answer = fail
    provider.delay_seconds = 100 if failure == "late" else 0
    await trio.sleep(REFETCH_SECONDS)
    began = trio.current_time()
    await keys.fetched()
    assert trio.current_time() - began <= FETCH_SECONDS
    assert keys.of("a")
    provider.answer, provider.delay_seconds, provider.kids = None, 0, ("b",)
    await trio.sleep(REFETCH_SECONDS)
    await keys.fetched()
    assert keys.of("b"), "and it is asked again later"


async def test_a_provider_that_is_down_at_first_does_not_keep_the_server_from_starting(
    nursery: trio.Nursery, autojump_clock: object
) -> None:
    provider = Provider("a")
    provider.delay_seconds = 1000
    keys = remote(provider)
    await nursery.start(keys.run)
    assert keys.of("a") == ()


async def test_a_token_without_a_key_name_is_checked_with_the_only_key(nursery: trio.Nursery, autojump_clock: object) -> None:
    provider = Provider("a")
    keys = remote(provider)
    await nursery.start(keys.run)
    assert keys.of(None)
    provider.kids = ("a", "b")
    await trio.sleep(FRESH_SECONDS + 1)
    assert not keys.of(None)


async def test_over_a_real_socket_redirects_are_not_followed_and_floods_are_cut(nursery: trio.Nursery) -> None:
    from gateway.auth.key_set import _fetch

    answers = {
        b"/keys": b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n" + b'{"keys":[]}',
        b"/moved": b"HTTP/1.1 302 Found\r\nlocation: /keys\r\ncontent-length: 0\r\n\r\n",
        b"/broken": b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n",
        b"/flood": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (DOCUMENT_BYTES_MAX + 1),
    }

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            head = await stream.receive_some(65_536)
            await stream.send_all(answers[head.split(b" ")[1]])

    listeners: Any = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
    base = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
    assert await _fetch(base + "/keys") == b'{"keys":[]}'
    import httpx2

    for path in ("/moved", "/broken", "/flood"):
        with pytest.raises((httpx2.HTTPError, ValueError)):
            await _fetch(base + path)
    nursery.cancel_scope.cancel()
