"""What is told: who saw what, what was expected, and whether it came to pass."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from itertools import cycle
from typing import Any

import msgspec

from rooms.client import Event, Hello

PLAIN = frozenset({"room", "with", "session", "id", "cid", "epoch", "time", "changed"})
"""What of an event is not told: it is long, or said already."""
TEXT_MAX = 90


class Stage:
    """Prints, and counts what did not come to pass in ``failures``. Each client speaks in a colour of its own on a terminal.

    ``curtain``: what is closed when all is told; ``names``: what codes and users are called here, which are longer, and differ each time.
    """

    def __init__(self, curtain: AsyncExitStack) -> None:
        self.curtain = curtain
        self.failures: list[str] = []
        self.names: dict[str, str] = {}
        self._is_coloured = sys.stdout.isatty()
        self._colours = cycle((36, 33, 35, 32, 34))
        self._colour_by_name: dict[str, int] = {}

    @contextmanager
    def story(self, title: str) -> Iterator[None]:
        """One story. What goes wrong in it ends it, and not the others."""
        print(f"\n{self._in(1, title)}\n{'─' * len(title)}", flush=True)
        try:
            yield
        except* Exception as group:
            for error in _leaves(group):
                self.failed(f"{title}: {type(error).__name__}: {error}")

    def tell(self, text: str) -> None:
        """What happens next, for the reader."""
        print(f"\n  {text}", flush=True)

    def does(self, name: str, what: str) -> None:
        """A client asks for something."""
        print(f"  {self._name(name)} → {self._called(what)}", flush=True)

    def sees(self, name: str, what: str) -> None:
        """A client was told something."""
        print(f"  {self._name(name)} ← {self._called(what)}", flush=True)

    def expect(self, what: str, is_so: object) -> None:
        """Something that has to be so by now."""
        if is_so:
            print(f"    {self._in(32, '✓')} {what}", flush=True)
        else:
            self.failed(what)

    def failed(self, what: str) -> None:
        self.failures.append(what)
        print(f"    {self._in(31, '✗')} {what}", flush=True)

    def _called(self, text: str) -> str:
        for name, short_name in self.names.items():
            text = text.replace(name, short_name)
        return short(text)

    def _name(self, name: str) -> str:
        colour = self._colour_by_name.setdefault(name, next(self._colours))
        return self._in(colour, f"{name:>14}")

    def _in(self, colour: int, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._is_coloured else text


def shown(event: Event) -> str:
    """An event in one line."""
    if isinstance(event, Hello):
        return f"Hello {event.user.name}, online: {len(event.online)}, conversations: {len(event.conversations)}"
    facts = msgspec.to_builtins(event, enc_hook=str)
    where = facts.get("room") or (f"with {facts['with']}" if facts.get("with") else "")
    message = facts.pop("message", None)
    if isinstance(message, dict):
        facts = {"from": message["from"], "says": message["message"], **_some(message, ("files", "reply_to", "deleted")), **facts}
    elif message is not None:
        facts["says"] = message
    told = [f"{key} {value!r}" for key, value in facts.items() if key not in PLAIN and (value or key in ("typing", "on"))]
    return " ".join(filter(None, [type(event).__name__, where and f"[{where}]", ", ".join(told)]))


def short(text: str) -> str:
    """As much of it as fits on a line."""
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"


def _some(message: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: message[key] for key in keys if message.get(key)}


def _leaves(group: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
