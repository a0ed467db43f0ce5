"""A refusal is a value: what a client asked for was not done, and nothing was changed by it."""

from __future__ import annotations

import msgspec


class Refusal(msgspec.Struct, frozen=True):
    """Why a request was not carried out, in the words of the protocol.

    ``code`` is one of the protocol's error codes; ``retry_after_ms`` says when to try again;
    ``close_code`` asks the gateway to close a one-room socket (on a socket of many rooms it ends the membership only).
    """

    code: str
    message: str
    retry_after_ms: int | None = None
    close_code: int | None = None
