"""Text that strangers wrote, made fit for a terminal and a log. Pure."""

from __future__ import annotations

import unicodedata


def escaped(text: str) -> str:
    """``text`` with control, bidirectional and other invisible characters, and lone surrogates, written as ``\\x1b`` or ``\\u202e``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c == " " or (c.isprintable() and unicodedata.category(c)[0] != "C") else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
