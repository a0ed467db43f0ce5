"""The memberships of one socket: nearly always none or one, so that a table is kept only for more. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.session.membership import Membership

Memberships = None | Membership | dict[str, Membership]
"""None, one, or several by room name."""


def of_room(memberships: Memberships, name: str) -> Membership | None:
    """The membership in the room called ``name``."""
    if isinstance(memberships, dict):
        return memberships.get(name)
    return memberships if memberships is not None and memberships.key.name == name else None


def with_one_more(memberships: Memberships, membership: Membership) -> Memberships:
    """``memberships`` and ``membership``, in a room that none of them is in."""
    if memberships is None:
        return membership
    if isinstance(memberships, Membership):
        memberships = {memberships.key.name: memberships}
    memberships[membership.key.name] = membership
    return memberships


def without(memberships: Memberships, membership: Membership) -> Memberships:
    """``memberships`` but for ``membership``, which need not be among them."""
    if memberships is membership:
        return None
    if isinstance(memberships, dict) and memberships.get(membership.key.name) is membership:
        del memberships[membership.key.name]
        if len(memberships) == 1:
            return next(iter(memberships.values()))
    return memberships


def each(memberships: Memberships) -> Iterator[Membership]:
    """Every one, as they were when asked: they may be changed meanwhile."""
    if isinstance(memberships, Membership):
        yield memberships
    elif memberships is not None:
        yield from list(memberships.values())


def count(memberships: Memberships) -> int:
    """How many there are."""
    if isinstance(memberships, dict):
        return len(memberships)
    return 0 if memberships is None else 1
