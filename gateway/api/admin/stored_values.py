"""What rooms store, as JSON that is fit to be looked at. Pure."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from storage import Undecodable

BYTES_SHOWN_MAX = 4_096
SAFE_INTEGER = 2**53


def shown(value: Any) -> Any:
    """``value`` with what JSON has no form for as an object of one key: ``$bytes`` (base64, cut), ``$time``, ``$integer``, ``$pairs``,
    ``$undecodable``."""
    if isinstance(value, Undecodable):
        return {"$undecodable": _base64(value), "size": len(value)}
    if isinstance(value, bytes):
        return {"$bytes": _base64(value), "size": len(value)}
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: shown(each) for key, each in value.items()}
        return {"$pairs": [[shown(key), shown(each)] for key, each in value.items()]}
    if isinstance(value, list | tuple):
        return [shown(each) for each in value]
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    if isinstance(value, int) and not -SAFE_INTEGER <= value <= SAFE_INTEGER:
        return {"$integer": str(value)}
    if isinstance(value, float) and value - value != 0:  # JSON has no infinity
        return {"$number": repr(value)}
    return value


def _base64(value: bytes) -> str:
    return base64.b64encode(value[:BYTES_SHOWN_MAX]).decode()
