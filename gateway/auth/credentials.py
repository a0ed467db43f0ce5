"""Which token a request carries, and where; which subprotocol it gets; whether its page may connect. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qsl, urlsplit

from gateway.edge.head import RequestHead

SESSION_COOKIE = "rooms_session"
JSON_PROTOCOL = "rooms.v1.json"
MSGPACK_PROTOCOL = "rooms.v1.msgpack"

_BEARER_PROTOCOL = "bearer."
_TOKEN = re.compile(r"e[wy][\w-]*\.[\w-]+\.[\w-]*", re.ASCII)  # a JWT begins with the base64url of an opening brace
_TOKEN_PARAMETERS = frozenset({"token", "access_token", "id_token", "auth", "auth_token", "authorization", "bearer", "jwt"})


class Form(Enum):
    """Where a token was found; it decides the form in which a refusal can be read."""

    HEADER = "header"
    SUBPROTOCOL = "subprotocol"
    COOKIE = "cookie"
    TICKET = "ticket"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Credential:
    """The first token that a request carries. One in the ``ADDRESS`` is always refused: addresses are logged."""

    form: Form
    token: str = field(repr=False)


def credential_of(head: RequestHead, token_header: str) -> Credential | None:
    """The token of the request, in the protocol's order; ``None`` if it carries none.

    A token in a query parameter other than ``ticket`` spoils the request, unless a header carries a token too
    (then that header still says how the refusal is to be read).
    """
    header = _header_token(head, token_header)
    if _has_token_in_address(head.query):
        return Credential(Form.ADDRESS, "") if header is None else Credential(Form.HEADER, "")
    if header is not None:
        return Credential(Form.HEADER, header)
    for found in (_protocol_token(head), _cookie_token(head), _ticket(head)):
        if found is not None:
            return found
    return None


def subprotocol_of(head: RequestHead) -> str | None:
    """The one offered subprotocol that is selected; ``None`` if none is offered.

    A ``rooms.v1.…`` if there is one, else one that is no token, else the token's own.
    """
    offered = head.tokens(b"sec-websocket-protocol")
    known = [item for item in offered if item in (JSON_PROTOCOL, MSGPACK_PROTOCOL)]
    plain = [item for item in offered if not _carries_token(item)]
    return next(iter(known or plain or offered), None)


def origin_may_connect(head: RequestHead, public_url: str | None, allowed_origins: Sequence[str]) -> bool:
    """Whether the page that asks, if one does, is the server's own or on the list.

    Without a public address the server's own is whatever ``Host`` the request names. ``null`` and repeated origins are strangers.
    """
    origins = head.get_all(b"origin")
    if not origins:
        return True
    origin = origins[0].decode("latin-1").lower()
    if len(origins) > 1:
        return False
    if origin in allowed_origins:
        return True
    if public_url is not None:
        return _authority(origin) is not None and _authority(origin) == _authority(public_url)
    host = (head.get(b"host") or b"").decode("latin-1").lower()
    scheme = origin.partition("://")[0]
    return _authority(origin) is not None and _authority(origin) == _authority(f"{scheme}://{host}")


def cookie(head: RequestHead, name: str) -> str | None:
    """The value of the first cookie called ``name``."""
    for key, value in _cookies(head):
        if key == name:
            return value
    return None


def _header_token(head: RequestHead, token_header: str) -> str | None:
    """The bearer token of ``Authorization`` or the value of ``token_header``. Two of a kind are no token that could be right."""
    bearers = [value for value in head.get_all(b"authorization") if value[:7].lower() == b"bearer "]
    values = [value[7:] for value in bearers] or head.get_all(token_header.encode("ascii"))
    if not values:
        return None
    return values[0].decode("latin-1").strip(" \t") if len(values) == 1 else ""


def _protocol_token(head: RequestHead) -> Credential | None:
    offered = head.tokens(b"sec-websocket-protocol")
    for item in offered:
        if item.startswith(_BEARER_PROTOCOL):
            return Credential(Form.SUBPROTOCOL, item.removeprefix(_BEARER_PROTOCOL))
    if len(offered) == 1 and _TOKEN.fullmatch(offered[0]):
        return Credential(Form.SUBPROTOCOL, offered[0])
    return None


def _cookie_token(head: RequestHead) -> Credential | None:
    value = cookie(head, SESSION_COOKIE)
    return None if not value else Credential(Form.COOKIE, value)


def _ticket(head: RequestHead) -> Credential | None:
    for name, value in _parameters(head.query):
        if name == "ticket":
            return Credential(Form.TICKET, value)
    return None


def _has_token_in_address(query: str) -> bool:
    """By the parameter's usual names, or because its value looks like a JWT."""
    return any(
        name.lower() in _TOKEN_PARAMETERS or (name != "ticket" and _TOKEN.fullmatch(value) is not None)
        for name, value in _parameters(query)
    )


def _parameters(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True) if query else []


def _carries_token(protocol: str) -> bool:
    return protocol.startswith(_BEARER_PROTOCOL) or _TOKEN.fullmatch(protocol) is not None


def _cookies(head: RequestHead) -> Iterator[tuple[str, str]]:
    """RFC 6265 §5.4: pairs separated by semicolons; quotes belong to the value."""
    for header in head.get_all(b"cookie"):
        for pair in header.decode("latin-1").split(";"):
            name, equals, value = pair.strip(" \t").partition("=")
            if equals:
                yield name, value


def _authority(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address; ``None`` if it is none that a page can have."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)
