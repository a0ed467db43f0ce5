"""How often strangers may try: passwords and new accounts. Pure.

A wrong password counts against its user *at its address*: guessing does not lock out the user, who is elsewhere or signed in already.
Guesses from many addresses are slowed by nothing but the price of a hash: whatever else slows them would lock out the user.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from gateway.session.limits import Buckets, Rate

PASSWORDS_OF_USER_AT_ADDRESS = Rate(1 / 30, 10)
PASSWORDS_AT_ADDRESS = Rate(1 / 3, 100)
ACCOUNTS_AT_ADDRESS = Rate(1 / 30, 30)


class Attempts:
    """The buckets of guessing. ``now`` gives seconds of a steady clock; switched off, nothing is refused."""

    def __init__(self, now: Callable[[], float], *, switched_on: bool = True) -> None:
        self._switched_on = switched_on
        self._of_user_at_address = Buckets(PASSWORDS_OF_USER_AT_ADDRESS, now)
        self._at_address = Buckets(PASSWORDS_AT_ADDRESS, now)
        self._accounts = Buckets(ACCOUNTS_AT_ADDRESS, now)

    def begin(self, user: str, host: str) -> int | None:
        """A password is about to be tried. ``None`` if it may be; otherwise in how many milliseconds.

        Counted before it is known to be wrong, so that a thousand tries at once are a thousand tries.
        """
        if not self._switched_on:
            return None
        where = network_of(host)
        return self._at_address.take(where) or self._of_user_at_address.take(_key(user, where))

    def was_right(self, user: str, host: str) -> None:
        """It was the user: what was counted is forgotten."""
        where = network_of(host)
        self._of_user_at_address.forget(_key(user, where))
        self._at_address.give_back(where)

    def account(self, host: str) -> int | None:
        """An account is about to be made: as ``begin``."""
        return self._accounts.take(network_of(host)) if self._switched_on else None


def network_of(host: str) -> str:
    """What one stranger has: an IPv4 address, or the 64 bits of an IPv6 network; ``host`` itself if it is neither."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


def _key(user: str, where: str) -> str:
    return f"{where}/{user}"
