"""Every setting of the server: its default, its unit, what it means. The only reader of the environment.

``load_settings`` merges, the first that names a setting winning: flags, ``ROOMS_<NAME>`` variables, ``rooms.toml``, defaults.
"""
# ruff: noqa: RUF009 -- ``setting`` makes a dataclass field, it is no mutable default

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from gateway.session.limits import Rate
from gateway.setting_values import (
    SettingError,
    at_least,
    boolean,
    byte_count,
    choice,
    header_name,
    kinds,
    number,
    optional_path,
    origins,
    path,
    port,
    proxies,
    rate,
    seconds,
    secret,
    size,
    text,
    trusts,
    url,
    words,
)

__all__ = ["Setting", "SettingError", "Settings", "Source", "described", "load_settings"]

ENVIRONMENT_PREFIX = "ROOMS_"
CONFIG_FILE = "rooms.toml"


def setting(default: Any, parse: Any, meaning: str, *, unit: str = "", confidential: bool = False) -> Any:
    """A field of ``Settings``: ``parse(value)`` makes the value of text (or of a TOML value) or raises ``ValueError``."""
    return field(default=default, metadata={"parse": parse, "meaning": meaning, "unit": unit, "confidential": confidential})


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the server runs with. Sizes are bytes, durations seconds; ``None`` means not set."""

    host: str = setting("127.0.0.1", text, "the address to listen on")
    port: int = setting(8080, port, "the port to listen on; 0 takes a free one")
    data: Path = setting(Path("data"), path, "the folder of everything the server keeps")
    dev: bool = setting(False, boolean, "let guests in and make a secret on first start; never on a public address")
    unix_socket: Path | None = setting(None, optional_path, "listen on this Unix socket, not on host and port")
    tls_cert_file: Path | None = setting(None, optional_path, "serve TLS with this certificate chain (PEM)")
    tls_key_file: Path | None = setting(None, optional_path, "the private key of the certificate (PEM)")
    kinds: tuple[tuple[str, str], ...] = setting((), kinds, "more kinds of rooms, as name=module:Class")

    jwt_secret: str | None = setting(None, secret, "the shared secret of HS256 tokens, at least 32 bytes", confidential=True)
    jwt_secret_previous: str | None = setting(None, secret, "a second secret that is accepted while tokens rotate", confidential=True)
    jwt_algorithm: str = setting("HS256", choice("HS256", "RS256", "ES256", "EdDSA"), "how tokens are signed; a token never chooses")
    jwt_key_file: Path | None = setting(None, optional_path, "the public key that checks RS256, ES256 or EdDSA tokens (PEM)")
    jwks_url: str | None = setting(None, url, "where the public keys of an identity provider are (needs audience and issuer)")
    jwt_audience: tuple[str, ...] = setting((), words, "tokens must be for one of these audiences")
    jwt_issuer: tuple[str, ...] = setting((), words, "tokens must come from one of these issuers")
    jwt_rooms_claim: str = setting("rooms", text, "the claim that lists the rooms a bearer may enter")
    default_rooms: tuple[str, ...] = setting((), words, "what a token without that claim may enter")
    token_header: str = setting("clientid", header_name, "a request header that may carry the token")

    accounts: bool | None = setting(None, boolean, "keep accounts with passwords; unset: on, but off with a key file or JWKS")
    public_url: str | None = setting(None, url, "where browsers reach the server; their Origin must match it")
    allowed_origins: tuple[str, ...] = setting((), origins, "further origins whose pages may connect")
    trusted_proxies: tuple[str, ...] = setting((), proxies, "networks whose forwarded addresses count, or unix")
    cookie_samesite: str = setting("lax", choice("lax", "strict", "none"), "the SameSite attribute of the session cookie")
    session_seconds: float = setting(1_209_600.0, seconds, "how long a sign-in with a cookie lasts", unit="s")

    idle_seconds: float = setting(10.0, seconds, "quiet time before a room hibernates", unit="s")
    turn_seconds: float = setting(30.0, seconds, "a turn that takes longer is cancelled and counts as raised", unit="s")
    call_seconds: float = setting(10.0, seconds, "how long an ask waits for its answer", unit="s")
    awake_max: int | None = setting(None, number, "beyond it the longest quiet room hibernates early; unset: from the descriptors")
    durability: str = setting("durable", choice("durable", "relaxed"), "relaxed: a power cut may take the last moments")
    rate_limits: bool = setting(True, boolean, "off only for load tests")
    rate_messages: Rate = setting(Rate(20, 60), rate, "messages and other requests of a user: a second / at once")
    rate_joins: Rate = setting(Rate(10, 200), rate, "rooms a user joins: a second / at once")
    rate_upgrades: Rate = setting(Rate(5, 50), rate, "sockets a user opens: a second / at once")
    rate_address_upgrades: Rate = setting(Rate(50, 500), rate, "sockets opened from one address: a second / at once")
    rate_rest: Rate = setting(Rate(50, 200), rate, "REST requests of a user: a second / at once")
    rate_searches: Rate = setting(Rate(5, 20), rate, "searches of a user among all who are connected: a second / at once")
    rate_rooms_made: Rate = setting(Rate(1, 30), rate, "rooms a user makes: a second / at once")
    rate_uploads: Rate = setting(Rate(2, 40), rate, "files a user uploads: a second / at once")
    rate_avatars: Rate = setting(Rate(100, 1000), rate, "pictures of users asked for from one address: a second / at once")
    rate_device_frames: Rate = setting(Rate(240, 480), rate, "frames of all devices of a user together: a second / at once")
    history_messages_max: int = setting(100_000, at_least(1), "messages a chat room keeps; older ones are trimmed", unit="messages")
    history_days_max: int = setting(0, at_least(0), "days a chat room keeps a message; 0 for ever", unit="days")
    file_bytes_max: int = setting(10 << 20, byte_count, "the largest file that can be uploaded; body_bytes_max bounds it too", unit="bytes")
    room_files_max: int = setting(10_000, at_least(0), "files a chat room keeps; beyond it no more are taken", unit="files")
    room_files_bytes_max: int = setting(1 << 30, byte_count, "bytes of all files of a chat room", unit="bytes")
    unsent_file_seconds: float = setting(3_600.0, seconds, "an uploaded file that no message shows is deleted after this", unit="s")
    message_bytes_max: int = setting(65_536, size(1_024, 32 << 20), "the largest message to the server; beyond it close 1009", unit="bytes")
    outbox_bytes_max: int = setting(1 << 20, size(65_536, 1 << 30), "what may wait for a slow reader; beyond it close 4413", unit="bytes")
    body_bytes_max: int = setting(12 << 20, byte_count, "the largest body of an HTTP request; beyond it 413", unit="bytes")
    mailbox_max: int = setting(1_000, at_least(1), "mail that waits for one room; beyond it senders pause or hear overloaded", unit="mail")
    connections_max: int = setting(100_000, at_least(1), "sockets at once; beyond it 503", unit="sockets")
    connections_per_user_max: int = setting(100, at_least(1), "sockets of one user at once; beyond it 429", unit="sockets")
    rooms_per_socket_max: int = setting(100, at_least(1), "rooms one /ws socket may be in; beyond it too_many_rooms", unit="rooms")
    presence_users_max: int = setting(500, at_least(0), "above it a room sends no joined, left, read and typing", unit="users")
    fragments_max: int = setting(4_096, at_least(1), "frames of one fragmented message; beyond it close 1009", unit="frames")

    ping_seconds: float = setting(30.0, seconds, "quiet time after which a socket is pinged", unit="s")
    ping_timeout_seconds: float = setting(20.0, seconds, "a socket that does not answer a ping for so long is closed", unit="s")
    auth_seconds: float = setting(10.0, seconds, "a socket without a token is closed with 4408 after this", unit="s")
    drain_seconds: float = setting(10.0, seconds, "how long stopping may take; sockets are closed over this time", unit="s")
    stats_seconds: float = setting(10.0, seconds, "how often a /ws socket is sent stats", unit="s")

    carrier: str = setting("auto", choice("auto", "stream", "hub"), "what moves the bytes of plain TCP sockets")
    metrics_token: str | None = setting(None, text, "the bearer token of /metrics; unset: loopback only", confidential=True)
    log_format: str = setting("console", choice("console", "json"), "how log lines look")

    def __post_init__(self) -> None:
        for check in _CHECKS:
            check(self)

    @property
    def has_accounts(self) -> bool:
        """Whether accounts are kept: as set, else unless tokens come from elsewhere."""
        if self.accounts is not None:
            return self.accounts
        return self.jwt_key_file is None and self.jwks_url is None

    def trusts(self, address: str) -> bool:
        """Whether the far end of a socket (an IP address, or ``unix``) is a proxy whose forwarded addresses count."""
        return trusts(self.trusted_proxies, address)

    def clamped(self, descriptors: int) -> tuple[Settings, tuple[str, ...]]:
        """These settings, made to fit ``descriptors`` open files, and a sentence for the log about each that was changed.

        A socket takes one descriptor, an awake room three; 256 are left for everything else.
        """
        usable = max(64, descriptors - 256)
        connections_max = min(self.connections_max, usable * 4 // 5)
        awake_room_max = max(8, (usable - connections_max) // 3)
        changed = []
        if connections_max < self.connections_max:
            changed.append(f"connections_max is {connections_max}, not {self.connections_max}: only {descriptors} descriptors")
        if self.awake_max is not None and self.awake_max > awake_room_max:
            changed.append(f"awake_max is {awake_room_max}, not {self.awake_max}: only {descriptors} descriptors")
        awake_max = awake_room_max if self.awake_max is None else min(self.awake_max, awake_room_max)
        return replace(self, connections_max=connections_max, awake_max=awake_max), tuple(changed)


def _check_tls(settings: Settings) -> None:
    if (settings.tls_cert_file is None) != (settings.tls_key_file is None):
        raise SettingError("tls_cert_file and tls_key_file are set together or not at all")


def _check_keys(settings: Settings) -> None:
    """One source of keys, fitting the algorithm. That there is one at all is the concern of ``gateway.auth.keys``."""
    shared = settings.jwt_algorithm == "HS256"
    if settings.jwt_key_file is not None and settings.jwks_url is not None:
        raise SettingError("jwt_key_file and jwks_url cannot both be set")
    if shared and (settings.jwt_key_file is not None or settings.jwks_url is not None):
        raise SettingError("jwt_key_file and jwks_url hold public keys: set jwt_algorithm to RS256, ES256 or EdDSA")
    if not shared and settings.jwt_secret_previous is not None:
        raise SettingError(f"jwt_secret_previous is for HS256, not {settings.jwt_algorithm}")
    if settings.jwt_secret_previous is not None and settings.jwt_secret is None:
        raise SettingError("jwt_secret_previous needs jwt_secret")
    if settings.jwks_url is not None and not (settings.jwt_audience and settings.jwt_issuer):
        raise SettingError("jwks_url needs jwt_audience and jwt_issuer")


def _check_cookie(settings: Settings) -> None:
    if settings.cookie_samesite == "none" and settings.dev:
        raise SettingError("cookie_samesite none needs TLS, which dev does not have")


_CHECKS = (_check_tls, _check_keys, _check_cookie)


class Source(StrEnum):
    """Where a value came from."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "rooms.toml"
    DEFAULT = "default"


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One line of ``rooms config``. ``value`` is fit to be shown: a secret is only said to be set."""

    name: str
    value: str
    source: Source
    unit: str
    meaning: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """The settings, where each came from, and what to warn about."""

    settings: Settings
    sources: Mapping[str, Source]
    warnings: Sequence[str]


def load_settings(flags: Mapping[str, Any], environ: Mapping[str, str] | None = None, config: Path | None = None) -> Loaded:
    """Merge flags (``None``: not given), environment and TOML file.

    ``environ`` is the process's if left out. ``config`` must exist if named; otherwise ``rooms.toml`` is read if it is there.
    An unknown ``ROOMS_…`` variable is a warning. Raises ``SettingError`` naming the setting, its source and what is wrong.
    """
    environment, warnings = _of_environment(os.environ if environ is None else environ)
    layers = (
        (Source.FLAG, {name: value for name, value in flags.items() if value is not None}),
        (Source.ENVIRONMENT, environment),
        (Source.FILE, _of_file(config)),
    )
    values: dict[str, Any] = {}
    sources = dict.fromkeys(_FIELDS, Source.DEFAULT)
    for name, spec in _FIELDS.items():
        for source, layer in layers:
            if name in layer:
                values[name] = _parsed(spec, layer[name], source)
                sources[name] = source
                break
    return Loaded(settings=Settings(**values), sources=sources, warnings=warnings)


def described(loaded: Loaded) -> list[Setting]:
    """Every setting with its value, where it came from and what it means, for ``rooms config``."""
    return [
        Setting(
            name=name,
            value=_shown(getattr(loaded.settings, name), spec.metadata["confidential"]),
            source=loaded.sources[name],
            unit=spec.metadata["unit"],
            meaning=spec.metadata["meaning"],
        )
        for name, spec in _FIELDS.items()
    ]


_FIELDS: dict[str, Field[Any]] = {spec.name: spec for spec in fields(Settings)}


def _of_environment(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    known = {ENVIRONMENT_PREFIX + name.upper(): name for name in _FIELDS}
    values, warnings = {}, []
    for variable, value in environ.items():
        if variable in known:
            values[known[variable]] = value
        elif variable.startswith(ENVIRONMENT_PREFIX):
            warnings.append(f"{variable} is not a setting")
    return values, sorted(warnings)


def _of_file(config: Path | None) -> dict[str, Any]:
    file = config or Path(CONFIG_FILE)
    if config is None and not file.is_file():
        return {}
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(f"{file} cannot be read: {error}") from error
    unknown = sorted(set(table) - set(_FIELDS))
    if unknown:
        raise SettingError(f"{file} has an unknown key: {', '.join(unknown)}")
    return table


def _parsed(spec: Field[Any], value: Any, source: Source) -> Any:
    try:
        return spec.metadata["parse"](value)
    except (ValueError, TypeError) as error:
        shown = "" if spec.metadata["confidential"] else f" {value!r}"
        raise SettingError(f"{spec.name}{shown} ({source}): {error}") from error


def _shown(value: Any, confidential: bool) -> str:
    if value is None or value == ():
        return "-"
    if confidential:
        return "(set)"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join("=".join(item) if isinstance(item, tuple) else item for item in value)
    return str(value)
