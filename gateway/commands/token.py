"""``rooms token``: a JWT, alone on stdout."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from gateway.auth.keys import SECRET_FILE, secret_in
from gateway.auth.tokens import EXPIRY_SECONDS_MAX, mint
from gateway.commands.errors import CommandError
from gateway.commands.flags import Config, Data, Json, settings_of
from gateway.commands.output import print_json, time_text
from gateway.names import GUEST_PREFIX, name_of
from gateway.settings import Settings

_DURATION = re.compile(r"(\d{1,9})([smhd]?)", re.ASCII)
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def token(
    *,
    sub: Annotated[str, Parameter(help="The user.")],
    room: Annotated[
        tuple[str, ...],
        Parameter(negative=(), show_default=False, help="A room to enter: lobby, 'team-*', kind/name, 'kind/*' or '*'. Repeat it."),
    ] = (),
    moderate: Annotated[
        tuple[str, ...], Parameter(negative=(), show_default=False, help="A room to moderate, written as --room. Repeat it.")
    ] = (),
    name: Annotated[str | None, Parameter(help="The name to show.")] = None,
    admin: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Enter and moderate everything, and use the admin interface.")
    ] = False,
    ttl: Annotated[str, Parameter(help="How long it is good: 90s, 15m, 1h, 7d.")] = "1h",
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Print a token signed with the server's secret (of the settings, or the one that `serve --dev` made)."""
    settings = settings_of(data, config)
    if name_of(sub) != sub or sub.startswith(GUEST_PREFIX):
        raise CommandError(f"--sub {sub!r} cannot be a user: 1 to 128 characters, no / and no *, and not {GUEST_PREFIX}…")
    now = int(time.time())
    claims: dict[str, Any] = {
        "sub": sub,
        "iat": now,
        "exp": min(now + _seconds(ttl), EXPIRY_SECONDS_MAX),
        settings.jwt_rooms_claim: list(room),
        "moderates": list(moderate) or None,
        "name": name,
        "admin": admin,
        "aud": _first(settings.jwt_audience),
        "iss": _first(settings.jwt_issuer),
    }
    given = {claim: value for claim, value in claims.items() if value not in (None, False)}
    minted = mint(given, _secret(settings))
    if json:
        print_json({"token": minted, "expires": time_text(claims["exp"] * 1000), "claims": given})
    else:
        print(minted)
    return 0


def _first(values: tuple[str, ...]) -> str | None:
    return values[0] if values else None


def _seconds(ttl: str) -> int:
    match = _DURATION.fullmatch(ttl)
    if match is None or int(match[1]) == 0:
        raise CommandError(f"--ttl {ttl!r} is no duration: write 90s, 15m, 1h or 7d")
    return int(match[1]) * _UNIT_SECONDS[match[2]]


def _secret(settings: Settings) -> str:
    if settings.jwt_algorithm != "HS256":
        raise CommandError(f"this server checks {settings.jwt_algorithm} tokens and cannot sign them: ask whoever has the private key")
    if settings.jwt_secret is not None:
        return settings.jwt_secret
    if not (settings.data / SECRET_FILE).is_file():
        raise CommandError(_no_secret(settings.data))
    return secret_in(settings.data)


def _no_secret(data: Path) -> str:
    return f"there is no secret to sign with: set ROOMS_JWT_SECRET, or run `rooms serve --dev` once, which makes one in {data}"
