"""Values that leave a room's memory and come back: attachments, arguments and results of calls."""

from __future__ import annotations

from storage import decode_value as unpack
from storage import encode_value as pack

__all__ = ["pack", "unpack"]
