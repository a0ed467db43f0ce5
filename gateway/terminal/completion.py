"""What Tab makes of a word that was begun. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gateway.terminal.slash_commands import COMMANDS

CANDIDATES_MAX = 50

_OF_USERS = frozenset({"private", "kick", "ban", "unban", "mute", "unmute", "who"})
_OF_ROOMS = frozenset({"join"})


class Completions(NamedTuple):
    """What the text from ``start`` to the cursor may become."""

    start: int
    candidates: Sequence[str]


def completions(text: str, cursor: int, users: Iterable[str], rooms: Iterable[str]) -> Completions:
    """For the word before ``cursor``: commands, the users or rooms that a command takes, or names in what is said."""
    start = max(text.rfind(" ", 0, cursor), text.rfind("\n", 0, cursor)) + 1
    word = text[start:cursor]
    command = text[1:].partition(" ")[0] if text.startswith("/") else ""
    if start == 0 and word.startswith("/"):
        return Completions(0, _beginning([f"/{name} " for name in COMMANDS], word))
    if command in _OF_USERS:
        return Completions(start, _beginning([f"{user} " for user in users], word.removeprefix("@")))
    if command in _OF_ROOMS:
        return Completions(start, _beginning([f"{room} " for room in rooms], word))
    end = ": " if start == 0 else " "
    if word.startswith("@"):
        return Completions(start, _beginning([f"@{user} " for user in users], word))
    return Completions(start, _beginning([f"{user}{end}" for user in users], word) if word else ())


def _beginning(words: Iterable[str], begun: str) -> Sequence[str]:
    folded = begun.casefold()
    return sorted({word for word in words if word.casefold().startswith(folded)}, key=str.casefold)[:CANDIDATES_MAX]


class Cycle:
    """Tab, and Tab again: the candidates one after another."""

    def __init__(self) -> None:
        self._found = Completions(0, ())
        self._at = -1
        self._text = ""

    def next(self, text: str, cursor: int, users: Iterable[str], rooms: Iterable[str]) -> tuple[str, int] | None:
        """The text and the cursor after one more Tab; ``None`` if nothing fits."""
        if self._at < 0 or text != self._text:
            self._found, self._at = completions(text, cursor, users, rooms), -1
        if not self._found.candidates:
            return None
        self._at = (self._at + 1) % len(self._found.candidates)
        candidate = self._found.candidates[self._at]
        self._text = text[: self._found.start] + candidate + text[cursor:]
        return self._text, self._found.start + len(candidate)

    def reset(self) -> None:
        """Another key was hit."""
        self._at = -1
