"""How messages look in a terminal: rich text, wrapped by whoever knows the width. Pure.

Only the terminal's own sixteen colours are used, and none that is pale on white or dark on black.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zlib import crc32

from rich.style import Style
from rich.text import Text

from gateway.escaping import escaped
from gateway.terminal.view import Notice, OnItsWay, View
from rooms.client import Message

NARROW_COLUMNS = 50
QUOTE_CHARACTERS = 40
TOGETHER = timedelta(minutes=5)

_COLOURS = ("green", "magenta", "cyan", "red", "bright_blue", "bright_magenta")
DIM = Style(dim=True)
ERROR = Style(color="red")
RULE = Style(color="red", bold=True)
SELECTED = Style(reverse=True)


def printable(text: str) -> str:
    """One line that cannot move the cursor. Joined emoji fall apart, since terminals disagree about their width."""
    return escaped(text.replace("\u200d", "").replace("\ufe0f", "").replace("\t", "    "))


def name_style(user: str) -> Style:
    """Each user has a colour, the same everywhere."""
    return Style(color=_COLOURS[crc32(user.encode()) % len(_COLOURS)], bold=True)


def indent_of(columns: int) -> int:
    """How far what is said is set in."""
    return 2 if columns < NARROW_COLUMNS else 6


def clock(time: str) -> str:
    """``20:07`` here, of a time as the protocol writes it."""
    moment = _moment(time)
    return moment.strftime("%H:%M") if moment else "     "


def day(time: str) -> str:
    """``Friday 20 November 2026`` here."""
    moment = _moment(time)
    return f"{moment:%A} {moment.day} {moment:%B %Y}" if moment else ""


class Line(NamedTuple):
    """A line that is still to be wrapped; ``is_head`` stands at the margin, others are set in."""

    text: Text
    is_head: bool = False


def message_lines(message: Message, view: View, columns: int, *, goes_on: bool = False) -> Iterator[Line]:
    """A message with its quote, head, text and reactions. ``goes_on``: the head is that of the message before, and is not said again."""
    if message.reply_to is not None:
        yield Line(_quote(message.reply_to, view))
    body = [_said(printable(line), message, view.me) for line in message.message.split("\n")]
    if message.deleted:
        body = [Text("deleted", Style(dim=True, italic=True))]
    body[-1].append("".join(_marks(message)), DIM)
    is_action = bool((message.meta or {}).get("me"))
    if is_action:
        yield Line(_head(message, columns, "* ").append(" ").append_text(body[0]), is_head=True)
        body = body[1:]
    elif not goes_on or message.reply_to is not None:
        yield Line(_head(message, columns), is_head=True)
    yield from map(Line, body)
    for attachment in message.attachments:
        yield Line(Text(f"file: {printable(str(attachment.get('name', '')))}, to be opened in the web chat", DIM))
    if message.reactions:
        yield Line(Text("  ".join(f"{printable(emoji)} {len(users)}" for emoji, users in message.reactions.items()), DIM))


def goes_on(message: Message, before: Message | None) -> bool:
    """Whether a message comes so soon after one of the same user that it needs no head."""
    if before is None or before.from_ != message.from_ or before.name != message.name or (before.meta or {}).get("me"):
        return False
    now, then = _moment(message.time), _moment(before.time)
    return now is not None and then is not None and now - then < TOGETHER


def _head(message: Message, columns: int, mark: str = "") -> Text:
    head = Text()
    if columns >= NARROW_COLUMNS:
        head.append(f"{clock(message.time)} ", DIM)
    head.append(f"{mark}{printable(message.name or message.from_)}", name_style(message.from_))
    if columns < NARROW_COLUMNS:
        head.append(f" {clock(message.time)}", DIM)
    return head


def pending_lines(pending: OnItsWay, view: View, columns: int) -> Iterator[Line]:
    """A message that is not acknowledged yet, or failed."""
    head = Text()
    if columns >= NARROW_COLUMNS:
        head.append(f"{clock(pending.time)} ", DIM)
    head.append(printable(view.names.get(view.me, view.me)), name_style(view.me))
    head.append("  not sent" if pending.problem else "  sending …", ERROR if pending.problem else DIM)
    yield Line(head, is_head=True)
    for line in pending.text.split("\n"):
        yield Line(Text(printable(line), DIM))
    if pending.problem:
        yield Line(Text(f"{printable(pending.problem)}. /retry sends it again", ERROR))


def notice_lines(notice: Notice) -> Iterator[Line]:
    """A line of the program's own."""
    for line in notice.text.split("\n"):
        yield Line(Text(f"· {printable(line)}", ERROR if notice.is_error else DIM), is_head=True)


def rule(words: str, columns: int, style: Style = DIM) -> Text:
    """A line across, with words in its middle."""
    left = max(2, (columns - len(words) - 2) // 2)
    return Text(f"{'─' * left} {words} {'─' * max(2, columns - left - len(words) - 2)}", style)


def _marks(message: Message) -> Iterator[str]:
    if message.edited:
        yield "  edited"
    if message.pinned:
        yield "  pinned"


def _quote(id: str, view: View) -> Text:
    quoted = next((message for message in reversed(view.messages) if message.id == id), None)
    if quoted is None:
        return Text("┌ an earlier message", DIM)
    text = printable(quoted.message.partition("\n")[0]) or "deleted"
    short = text if len(text) <= QUOTE_CHARACTERS else text[: QUOTE_CHARACTERS - 1] + "…"
    return Text(f"┌ {printable(quoted.name or quoted.from_)}: {short}", DIM)


def _said(line: str, message: Message, me: str) -> Text:
    text = Text(line)
    if message.from_ != me and me and (me in message.mentions or f"@{me}" in line):
        text.stylize(Style(bold=True))
    return text


def _moment(time: str) -> datetime | None:
    try:
        return datetime.fromisoformat(time).astimezone()
    except ValueError:
        return None
