"""How the values of settings are read: of text (flags, environment) or of TOML values. Pure.

Each reader returns the value or raises ``ValueError`` (``TypeError`` for a wrong TOML type) with what it wants.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.names import RESERVED_KINDS, is_kind
from gateway.session.limits import Rate

SECRET_BYTES_MIN = 32
INNER_KINDS = frozenset({"users", "private", "directory"})
"""Kinds that serve inside: their rooms have no address."""

BUILT_IN_KINDS = INNER_KINDS | {"rooms", "devices"}

_RATE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*/\s*([0-9]{1,9})", re.ASCII)
_SIZE = re.compile(r"([0-9][0-9_,]*)\s*(KiB|MiB|GiB)?", re.ASCII)
_UNITS = {None: 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_CLASS = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+", re.ASCII)


class SettingError(ValueError):
    """The settings contradict themselves or one cannot be read. Nothing was started."""


def text(value: Any) -> str:
    """Any text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be text, not empty")
    return value


def boolean(value: Any) -> bool:
    """``true``/``false``, ``on``/``off``, ``yes``/``no``, ``1``/``0``."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("true", "on", "yes", "1"):
        return True
    if word in ("false", "off", "no", "0", ""):
        return False
    raise ValueError("must be on or off")


def choice(*allowed: str) -> Callable[[Any], str]:
    """One of ``allowed``."""

    def one_of(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return str(value)

    return one_of


def rate(value: Any) -> Rate:
    """How often: ``20/60`` is 20 a second on average, and up to 60 at once."""
    if isinstance(value, Rate):
        return value
    match = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or float(match[1]) <= 0 or int(match[2]) < 1:
        raise ValueError("must be a rate: so many a second / so many at once, as in 20/60")
    return Rate(float(match[1]), int(match[2]))


def number(value: Any) -> int:
    """A whole number from 1, written ``1000``, ``1_000`` or ``1,000``."""
    return at_least(1)(value)


def at_least(lowest: int) -> Callable[[Any], int]:
    """A whole number from ``lowest``."""
    return size(lowest, 1 << 53)


def byte_count(value: Any) -> int:
    """A number of bytes, at least 1 KiB; ``12 MiB`` will do."""
    return size(1 << 10, 1 << 53)(value)


def size(lowest: int, highest: int) -> Callable[[Any], int]:
    """A whole number from ``lowest`` to ``highest``; ``KiB``, ``MiB`` and ``GiB`` multiply."""

    def of(value: Any) -> int:
        result = _whole(value)
        if not lowest <= result <= highest:
            raise ValueError(f"must be {lowest} to {highest}" if highest < 1 << 53 else f"must be at least {lowest}")
        return result

    return of


def port(value: Any) -> int:
    """A TCP port, 0 to 65535."""
    return size(0, 65_535)(value)


def seconds(value: Any) -> float:
    """A duration in seconds: finite and more than 0."""
    if isinstance(value, bool):
        raise ValueError("must be a number of seconds")
    result = float(value)
    if not math.isfinite(result) or result <= 0:
        raise ValueError("must be a number of seconds above 0")
    return result


def path(value: Any) -> Path:
    """A path."""
    return value if isinstance(value, Path) else Path(text(value))


def optional_path(value: Any) -> Path | None:
    """A path, or none if the text is empty."""
    return None if value == "" else path(value)


def secret(value: Any) -> str:
    """A shared secret of at least 32 bytes."""
    if len(text(value).encode()) < SECRET_BYTES_MIN:
        raise ValueError(f"must have at least {SECRET_BYTES_MIN} bytes")
    return str(value)


def url(value: Any) -> str:
    """An ``http`` or ``https`` address, without a slash at its end."""
    parts = urlsplit(text(value))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be an http or https address")
    return str(value).rstrip("/")


def words(value: Any) -> tuple[str, ...]:
    """A list, in TOML or separated by commas."""
    items: Iterable[Any] = value.split(",") if isinstance(value, str) else value
    found = [text(item).strip() if item else "" for item in items]
    return tuple(item for item in found if item)


def origins(value: Any) -> tuple[str, ...]:
    """A list of origins (``https://chat.example.com``), as browsers spell them."""
    found = words(value)
    for origin in found:
        if url(origin) != origin or urlsplit(origin).path:
            raise ValueError(f"{origin!r} is no origin: scheme://host or scheme://host:port")
    return tuple(origin.lower() for origin in found)


def proxies(value: Any) -> tuple[str, ...]:
    """A list of networks (``10.0.0.0/8``), addresses, or ``unix``."""
    return tuple(item if item == "unix" else str(ip_network(item)) for item in words(value))


@cache
def _networks(proxies: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(proxy) for proxy in proxies if proxy != "unix")


def trusts(proxies: tuple[str, ...], address: str) -> bool:
    """Whether ``address`` (an IP address, or ``unix``) is among ``proxies``, as ``proxies`` read them."""
    if not proxies or address == "unix":
        return "unix" in proxies
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return any(ip in network for network in _networks(proxies))


def header_name(value: Any) -> str:
    """The name of a request header, in lower case."""
    name = text(value).lower()
    if not _HEADER.fullmatch(name):
        raise ValueError("must be the name of a header")
    return name


def kinds(value: Any) -> tuple[tuple[str, str], ...]:
    """Kinds of rooms: a TOML table ``name = "module:Class"``, or ``name=module:Class`` items in a list or separated by commas."""
    pairs = tuple(value.items()) if isinstance(value, Mapping) else tuple(_kind(item) for item in words(value))
    for name, where in pairs:
        if not is_kind(name) or name in BUILT_IN_KINDS:
            raise ValueError(f"{name!r} cannot be the name of a kind: [a-z][a-z0-9-]{{0,31}}, none of {_taken()}")
        if not isinstance(where, str) or not _CLASS.fullmatch(where):
            raise ValueError(f"{name}={where}: a kind is given as name=module:Class")
    if len(dict(pairs)) < len(pairs):
        raise ValueError("the same kind is given twice")
    return pairs


def _kind(item: str) -> tuple[str, str]:
    name, _, where = item.partition("=")
    return name, where


def _taken() -> str:
    return ", ".join(sorted(RESERVED_KINDS | BUILT_IN_KINDS))


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("must be a whole number")
    return int(match[1].replace(",", "").replace("_", "")) * _UNITS[match[2]]
