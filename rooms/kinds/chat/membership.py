"""What a connection's attachment says about its place in a chat room."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct


class Membership(Struct, frozen=True, omit_defaults=True):
    """One connection that has joined: when it joined, and what it said of itself.

    ``name`` is set for guests only; everybody else is called what their token says.
    """

    since_ms: int
    name: str | None = None
    meta: dict[str, Any] | None = None

    def attachment(self) -> dict[str, Any]:
        """As ``Connection.attachment`` keeps it over hibernation."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        return kept

    @classmethod
    def of(cls, attachment: object) -> Membership | None:
        """The membership an attachment holds; ``None`` once its connection has left."""
        return None if attachment is None else msgspec.convert(attachment, cls)
