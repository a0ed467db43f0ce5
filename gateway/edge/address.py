"""Where a request came from: the address that counts for limits and logs, and whether it came over TLS. Pure.

Forwarded addresses are claims. They count only when the far end of the socket is a trusted proxy, and then only the
last one that is not itself a trusted proxy: everything to the left of it was written by strangers (ASVS 4.1.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from gateway.edge.head import RequestHead

Trusts = Callable[[str], bool]
"""Whether the address (text of an IP address, or ``"unix"``) belongs to a trusted proxy."""


@dataclass(frozen=True, slots=True)
class ClientAddress:
    """``host``: the text of an IP address or ``"unix"``; ``secure``: came over TLS (here or at a trusted proxy);

    ``forwarded``: the request carries forwarding headers, trusted or not, so it did not come straight from ``host``.
    """

    host: str
    secure: bool
    forwarded: bool = False


def client_address(head: RequestHead, peer: str, secure: bool, trusts: Trusts) -> ClientAddress:
    """The client of a request that arrived from ``peer``, over TLS if ``secure``."""
    hops = head.tokens(b"x-forwarded-for")
    forwarded = bool(hops) or any(head.get(name) is not None for name in _FORWARDING)
    if not forwarded or not trusts(peer):
        return ClientAddress(peer, secure, forwarded)
    scheme = head.tokens(b"x-forwarded-proto")
    return ClientAddress(_first_stranger(hops, peer, trusts), scheme[-1].lower() in ("https", "wss") if scheme else secure, forwarded)


_FORWARDING = (b"forwarded", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip", b"via")


def _first_stranger(hops: list[str], peer: str, trusts: Trusts) -> str:
    """From the right, the first hop that is no trusted proxy; a hop that is no address ends the walk at the one before it."""
    seen = peer
    for hop in reversed(hops):
        address = _ip_of(hop)
        if address is None:
            return seen
        seen = address
        if not trusts(address):
            return address
    return seen


def _ip_of(hop: str) -> str | None:
    """The IP address of ``192.0.2.1``, ``192.0.2.1:80``, ``2001:db8::1`` or ``[2001:db8::1]:80``, in its usual spelling."""
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        return str(ip_address(hop))
    except ValueError:
        return None
