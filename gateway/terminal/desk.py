"""What the terminal's user has in front of them: open rooms and conversations, one of them shown. Runs on trio."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import trio

from gateway.terminal.orders import obey
from gateway.terminal.slash_commands import Command, Mistake, read
from gateway.terminal.view import Notice, OnItsWay, Tab, View
from rooms.client import (
    Client,
    ClientError,
    Conversation,
    Kicked,
    Message,
    MessageEvent,
    Refused,
    Room,
    StateChanged,
    UserJoined,
    UserLeft,
)

NOTICES_MAX = 200
PAGE = 50
Talk = Room | Conversation


class Desk:
    """``changed`` is called when there may be something else to show. ``is_watched``: somebody sees the end of what is shown."""

    def __init__(self, client: Client, changed: Callable[[], None], quit: Callable[[], None], display_name: str | None) -> None:
        self.is_watched = True
        self._client = client
        self._changed = changed
        self._quit = quit
        self._display_name = display_name
        self._open: dict[str, Talk] = {}
        self._shown: Talk | None = None
        self._notices: dict[str, deque[Notice]] = {}
        self._unread_after: dict[str, int] = {}
        self._selected: str | None = None
        self._entering = ""
        self._is_loading = False

    # what there is to see

    def view(self) -> View:
        """What to show now."""
        talk, client = self._shown, self._client
        connection, is_offline = self._connection()
        if talk is None:
            notices = tuple(self._notices.get("", ()))
            return View(connection=connection, is_offline=is_offline, notices=notices, tabs=self._tabs())
        me = client.user
        names = {user: name or user for user, name in self._names(talk)}
        room = talk if isinstance(talk, Room) else None
        return View(
            key=_key(talk),
            title=(f"#{room.name}" + (f" {room.title}" if room.title else "")) if room else f"@{self._name_of(_user_of(talk))}",
            topic=room.topic if room else "",
            kind="room" if room else "private",
            me=me.user if me else "",
            connection=connection,
            is_offline=is_offline,
            messages=tuple(talk.messages),
            pending=tuple(_on_its_way(talk)),
            notices=tuple(self._notices.get(_key(talk), ())),
            has_earlier=talk.has_earlier,
            unread_after=self._unread_after.get(_key(talk)),
            selected=self._selected,
            seen_by=tuple(self._seen_by(talk)),
            users=tuple(sorted(names.items(), key=lambda each: each[1].casefold())),
            names=names | ({me.user: me.name or me.user} if me else {}),
            online=room.online if room else 0,
            typists=tuple(talk.typing.values()),
            tabs=self._tabs(),
            rooms=tuple(client.rooms) + tuple(client.stats),
        )

    def _connection(self) -> tuple[str, bool]:
        client, talk = self._client, self._shown
        if client.state == "waiting":
            return f"offline, coming back … ({client.error})", True
        if client.state != "open":
            return {"connecting": "connecting …", "closed": f"over: {client.error}"}.get(client.state, client.state), True
        if talk is None:
            return f"entering #{self._entering} …" if self._entering else "no room is open: /join ROOM enters one", True
        if isinstance(talk, Room) and talk.state != "joined":
            return {"joining": "entering …", "waiting": f"waiting: {talk.error}"}.get(talk.state, f"out: {talk.error or talk.state}"), True
        return "", False

    def _tabs(self) -> tuple[Tab, ...]:
        return tuple(
            Tab(key, self._label_of(talk), 0 if talk is self._shown else talk.unread, talk is self._shown)
            for key, talk in self._open.items()
        )

    def _label_of(self, talk: Talk) -> str:
        return _key(talk) if isinstance(talk, Room) else f"@{self._name_of(talk.user)}"

    def _name_of(self, user: str) -> str:
        """What a user is called, as far as that was heard anywhere."""
        for room in self._client.rooms.values():
            if user in room.users and room.users[user].name:
                return room.users[user].name
        said = [message.name for message in self._client.private(user).messages if message.from_ == user and message.name]
        if said:
            return said[-1]
        return self._client.online[user].name if user in self._client.online else user

    def _names(self, talk: Talk) -> Iterator[tuple[str, str]]:
        if isinstance(talk, Room):
            yield from ((user.user, user.name) for user in talk.users.values())
        else:
            yield talk.user, self._name_of(talk.user)

    def _seen_by(self, talk: Talk) -> Iterator[str]:
        """Who has read the last message, if it is one's own: the answer to any other shows that it was."""
        if talk.messages and talk.messages[-1].from_ == self.me:
            names = dict(self._names(talk))
            yield from (names.get(user) or user for user, seq in talk.reads.items() if seq >= talk.messages[-1].seq and user != self.me)

    @property
    def shown(self) -> Talk | None:
        """The room or conversation in front."""
        return self._shown

    @property
    def me(self) -> str | None:
        """Who this is."""
        return self._client.user.user if self._client.user else None

    # what happens

    async def follow(self) -> None:
        """Notice what happens, for as long as the client lives."""
        async for event in self._client.events():
            match event:
                case MessageEvent():
                    self._heard(event)
                case StateChanged(room=str(), state="ended" | "waiting"):
                    self._note(f"#{event.room}", f"out of the room: {event.error}", is_error=True)
                case Kicked():
                    self._note(f"#{event.room}", f"put out by {event.by}" + (f": {event.reason}" if event.reason else ""), is_error=True)
                case UserJoined() if event.user != self.me:
                    self._note(f"#{event.room}", f"{event.name or event.user} came")
                case UserLeft() if event.user != self.me:
                    self._note(f"#{event.room}", f"{event.name or event.user} left")
            self._changed()

    async def tick(self) -> None:
        """Say every second that time has passed: typing ends without an event."""
        while True:
            await trio.sleep(1)
            self._changed()

    def _heard(self, event: MessageEvent) -> None:
        key = f"@{event.with_}" if event.with_ is not None else f"#{event.room}"
        if event.with_ is not None and key not in self._open:
            self._open[key] = self._client.private(event.with_)
        talk = self._open.get(key)
        if talk is None or event.message.from_ == self.me:
            return
        if talk is self._shown and self.is_watched:
            self._client.start_soon(self._read, talk)
        else:
            self._unread_after.setdefault(key, event.message.seq - 1)

    async def _read(self, talk: Talk) -> None:
        try:
            await talk.read()
        except ClientError:
            return  # it is said with the next message again

    def watched(self, is_watched: bool) -> None:
        """Somebody looks at the end of what is shown, or no longer does."""
        if is_watched == self.is_watched:
            return
        self.is_watched = is_watched
        if is_watched and self._shown is not None:
            self._client.start_soon(self._read, self._shown)
        self._changed()

    # what one does

    async def enter(self, name: str) -> None:
        """Join a room and show it. Raises ``ClientError``."""
        self._entering = name
        try:
            room = await self._client.join(name, display_name=self._display_name)
        finally:
            self._entering = ""
        self._show(room)
        if room.last_read < room.head and room.unread:
            self._unread_after[_key(room)] = room.last_read
        await self._read(room)
        self._changed()

    async def earlier(self) -> None:
        """Load what was said before."""
        if self._shown is None or self._is_loading:
            return
        self._is_loading = True
        try:
            await self._shown.earlier(PAGE)
        except ClientError as error:
            self._complain(error)
        finally:
            self._is_loading = False
            self._changed()

    def typing(self, on: bool) -> None:
        """The user types."""
        if self._shown is not None:
            self._shown.typing_nowait(on)

    def select(self, step: int) -> None:
        """Select the message before (-1) or after (1) the selected one; 0 lets it go."""
        if self._shown is None:
            return
        ids = [message.id for message in self._shown.messages]
        if step == 0 or not ids:
            self._selected = None
        elif self._selected in ids:
            at = ids.index(self._selected) + step
            self._selected = ids[max(0, at)] if at < len(ids) else None
        elif step < 0:
            self._selected = ids[-1]
        self._changed()

    async def follow_line(self, line: str) -> None:
        """Do what was typed; what goes wrong is shown."""
        typed = read(line)
        try:
            if isinstance(typed, Mistake):
                self.note_here(typed.words, is_error=True)
            elif isinstance(typed, Command):
                await obey(typed, self)
            else:
                self.say(typed)
        except ClientError as error:
            self._complain(error)
        self._changed()

    def say(self, text: str, reply_to: str | None = None, action: bool = False) -> None:
        """Say something where one is."""
        talk = self._shown
        if talk is None:
            self.note_here("enter a room first: /join ROOM", is_error=True)
            return
        users = dict(self._names(talk))
        mentions = [user for user, name in users.items() if f"@{user}" in text or f"@{name}" in text]
        talk.send_nowait(text, reply_to=reply_to, mentions=mentions, meta={"me": True} if action else None)
        self._unread_after.pop(_key(talk), None)
        self._selected = None

    def show_next(self) -> None:
        """Show the room or conversation after the shown one."""
        keys = list(self._open)
        if not keys:
            return
        at = keys.index(_key(self._shown)) if self._shown is not None and _key(self._shown) in keys else -1
        talk = self._open[keys[(at + 1) % len(keys)]]
        self._show(talk)
        if isinstance(talk, Conversation):
            self._client.start_soon(self._open_conversation, talk)
        else:
            self._client.start_soon(self._read, talk)

    async def _open_conversation(self, conversation: Conversation) -> None:
        try:
            await conversation.open()
            await conversation.read()
        except ClientError as error:
            self._complain(error)
        self._changed()

    async def open_private(self, user: str, text: str) -> None:
        """Show the conversation with a user, and say ``text`` in it if there is any. Raises ``ClientError``."""
        conversation = self._client.private(user)
        self._show(conversation)
        await conversation.open()
        if text:
            self.say(text)
        await self._read(conversation)

    async def close(self, talk: Talk) -> None:
        """Go out of a room, or close a conversation, and show another."""
        self._open.pop(_key(talk), None)
        self._shown = next(reversed(self._open.values()), None)
        self._selected = None
        if isinstance(talk, Room):
            await talk.leave()

    def user_called(self, name: str) -> str:
        """The user meant by a name that is shown here, or by the user's own."""
        bare = name.removeprefix("@")
        users = dict(self._names(self._shown)) if self._shown is not None else {}
        if bare in users:
            return bare
        return next((user for user, shown in users.items() if shown == bare), bare)

    def let_go(self) -> None:
        """No message is selected any more."""
        self._selected = None

    def quit(self) -> None:
        """Go."""
        self._quit()

    def _show(self, talk: Talk) -> None:
        if self._shown is not None and self._shown is not talk:
            self._unread_after.pop(_key(self._shown), None)
        self._open.setdefault(_key(talk), talk)
        self._shown, self._selected = talk, None
        self._changed()

    def meant(self, talk: Talk, *, mine: bool = False) -> Message:
        """The selected message, or the last one. Raises ``Refused`` if there is none."""
        if self._selected is not None and (selected := talk.get(self._selected)) is not None:
            return selected
        for message in reversed(talk.messages):
            if not message.deleted and (message.from_ == self.me) is mine:
                return message
        raise Refused("message_not_found", "there is no such message here")

    def _complain(self, error: ClientError) -> None:
        self.note_here(error.message if isinstance(error, Refused) and error.message else str(error), is_error=True)

    def note_here(self, text: str, *, is_error: bool = False) -> None:
        """Show a line of the program's own."""
        self._note(_key(self._shown) if self._shown is not None else "", text, is_error=is_error)

    def _note(self, key: str, text: str, *, is_error: bool = False) -> None:
        talk = self._open.get(key)
        after = talk.messages[-1].seq if talk is not None and talk.messages else 0
        self._notices.setdefault(key, deque(maxlen=NOTICES_MAX)).append(Notice(after, text, is_error))


def _key(talk: Talk) -> str:
    return f"#{talk.name}" if isinstance(talk, Room) else f"@{talk.user}"


def _user_of(talk: Talk) -> str:
    return talk.user if isinstance(talk, Conversation) else ""


def _on_its_way(talk: Talk) -> Sequence[OnItsWay]:
    return [OnItsWay(each.cid, each.text, each.time, str(each.error) if each.state == "failed" else None) for each in talk.pending]
