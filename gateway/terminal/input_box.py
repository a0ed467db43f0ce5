"""Where one writes: Enter sends, Tab completes, and it grows with what is written."""

from __future__ import annotations

from textual import events
from textual.message import Message as Posted
from textual.widgets import TextArea

from gateway.terminal.completion import Cycle
from gateway.terminal.view import View

SENT_MAX = 100
_NEW_LINE = frozenset({"alt+enter", "shift+enter", "ctrl+j"})


class InputBox(TextArea):
    """Remembers what was sent; Up and Down bring it back while there is one line."""

    class Entered(Posted):
        """A line, or several, to be said or obeyed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Typing(Posted):
        """A key was hit, and what is there is something to say."""

    def __init__(self) -> None:
        super().__init__(compact=True, highlight_cursor_line=False, placeholder="Say something, or /help", id="input")
        self._cycle = Cycle()
        self._sent: list[str] = []
        self._at = 0
        self.view = View()

    async def _on_key(self, event: events.Key) -> None:
        if event.key != "tab":
            self._cycle.reset()
        taken = True
        if event.key == "enter":
            self._enter()
        elif event.key in _NEW_LINE:
            self.insert("\n")
        elif event.key == "tab":
            self._complete()
        elif event.key in ("up", "down") and self.document.line_count == 1:
            self._recall(-1 if event.key == "up" else 1)
        else:
            taken = False
        if taken:
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)
        if event.is_printable and not self.text.startswith("/"):
            self.post_message(self.Typing())

    def _enter(self) -> None:
        text = self.text.strip()
        is_for_nobody = not self.view.key and not text.startswith("/")
        if not text or is_for_nobody:
            return
        self._sent = [*self._sent, text][-SENT_MAX:]
        self._at = len(self._sent)
        self.text = ""
        self.post_message(self.Entered(text))

    def _complete(self) -> None:
        row, column = self.cursor_location
        before = "\n".join(self.text.split("\n")[:row])
        cursor = len(before) + (1 if row else 0) + column
        users = [user for user, _ in self.view.users] + [name for _, name in self.view.users if " " not in name]
        completed = self._cycle.next(self.text, cursor, users, self.view.rooms)
        if completed is None:
            return
        self.text, cursor = completed
        lines = self.text[:cursor].split("\n")
        self.cursor_location = (len(lines) - 1, len(lines[-1]))

    def _recall(self, step: int) -> None:
        at = self._at + step
        if 0 <= at <= len(self._sent):
            self._at = at
            self.text = self._sent[at] if at < len(self._sent) else ""
            self.cursor_location = self.document.end
