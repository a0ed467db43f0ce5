"""What is typed: something to say, or a command that begins with a slash. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Slash:
    """A command: what follows it, and what it does. ``words_min`` is how many words have to follow."""

    arguments: str
    does: str
    words_min: int = 0


COMMANDS: Mapping[str, Slash] = {
    "help": Slash("", "show this list"),
    "me": Slash("TEXT", "say what you do", 1),
    "join": Slash("ROOM", "enter a room beside this one", 1),
    "leave": Slash("", "go out of this room, or close this conversation"),
    "private": Slash("USER [TEXT]", "write to one user", 1),
    "next": Slash("", "show the next room or conversation"),
    "reply": Slash("TEXT", "answer the selected message, or the last one", 1),
    "react": Slash("EMOJI", "react to the selected message, or the last one; again takes it back", 1),
    "edit": Slash("TEXT", "give your selected message, or your last one, another text", 1),
    "delete": Slash("", "take the text of your selected message, or your last one, away"),
    "pin": Slash("", "pin the selected message, or take the pin off"),
    "retry": Slash("", "send what failed once more"),
    "search": Slash("WORDS", "find messages of this room", 1),
    "who": Slash("[NAME]", "who is here"),
    "topic": Slash("TEXT", "say what the room is about"),
    "title": Slash("TEXT", "say what the room is called"),
    "kick": Slash("USER [SECONDS] [REASON]", "put somebody out for a while", 1),
    "ban": Slash("USER [SECONDS] [REASON]", "put somebody out for good", 1),
    "unban": Slash("USER", "let somebody in again", 1),
    "mute": Slash("USER [SECONDS] [REASON]", "let somebody say nothing", 1),
    "unmute": Slash("USER", "let somebody speak again", 1),
    "quit": Slash("", "go"),
}

HELP = (
    *(f"/{name} {slash.arguments}".rstrip() + f": {slash.does}" for name, slash in COMMANDS.items()),
    "A line that begins with // is said with one slash.",
)

KEYS = (
    "Enter sends, Alt+Enter begins a new line, Tab completes names and commands.",
    "Page Up and Page Down scroll, Ctrl+End goes to the end, Alt+Up and Alt+Down select a message, Escape lets it go.",
    "Ctrl+N shows the next room, F2 the members, Ctrl+Q goes.",
)


@dataclass(frozen=True)
class Command:
    """``/name rest``."""

    name: str
    rest: str

    @property
    def words(self) -> list[str]:
        """What follows, word by word."""
        return self.rest.split()


@dataclass(frozen=True)
class Mistake:
    """What was typed makes no sense; ``words`` say what would."""

    words: str


def read(line: str) -> str | Command | Mistake:
    """What to say, the command to follow, or what is wrong."""
    if not line.startswith("/"):
        return line
    if line.startswith("//"):
        return line[1:]
    name, _, rest = line[1:].partition(" ")
    name, rest = name.strip().lower(), rest.strip()
    slash = COMMANDS.get(name)
    if slash is None:
        return Mistake(f"there is no /{name}; /help shows what there is")
    if len(rest.split()) < slash.words_min:
        return Mistake(f"write /{name} {slash.arguments}")
    return Command(name, rest)


@dataclass(frozen=True)
class Sanction:
    """Whom a moderator means, for how long and why."""

    user: str
    seconds: int | None
    reason: str | None


def read_sanction(rest: str) -> Sanction:
    """``USER [SECONDS] [REASON]``."""
    user, _, more = rest.partition(" ")
    first, _, others = more.strip().partition(" ")
    if first.isascii() and first.isdecimal() and 0 < int(first) <= 10**8:
        return Sanction(user, int(first), others.strip() or None)
    return Sanction(user, None, more.strip() or None)
