"""The full screen: what was said, who is here, where one writes. It shows views and passes on what is typed."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message as Posted
from textual.widgets import Static

from gateway.terminal.desk import Desk
from gateway.terminal.input_box import InputBox
from gateway.terminal.message_log import MessageLog
from gateway.terminal.plain import Opened
from gateway.terminal.session import Session
from gateway.terminal.shown_lines import DIM, name_style, printable
from gateway.terminal.two_loops import GuestRun
from gateway.terminal.view import View

WIDE_COLUMNS = 80
SIDE_COLUMNS = 24
USERS_SHOWN_MAX = 200


class ChatApp(App[BaseException]):
    """Returns what went wrong, or nothing."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #head { height: 1; text-style: bold; }
    #connection { height: 1; color: ansi_red; display: none; }
    .offline #connection { display: block; }
    #log {
        height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        scrollbar-color: ansi_bright_black; scrollbar-color-hover: ansi_default; scrollbar-color-active: ansi_default;
        scrollbar-background: ansi_default; scrollbar-background-hover: ansi_default; scrollbar-background-active: ansi_default;
    }
    #side { width: 24; height: 100%; padding-left: 1; border-left: solid ansi_bright_black; display: none; }
    .members #side { display: block; }
    #line { height: 1; }
    #typing { width: 1fr; }
    #prompt { width: 2; }
    #entry { height: auto; max-height: 6; border-top: solid ansi_bright_black; }
    #input { height: auto; max-height: 5; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c,ctrl+d", "leave_it", "Go", priority=True),
        Binding("ctrl+n", "next", "Next room", priority=True),
        Binding("f2", "members", "Members", priority=True),
        Binding("pageup", "up", "Up", priority=True),
        Binding("pagedown", "down", "Down", priority=True),
        Binding("ctrl+end", "end", "To the end", priority=True),
        Binding("alt+up,ctrl+up", "select(-1)", "Select", priority=True),
        Binding("alt+down,ctrl+down", "select(1)", "Select", priority=True),
        Binding("escape", "select(0)", "Let go", priority=True),
    ]

    class Shown(Posted):
        """There is something else to show."""

        def __init__(self, view: View) -> None:
            super().__init__()
            self.view = view

    def __init__(self, open: Opened, url: str, room: str, display_name: str | None) -> None:
        super().__init__()
        self.theme = "ansi-dark"  # the terminal's own colours, on whatever background it has
        self._session = Session(open, url, room, display_name, self._changed)
        self._said = MessageLog()
        self._said.id = "log"
        self._input = InputBox()
        self._guest: GuestRun | None = None
        self._members_wanted: bool | None = None
        self._has_focus = True
        self._is_at_end = True
        self._view = View()

    def compose(self) -> ComposeResult:
        """The parts of the screen."""
        with Vertical():
            yield Static(id="head")
            yield Static(id="connection")
            with Horizontal():
                yield self._said
                yield Static(id="side")
            yield Static(id="typing")
            with Horizontal(id="entry"):
                yield Static("> ", id="prompt")
                yield self._input

    def on_mount(self) -> None:
        """Begin the chat on its own loop."""
        self._input.focus()
        self.show(View())
        self._guest = GuestRun(self._session.run, self._over)

    async def on_unmount(self) -> None:
        """However the screen came to an end: the chat ends with it."""
        if self._guest is not None:
            self._session.quit()
            await self._guest.wait()

    def _changed(self, view: View) -> None:
        self.post_message(self.Shown(view))

    def _over(self, error: BaseException | None) -> None:
        self.exit(error)

    # what there is to show

    def on_chat_app_shown(self, message: ChatApp.Shown) -> None:
        """Show it."""
        self.show(message.view)

    def show(self, view: View) -> None:
        """Every part of the screen."""
        self._input.view = view
        self._said.show(view)
        columns = self.size.width
        self.query_one("#head", Static).update(_head(view, columns))
        self.query_one("#connection", Static).update(Text(printable(view.connection), no_wrap=True, overflow="ellipsis"))
        self._hint(view)
        self.query_one("#side", Static).update(_side(view))
        self.set_class(view.is_offline, "offline")
        self._lay_out(columns)

    def _hint(self, view: View) -> None:
        """What goes on out of sight: new messages below, people who type."""
        self._view = view
        below = "" if self._is_at_end else _below(view)
        self.query_one("#typing", Static).update(Text(below, "bold") if below else _typing(view))

    def on_resize(self, event: events.Resize) -> None:
        """The members have a place only where there is one."""
        self._lay_out(event.size.width)

    def _lay_out(self, columns: int) -> None:
        wanted = columns >= WIDE_COLUMNS if self._members_wanted is None else self._members_wanted
        self.set_class(wanted, "members")

    # what is done

    def on_input_box_entered(self, message: InputBox.Entered) -> None:
        """Say or obey it."""
        self._said.to_end()
        self._session.start(Desk.follow_line, message.text)

    def on_input_box_typing(self) -> None:
        """Tell the others."""
        self._session.do(lambda desk: desk.typing(True))

    def on_message_log_top(self) -> None:
        """Load what was said before."""
        self._session.start(Desk.earlier)

    def on_message_log_at_end(self, message: MessageLog.AtEnd) -> None:
        """Who does not see the end reads nothing."""
        self._is_at_end = message.is_at_end
        self._watch()
        self._hint(self._view)

    def on_app_focus(self) -> None:
        """Somebody looks at this terminal."""
        self._has_focus = True
        self._watch()

    def on_app_blur(self) -> None:
        """Somebody looks elsewhere."""
        self._has_focus = False
        self._watch()

    def _watch(self) -> None:
        is_watched = self._has_focus and self._is_at_end
        self._session.do(lambda desk: desk.watched(is_watched))

    def action_leave_it(self) -> None:
        """Go."""
        self._session.quit()

    def action_next(self) -> None:
        """Show the next room."""
        self._session.do(Desk.show_next)

    def action_members(self) -> None:
        """Show the members, or no longer."""
        self._members_wanted = not self.has_class("members")
        self._lay_out(self.size.width)

    def action_up(self) -> None:
        """Towards the beginning."""
        if self._said.scroll_offset.y <= 0:
            self._session.start(Desk.earlier)
        self._said.scroll_page_up(animate=False)

    def action_down(self) -> None:
        """Towards the end."""
        self._said.scroll_page_down(animate=False)

    def action_end(self) -> None:
        """To the end."""
        self._said.to_end()

    def action_select(self, step: int) -> None:
        """Select a message."""
        self._session.do(lambda desk: desk.select(step))


