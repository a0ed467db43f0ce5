"""The widget that shows what was said: only lines in sight are drawn, and a message is wrapped once for each width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.message import Message as Posted
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gateway.terminal.shown_lines import (
    DIM,
    RULE,
    SELECTED,
    Line,
    day,
    goes_on,
    indent_of,
    message_lines,
    notice_lines,
    pending_lines,
    printable,
    rule,
)
from gateway.terminal.view import Notice, View
from rooms.client import Message

SEEN_BY_MAX = 5


class _Item(NamedTuple):
    """Something shown: its key stays the same while it changes."""

    key: str
    strips: list[Strip]


class MessageLog(ScrollView, can_focus=False):
    """Stays at its end unless it was scrolled away from it. ``strips`` are its lines."""

    class Top(Posted):
        """The reader has come to the beginning of what is loaded."""

    class AtEnd(Posted):
        """The reader sees the end, or no longer does."""

        def __init__(self, is_at_end: bool) -> None:
            super().__init__()
            self.is_at_end = is_at_end

    def __init__(self) -> None:
        super().__init__()
        self._view = View()
        self._items: list[_Item] = []
        self.strips: list[Strip] = []
        self._wrapped: dict[str, tuple[object, list[Strip]]] = {}
        self._columns = 0
        self._was_at_end = True

    def show(self, view: View) -> None:
        """Show another state of the chat."""
        if view.key != self._view.key:
            self._wrapped.clear()
            self._look_at_end(True)
        self._view = view
        self._lay_out()

    def to_end(self) -> None:
        """Go to what was said last, and stay there."""
        self._look_at_end(True)
        self.scroll_to(y=max(0, len(self.strips) - self.size.height), animate=False, immediate=True)

    def on_resize(self) -> None:
        """Wrap anew."""
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        """One line of what is in sight."""
        at = round(self.scroll_offset.y) + y
        if at >= len(self.strips):
            return Strip.blank(self.size.width)
        return self.strips[at].adjust_cell_length(self.size.width)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice where the reader is."""
        super().watch_scroll_y(old_value, new_value)
        self._look_at_end(self._is_at_end)
        if new_value < old_value and new_value <= 1 and self._view.has_earlier:
            self.post_message(self.Top())

    def _look_at_end(self, at_end: bool) -> None:
        if at_end != self._was_at_end:
            self._was_at_end = at_end
            self.post_message(self.AtEnd(at_end))

    @property
    def _is_at_end(self) -> bool:
        return round(self.scroll_offset.y) >= len(self.strips) - self.size.height

    def _lay_out(self) -> None:
        columns = max(10, self.size.width - 1)
        if columns != self._columns:
            self._wrapped.clear()
            self._columns = columns
        anchor = None if self._was_at_end else self._top_item()
        self._items = list(self._all_items())
        self.strips = [strip for item in self._items for strip in item.strips]
        keys = {item.key for item in self._items}
        self._wrapped = {key: kept for key, kept in self._wrapped.items() if key in keys}
        self.virtual_size = Size(columns, len(self.strips))
        if self._view.selected is not None and self._was_at_end:
            self._show_selected()
        elif anchor is None:
            self.scroll_to(y=max(0, len(self.strips) - self.size.height), animate=False, immediate=True)
        else:
            self._hold(*anchor)
        self.refresh()

    def _top_item(self) -> tuple[str, int] | None:
        """The item at the top of what is in sight, and how far into it."""
        y = round(self.scroll_offset.y)
        for item in self._items:
            if y < len(item.strips):
                return item.key, y
            y -= len(item.strips)
        return None

    def _hold(self, key: str, offset: int) -> None:
        y = 0
        for item in self._items:
            if item.key == key:
                self.scroll_to(y=y + offset, animate=False, immediate=True)
                return
            y += len(item.strips)

    def _show_selected(self) -> None:
        y = 0
        for item in self._items:
            if item.key == self._view.selected:
                top = min(y, max(0, len(self.strips) - self.size.height))
                self.scroll_to(y=top if y < round(self.scroll_offset.y) else round(self.scroll_offset.y), animate=False, immediate=True)
                return
            y += len(item.strips)

    def _all_items(self) -> Iterator[_Item]:
        view = self._view
        if view.has_earlier:
            yield self._ruled("earlier", "Page Up loads what was said before")
        notices = list(view.notices)
        by_id = {message.id: message for message in view.messages}
        last_day, is_marked = "", False
        before: Message | None = None
        for message in view.messages:
            while notices and notices[0].after_seq < message.seq:
                yield self._noticed(notices.pop(0))
                before = None
            if (today := day(message.time)) != last_day:
                last_day, before = today, None
                yield self._ruled(f"day {message.id}", today)
            if view.unread_after is not None and message.seq > view.unread_after and not is_marked:
                is_marked, before = True, None
                yield self._ruled("new", "new", RULE)
            yield self._message(message, by_id.get(message.reply_to or ""), goes_on(message, before))
            before = message
        for notice in notices:
            yield self._noticed(notice)
        for pending in view.pending:
            yield _Item(pending.cid, self._wrap(pending_lines(pending, view, self._columns)))
        if view.seen_by and not view.pending:
            yield _Item("seen", self._wrap([Line(Text(f"seen by {printable(', '.join(view.seen_by[:SEEN_BY_MAX]))}", DIM), is_head=True)]))

    def _message(self, message: Message, quoted: Message | None, goes_on: bool) -> _Item:
        is_selected = message.id == self._view.selected
        state = (message, quoted, is_selected, goes_on)
        known = self._wrapped.get(message.id)
        if known is not None and known[0] == state:
            return _Item(message.id, known[1])
        strips = self._wrap(message_lines(message, self._view, self._columns, goes_on=goes_on))
        if is_selected:
            strips = [strip.apply_style(SELECTED) for strip in strips]
        self._wrapped[message.id] = (state, strips)
        return _Item(message.id, strips)

    def _noticed(self, notice: Notice) -> _Item:
        return _Item(f"notice {id(notice)}", self._wrap(notice_lines(notice)))

    def _ruled(self, key: str, words: str, style: Style = DIM) -> _Item:
        return _Item(key, [self._strip(rule(words, self._columns, style))])

    def _wrap(self, lines: Iterable[Line]) -> list[Strip]:
        """What is no head is set in."""
        found: list[Strip] = []
        for line in lines:
            indent = " " * (0 if line.is_head else indent_of(self._columns))
            for wrapped in line.text.wrap(self.app.console, max(8, self._columns - len(indent))):
                wrapped.rstrip()
                found.append(self._strip(Text(indent) + wrapped))
        return found

    def _strip(self, text: Text) -> Strip:
        return Strip([segment for segment in text.render(self.app.console) if segment.text])
