"""What the server runs with, and where that came from."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.session.limits import Rate
from gateway.settings import SettingError, Settings, Source, described, load_settings

PROTOCOL = {
    "HOST": "127.0.0.1",
    "PORT": 8080,
    "DATA": Path("data"),
    "DEV": False,
    "UNIX_SOCKET": None,
    "TLS_CERT_FILE": None,
    "TLS_KEY_FILE": None,
    "JWT_SECRET": None,
    "JWT_SECRET_PREVIOUS": None,
    "JWT_ALGORITHM": "HS256",
    "JWT_KEY_FILE": None,
    "JWKS_URL": None,
    "JWT_AUDIENCE": (),
    "JWT_ISSUER": (),
    "JWT_ROOMS_CLAIM": "rooms",
    "DEFAULT_ROOMS": (),
    "TOKEN_HEADER": "clientid",
    "ACCOUNTS": None,
    "PUBLIC_URL": None,
    "ALLOWED_ORIGINS": (),
    "TRUSTED_PROXIES": (),
    "COOKIE_SAMESITE": "lax",
    "IDLE_SECONDS": 10,
    "TURN_SECONDS": 30,
    "CALL_SECONDS": 10,
    "AWAKE_MAX": None,
    "DURABILITY": "durable",
    "RATE_LIMITS": True,
    "RATE_MESSAGES": Rate(20, 60),
    "RATE_JOINS": Rate(10, 200),
    "RATE_UPGRADES": Rate(5, 50),
    "RATE_ADDRESS_UPGRADES": Rate(50, 500),
    "RATE_REST": Rate(50, 200),
    "RATE_SEARCHES": Rate(5, 20),
    "RATE_ROOMS_MADE": Rate(1, 30),
    "RATE_UPLOADS": Rate(2, 40),
    "RATE_AVATARS": Rate(100, 1000),
    "HISTORY_MESSAGES_MAX": 100_000,
    "HISTORY_DAYS_MAX": 0,
    "FILE_BYTES_MAX": 10 << 20,
    "ROOM_FILES_MAX": 10_000,
    "ROOM_FILES_BYTES_MAX": 1 << 30,
    "UNSENT_FILE_SECONDS": 3_600,
    "MESSAGE_BYTES_MAX": 65_536,
    "OUTBOX_BYTES_MAX": 1 << 20,
    "BODY_BYTES_MAX": 12 << 20,
    "MAILBOX_MAX": 1_000,
    "CONNECTIONS_MAX": 100_000,
    "CONNECTIONS_PER_USER_MAX": 100,
    "ROOMS_PER_SOCKET_MAX": 100,
    "PRESENCE_USERS_MAX": 500,
    "FRAGMENTS_MAX": 4_096,
    "PING_SECONDS": 30,
    "PING_TIMEOUT_SECONDS": 20,
    "AUTH_SECONDS": 10,
    "DRAIN_SECONDS": 10,
    "STATS_SECONDS": 10,
    "CARRIER": "auto",
    "METRICS_TOKEN": None,
    "LOG_FORMAT": "console",
}
SECRET = "x" * 32


def load(flags: dict[str, Any] | None = None, config: Path | None = None, **environ: str) -> Settings:
    return load_settings(flags or {}, environ, config).settings


def loads_as(name: str, text: str) -> Any:
    return getattr(load(**{f"ROOMS_{name}": text}), name.lower())


def test_every_setting_of_the_protocol_is_there_with_its_default() -> None:
    defaults = load()
    assert {name: getattr(defaults, name.lower()) for name in PROTOCOL} == PROTOCOL
    others = {"KINDS", "SESSION_SECONDS", "RATE_DEVICE_FRAMES"}
    assert {setting.name.upper() for setting in described(load_settings({}, {}))} == {*PROTOCOL, *others}


def test_every_setting_says_what_it_means() -> None:
    for setting in described(load_settings({}, {})):
        assert len(setting.meaning) > 10, setting.name


def test_flags_win_over_the_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "rooms.toml"
    file.write_text('port = 1\nhost = "file"\nidle_seconds = 3\n')
    loaded = load_settings({"port": 3, "host": None}, {"ROOMS_PORT": "2", "ROOMS_HOST": "environment"}, file)
    assert (loaded.settings.port, loaded.settings.host, loaded.settings.idle_seconds) == (3, "environment", 3.0)
    sources = {name: loaded.sources[name] for name in ("port", "host", "idle_seconds", "data")}
    assert sources == {"port": Source.FLAG, "host": Source.ENVIRONMENT, "idle_seconds": Source.FILE, "data": Source.DEFAULT}


def test_a_description_says_value_source_unit_and_hides_secrets() -> None:
    lines = {
        setting.name: setting
        for setting in described(load_settings({"dev": True}, {"ROOMS_JWT_SECRET": SECRET, "ROOMS_METRICS_TOKEN": "hush"}))
    }
    assert (lines["dev"].value, lines["dev"].source) == ("on", Source.FLAG)
    assert (lines["idle_seconds"].value, lines["idle_seconds"].unit) == ("10.0", "s")
    assert lines["jwt_secret"].value == lines["metrics_token"].value == "(set)"
    assert lines["jwks_url"].value == "-"
    assert not any(SECRET in repr(line) or "hush" in repr(line) for line in lines.values())


def test_an_unknown_variable_is_a_warning() -> None:
    loaded = load_settings({}, {"ROOMS_PROT": "1", "ROOMS_": "x", "PATH": "x", "rooms_port": "1"})
    assert loaded.warnings == ["ROOMS_ is not a setting", "ROOMS_PROT is not a setting"]
    assert loaded.settings.port == 8080


def test_an_unknown_key_of_the_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "rooms.toml"
    file.write_text("port = 1\nprot = 1\n")
    with pytest.raises(SettingError, match="prot"):
        load(config=file)


def test_a_file_that_is_named_must_be_there_and_be_toml(tmp_path: Path) -> None:
    with pytest.raises(SettingError):
        load(config=tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("port: 1")
    with pytest.raises(SettingError):
        load(config=tmp_path / "bad.toml")


def test_rooms_toml_is_read_where_the_server_starts_if_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load().port == 8080
    (tmp_path / "rooms.toml").write_text('port = 7\n[kinds]\ncounters = "app:Counter"\n')
    assert load().port == 7
    assert load().kinds == (("counters", "app:Counter"),)


GOOD_VALUES = [
    ("DEV", "1", True),
    ("DEV", "off", False),
    ("DEV", "Yes", True),
    ("DEV", "", False),
    ("PORT", "0", 0),
    ("PORT", "65535", 65535),
    ("IDLE_SECONDS", "0.5", 0.5),
    ("IDLE_SECONDS", "1", 1.0),
    ("OUTBOX_BYTES_MAX", "2 MiB", 2 << 20),
    ("OUTBOX_BYTES_MAX", "65,536", 65_536),
    ("CONNECTIONS_MAX", "1_000", 1000),
    ("ACCOUNTS", "off", False),
    ("JWT_AUDIENCE", "a, b", ("a", "b")),
    ("DEFAULT_ROOMS", "lobby,team-*", ("lobby", "team-*")),
    ("TOKEN_HEADER", "X-Token", "x-token"),
    ("PUBLIC_URL", "https://chat.example.com/", "https://chat.example.com"),
    ("ALLOWED_ORIGINS", "https://A.example.com, http://localhost:3000", ("https://a.example.com", "http://localhost:3000")),
    ("TRUSTED_PROXIES", "10.0.0.0/8, ::1, unix", ("10.0.0.0/8", "::1/128", "unix")),
    ("KINDS", "a=m:C,b=m.n:D", (("a", "m:C"), ("b", "m.n:D"))),
    ("JWT_SECRET", SECRET, SECRET),
    ("RATE_LIMITS", "off", False),
    ("RATE_MESSAGES", "5/10", Rate(5, 10)),
    ("RATE_JOINS", " 0.5 / 1 ", Rate(0.5, 1)),
    ("HISTORY_DAYS_MAX", "0", 0),
    ("UNIX_SOCKET", "", None),
    ("DATA", "/x", Path("/x")),
]


@pytest.mark.parametrize(("name", "text", "value"), GOOD_VALUES)
def test_values_are_read_of_text(name: str, text: str, value: object) -> None:
    assert loads_as(name, text) == value


BAD_VALUES = [
    ("DEV", "maybe"),
    ("PORT", "65536"),
    ("PORT", "-1"),
    ("PORT", "http"),
    ("PORT", "1.5"),
    ("HOST", ""),
    ("IDLE_SECONDS", "0"),
    ("IDLE_SECONDS", "-1"),
    ("IDLE_SECONDS", "nan"),
    ("IDLE_SECONDS", "inf"),
    ("IDLE_SECONDS", "soon"),
    ("JWT_SECRET", "short"),
    ("JWT_SECRET", ""),
    ("JWT_ALGORITHM", "none"),
    ("JWT_ALGORITHM", "HS512"),
    ("CARRIER", "pigeon"),
    ("DURABILITY", "Durable"),
    ("LOG_FORMAT", "xml"),
    ("COOKIE_SAMESITE", "no"),
    ("MESSAGE_BYTES_MAX", "1"),
    ("MESSAGE_BYTES_MAX", "1 TiB"),
    ("MAILBOX_MAX", "0"),
    ("MAILBOX_MAX", "٣"),
    ("RATE_MESSAGES", "20"),
    ("RATE_MESSAGES", "0/60"),
    ("RATE_MESSAGES", "20/0"),
    ("RATE_MESSAGES", "-1/5"),
    ("RATE_MESSAGES", "nan/5"),
    ("PUBLIC_URL", "chat.example.com"),
    ("PUBLIC_URL", "ftp://x"),
    ("PUBLIC_URL", "https://u@x"),
    ("ALLOWED_ORIGINS", "https://x/path"),
    ("ALLOWED_ORIGINS", "*"),
    ("ALLOWED_ORIGINS", "null"),
    ("TRUSTED_PROXIES", "everyone"),
    ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ("TOKEN_HEADER", "a b"),
    ("KINDS", "rooms=m:C"),
    ("KINDS", "api=m:C"),
    ("KINDS", "A=m:C"),
    ("KINDS", "a=m"),
    ("KINDS", "a"),
    ("KINDS", "a=m:C,a=m:D"),
    ("KINDS", "users=m:C"),
    ("JWKS_URL", "https://idp/keys"),
    ("JWT_SECRET_PREVIOUS", SECRET),
    ("TLS_CERT_FILE", "cert.pem"),
    ("JWT_KEY_FILE", "key.pem"),
]


@pytest.mark.parametrize(("name", "text"), BAD_VALUES)
def test_what_is_wrong_is_said_with_the_settings_name(name: str, text: str) -> None:
    with pytest.raises(SettingError, match=f"(?i){name}"):
        loads_as(name, text)


def test_a_secret_that_is_too_short_is_not_repeated() -> None:
    with pytest.raises(SettingError) as raised:
        loads_as("JWT_SECRET", "hush")
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    "bad",
    [
        'port = "80 80"',
        "dev = 2.5",
        "jwt_audience = 1",
        "kinds = 1",
        "idle_seconds = true",
        "port = true",
        "[kinds]\na = 1",
        "host = 1",
        "jwt_audience = [1]",
        "trusted_proxies = [1]",
    ],
)
def test_a_wrong_type_in_the_file_is_an_error(bad: str, tmp_path: Path) -> None:
    file = tmp_path / "rooms.toml"
    file.write_text(bad)
    with pytest.raises(SettingError):
        load(config=file)


def test_a_key_set_needs_audience_and_issuer() -> None:
    environ = {"ROOMS_JWKS_URL": "https://idp/keys", "ROOMS_JWT_ALGORITHM": "RS256"}
    for missing in ("ROOMS_JWT_AUDIENCE", "ROOMS_JWT_ISSUER"):
        with pytest.raises(SettingError):
            load(**environ, **{missing: "x"})
    assert load(**environ, ROOMS_JWT_AUDIENCE="a", ROOMS_JWT_ISSUER="i").jwks_url == "https://idp/keys"


def test_accounts_are_off_when_tokens_come_from_elsewhere() -> None:
    assert load().has_accounts
    elsewhere = {"ROOMS_JWT_KEY_FILE": "key.pem", "ROOMS_JWT_ALGORITHM": "RS256"}
    assert not load(**elsewhere).has_accounts
    assert load(**elsewhere, ROOMS_ACCOUNTS="on").has_accounts


def test_settings_are_made_to_fit_the_descriptors() -> None:
    settings, changed = load().clamped(1024)
    assert settings.connections_max == 614
    assert settings.awake_max == 51
    assert len(changed) == 1
    assert "connections_max" in changed[0]
    roomy, unchanged = load(ROOMS_AWAKE_MAX="10").clamped(1_000_000)
    assert (roomy.connections_max, roomy.awake_max, unchanged) == (100_000, 10, ())


def test_an_awake_max_that_does_not_fit_is_clamped_and_said() -> None:
    settings, changed = load(ROOMS_AWAKE_MAX="5000", ROOMS_CONNECTIONS_MAX="100").clamped(1024)
    assert settings.awake_max == 222
    assert "awake_max" in changed[0]


@given(st.integers(1, 10_000_000))
def test_sockets_and_rooms_together_always_fit(descriptors: int) -> None:
    settings, _ = load().clamped(descriptors)
    assert settings.awake_max is not None
    assert settings.connections_max + 3 * settings.awake_max <= max(descriptors, 400)


@pytest.mark.parametrize(
    ("proxies", "address", "trusted"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.0.0.0/8", "::ffff:10.0.0.1", True),
        ("::1", "::1", True),
        ("::1", "127.0.0.1", False),
        ("unix", "unix", True),
        ("127.0.0.1", "unix", False),
        ("127.0.0.1,unix", "127.0.0.1", True),
        ("unix", "127.0.0.1", False),
        ("10.0.0.0/8", "nonsense", False),
        ("", "127.0.0.1", False),
    ],
)
def test_only_proxies_on_the_list_are_trusted(proxies: str, address: str, trusted: bool) -> None:
    assert load(ROOMS_TRUSTED_PROXIES=proxies).trusts(address) is trusted


@given(st.sampled_from(sorted(PROTOCOL)), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_no_text_raises_anything_else(name: str, text: str) -> None:
    with suppress(SettingError):
        loads_as(name, text)