def _head(view: View, columns: int) -> Text:
    title = Text(printable(view.title) or "rooms", no_wrap=True, overflow="ellipsis", style="bold reverse")
    if view.kind == "room" and view.title:
        title.append(f"  {view.online} here", "not bold")
    if view.topic:
        title.append(f"  {printable(view.topic)}", "not bold")
    for tab in view.tabs:
        if tab.unread and not tab.is_shown:
            title.append(f"  {printable(tab.label)} {tab.unread}", "bold")
    title.truncate(columns, overflow="ellipsis", pad=True)
    return title


def _below(view: View) -> str:
    """How much was said while the reader looked at what was before it."""
    if view.unread_after is None:
        return ""
    new = sum(message.seq > view.unread_after and message.from_ != view.me for message in view.messages)
    return f"↓ {new} new, Ctrl+End shows {'it' if new == 1 else 'them'}" if new else ""


def _typing(view: View) -> Text:
    names = [printable(name) for name in view.typists]
    if not names:
        return Text("")
    if len(names) > 3:
        return Text("several people are typing …", DIM)
    return Text(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} typing …", DIM, no_wrap=True, overflow="ellipsis")


def _side(view: View) -> Text:
    side = Text()
    if len(view.tabs) > 1:
        for tab in view.tabs:
            style = "reverse" if tab.is_shown else "bold" if tab.unread else ""
            side.append(f"{_short(tab.label)}{f' {tab.unread}' if tab.unread else ''}\n", style)
        side.append("\n")
    for user, name in view.users[:USERS_SHOWN_MAX]:
        side.append(f"{_short(name)}\n", name_style(user))
    if view.online > len(view.users):
        side.append(f"and {view.online - len(view.users)} more\n", DIM)
    return side


def _short(name: str) -> str:
    """A name as long as there is room beside what was said."""
    short = Text(printable(name))
    short.truncate(SIDE_COLUMNS - 6, overflow="ellipsis")
    return short.plain
