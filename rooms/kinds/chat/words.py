"""Pure. What of a text can be found, and how plain words become a query of FTS5.

FTS5's ``unicode61`` takes a run of letters, digits and symbols for one word. Emojis and the characters of scripts that are written
without spaces are words each: a zero-width space is put around them, in the index and in the query alike.
"""

from __future__ import annotations

import re
import unicodedata

from rooms.kinds.chat.requests import QUERY_WORDS_MAX

TOKENIZER = "unicode61 remove_diacritics 2 categories 'L* N* Co So'"

HIT_BEGINS, HIT_ENDS = "\x02", "\x03"
"""They stand around what was found, in a snippet; in the index they do not occur."""

_GAP = "\u200b"
_SINGLES = (
    "\u00a6\u00a9\u00ae\u00b0\u0482\u2100-\u214f\u2190-\u2bff\u2e80-\u303f\u3040-\u30ff\u3190-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U0001f000-\U0001faff\U00020000-\U0003134f"
)
_ANY_SINGLE = re.compile(f"[{_SINGLES}]")
_MARKS = str.maketrans({HIT_BEGINS: " ", HIT_ENDS: " "})

UNUSUAL = f"*[{_SINGLES}{HIT_BEGINS}{HIT_ENDS}{_GAP}]*"
"""A GLOB pattern: the texts that ``indexed`` changes."""


def indexed(text: str) -> str:
    """``text`` as the index keeps it."""
    return _ANY_SINGLE.sub(f"{_GAP}\\g<0>{_GAP}", text.replace(_GAP, " ").translate(_MARKS))


def shown(snippet: str) -> str:
    """A part of an indexed text as it was written."""
    return snippet.replace(_GAP, "")


def query_of(text: str) -> str | None:
    """Finds what has every word of ``text``, the last one perhaps unfinished. ``None``: there is no word, or there are too many."""
    words = [word for word in text.split() if any(map(_is_searchable, word))]
    if not words or len(words) > QUERY_WORDS_MAX:
        return None
    return " ".join([_quoted(word) for word in words]) + "*"


def _quoted(word: str) -> str:
    return '"' + indexed(word).replace('"', " ").replace("\0", " ") + '"'


def _is_searchable(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LN" or category in ("So", "Co")
