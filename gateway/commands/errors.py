"""What a command says when it cannot do what it was asked."""

from __future__ import annotations


class CommandError(Exception):
    """One sentence that says what is wrong and what to do. Nothing was done; the exit status is 2."""


class CommandFailed(Exception):
    """One sentence about what was found on the way: damage, a full disk. The exit status is 1."""
