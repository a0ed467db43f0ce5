"""How many descriptors this process may have: every socket is one, every awake room three."""

from __future__ import annotations

import sys

UNLIMITED = 1 << 20
"""What "no limit" counts as."""


def raise_descriptor_limit() -> int:
    """Raise the soft limit as far as the system lets us; how many descriptors there are then."""
    if sys.platform == "win32":
        return UNLIMITED
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = UNLIMITED if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (ValueError, OSError):
            return soft  # macOS refuses more than it has
    return UNLIMITED if soft == resource.RLIM_INFINITY else min(soft, UNLIMITED)
