"""What rooms, users and kinds may be called. Pure."""

from __future__ import annotations

import re
from unicodedata import category, is_normalized, normalize
from urllib.parse import unquote_to_bytes

NAME_CHARACTERS_MAX = 128
DISPLAY_NAME_CHARACTERS_MAX = 64
TITLE_CHARACTERS_MAX = 128
RESERVED_KINDS = frozenset({"api", "admin", "assets", "ws", "healthz", "readyz", "metrics"})
GUEST_PREFIX = "guest-"

_KIND = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._~@:+-]{0,127}", re.ASCII)
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


def name_of(text: str) -> str | None:
    """The one spelling (NFC) of a room's or user's name, or ``None`` if it may not be one.

    A name has 1 to 128 characters, none of them a control, line-breaking or bidi character, no ``/`` (nor one still
    percent-encoded), no ``*``, and is neither ``.`` nor ``..``.
    """
    if _PLAIN.fullmatch(text):
        return text
    if len(text) > 4 * NAME_CHARACTERS_MAX:  # composing at most halves what a person types; never normalise a flood
        return None
    if not is_normalized("NFC", text):
        text = normalize("NFC", text)
    return text if _is_name(text) else None


def name_in_path(segment: str) -> str | None:
    """The name that one percent-encoded segment of a path spells, or ``None``."""
    if _PLAIN.fullmatch(segment):
        return segment
    if _BROKEN_ESCAPE.search(segment):
        return None
    try:
        return name_of(unquote_to_bytes(segment).decode("utf-8"))
    except UnicodeDecodeError:
        return None


def is_kind(text: str) -> bool:
    """Whether a class of rooms may be called so: ``[a-z][a-z0-9-]{0,31}`` and not reserved."""
    return _KIND.fullmatch(text) is not None and text not in RESERVED_KINDS


def display_name_of(text: str) -> str | None:
    """The one spelling (NFC, no space around) of a name shown to others.

    ``None`` if it is empty, over 64 characters or has control or bidi characters.
    """
    return _line_of(text, DISPLAY_NAME_CHARACTERS_MAX)


def title_of(text: str) -> str | None:
    """The same of what a room is called: up to 128 characters."""
    return _line_of(text, TITLE_CHARACTERS_MAX)


def _line_of(text: str, characters_max: int) -> str | None:
    if len(text) > 4 * characters_max:
        return None
    text = normalize("NFC", text).strip()
    if not 1 <= len(text) <= characters_max or _has_forbidden_character(text):
        return None
    return text


def _is_name(text: str) -> bool:
    if not 1 <= len(text) <= NAME_CHARACTERS_MAX or text in (".", ".."):
        return False
    if "/" in text or "*" in text or "%2f" in text.lower():
        return False
    return not _has_forbidden_character(text)


def _has_forbidden_character(text: str) -> bool:
    return any(character in _BIDI or category(character) in _FORBIDDEN_CATEGORIES for character in text)
