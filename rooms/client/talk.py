"""What rooms and private conversations share: messages in place, sending, and resuming where one was."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any

import msgspec
import trio

from rooms.client.errors import ClientError
from rooms.client.events import Deleted, Edited, Event, MessageEvent, Pinned, Reacted, Read, Reset, RoomChanged, Typing
from rooms.client.host import Host
from rooms.client.messages import Message, Page, Sent
from rooms.client.outbox import Outbox, Outgoing
from rooms.client.receipts import Reads, Typists
from rooms.client.subscription import Subscription, Subscriptions
from rooms.client.timeline import Put, Timeline
from rooms.client.wire import given

CATCH_UP_LIMIT = 100
TYPING_AGAIN_SECONDS = 3.0
"""That somebody types is said again after this."""

Stored = MessageEvent | Edited | Deleted | Reacted | Pinned | RoomChanged
"""Events that take a seq."""


class _CatchingUp:
    """Pages of what was missed are still to come. ``head`` is the last event heard meanwhile."""

    def __init__(self, head: int) -> None:
        self.head = head


class Talk(ABC):
    """``head`` is the seq up to which everything of the history ``epoch`` was seen; ``epoch`` is ``None`` before anything was."""

    def __init__(self, host: Host, verb: str, where: dict[str, Any], address: dict[str, Any]) -> None:
        self._host = host
        self._where = where
        self._timeline = Timeline(host.settings.messages_max)
        self._outbox = Outbox(host, verb, address, may_speak=self._may_speak, delivered=self._delivered, not_in_room=self._is_out_after_all)
        self._subscriptions = Subscriptions(host.settings.events_max)
        self._typists = Typists()
        self._reads = Reads()
        self._provisional: set[str] = set()  # messages made from an ack, until their own event comes
        self._catching_up: _CatchingUp | None = None
        self._typed_at: float | None = None
        self._loading = trio.Lock()
        self._read_from = 0
        self.head = 0
        self.epoch: str | None = None

    # what there is

    @property
    def messages(self) -> Sequence[Message]:
        """What was said, ascending by seq, in its present state: the newest, and what ``earlier`` has loaded."""
        return self._timeline.messages

    @property
    def pending(self) -> Sequence[Outgoing]:
        """One's own messages that are on their way, or failed."""
        return self._outbox.pending

    @property
    def has_earlier(self) -> bool:
        """Whether there is more before the first of ``messages``."""
        return self._timeline.has_earlier

    @property
    def typing(self) -> Mapping[str, str]:
        """Users who type now, and their names."""
        return self._typists.now(trio.current_time())

    @property
    def reads(self) -> Mapping[str, int]:
        """How far each user has read."""
        return self._reads.seq_by_user

    @property
    def last_read(self) -> int:
        """How far this user has read; who never said so began with what was there."""
        return max(self._reads.of(self._me), self._read_from)

    @property
    def unread(self) -> int:
        """Messages of others after that."""
        last, me = self.last_read, self._me
        return sum(message.seq > last and message.from_ != me and not message.deleted for message in self.messages)

    def get(self, id: str) -> Message | None:
        """The message of that id, if it is kept."""
        return self._timeline.get(id)

    def events(self) -> Subscription:
        """What happens here from now on."""
        return self._subscriptions.open()

    # what one may do

    async def send(
        self,
        text: str,
        *,
        reply_to: str | None = None,
        mentions: Sequence[str] = (),
        files: Sequence[str] = (),
        meta: dict[str, Any] | None = None,
        cid: str | None = None,
    ) -> Sent:
        """Say something and wait until it is stored: once, however often the connection breaks. Cancelling does not take it back.

        Raises ``Refused``, ``QueueFull``, ``NotJoined`` or ``ClientClosed``.
        """
        outgoing = self.send_nowait(text, reply_to=reply_to, mentions=mentions, files=files, meta=meta, cid=cid)
        return await outgoing.wait()

    def send_nowait(
        self,
        text: str,
        *,
        reply_to: str | None = None,
        mentions: Sequence[str] = (),
        files: Sequence[str] = (),
        meta: dict[str, Any] | None = None,
        cid: str | None = None,
    ) -> Outgoing:
        """The same, without waiting. Raises ``QueueFull``, ``NotJoined`` or ``ClientClosed``."""
        self._check_may_queue()
        rest = given({"reply_to": reply_to, "mentions": list(mentions) or None, "files": list(files) or None, "meta": meta})
        outgoing = Outgoing(cid or token_hex(16), text, rest)
        self._outbox.add(outgoing)
        self._typed_at = None
        return outgoing

    def retry(self, outgoing: Outgoing) -> None:
        """Send a message that failed once more. If it was stored after all, it stays one message."""
        self._check_may_queue()
        self._outbox.retry(outgoing)

    def discard(self, outgoing: Outgoing) -> None:
        """Forget a message that failed, or is not on its way yet."""
        self._outbox.discard(outgoing)

    async def edit(self, id: str, text: str) -> None:
        """Give a message another text."""
        await self._ask("edit", id=id, message=text)

    async def delete(self, id: str) -> None:
        """Take a message's text away."""
        await self._ask("delete", id=id)

    async def react(self, id: str, emoji: str, on: bool = True) -> None:
        """React to a message, or take that back."""
        await self._ask("react", id=id, emoji=emoji, on=on)

    async def read(self, seq: int | None = None) -> None:
        """Say that everything up to ``seq`` (what there is) was read."""
        upto = self.head if seq is None else seq
        if self._me is not None and upto > self._reads.of(self._me):
            self._reads.heard(Read(user=self._me, seq=upto))
            await self._ask("read", seq=upto)

    async def earlier(self, limit: int = 50) -> Sequence[Message]:
        """Load the page before the first of ``messages`` and return it. Nothing if there is none, or ``messages_max`` are kept."""
        async with self._loading:
            limit = min(limit, self._timeline.room_for)
            if not self.has_earlier or limit <= 0 or not self.messages:
                return ()
            epoch = self.epoch
            page = await self.history(before=self.messages[0].seq, limit=limit)
            if self.epoch != epoch or page.epoch != epoch:
                return ()  # begun anew meanwhile
            for message in page.messages:
                self._timeline.put(message, earlier=True)
            self._timeline.has_earlier = page.more
            return page.messages

    async def history(
        self,
        *,
        before: int | None = None,
        after: int | None = None,
        since: int | None = None,
        epoch: str | None = None,
        thread: str | None = None,
        pinned: bool | None = None,
        limit: int | None = None,
    ) -> Page:
        """A page of the history; ``messages`` stays as it is."""
        answer = await self._ask("history", before=before, after=after, since=since, epoch=epoch, thread=thread, pinned=pinned, limit=limit)
        return msgspec.convert(answer, Page)

    def typing_nowait(self, on: bool = True) -> None:
        """Say that one types, at each keystroke, or no longer. Lost when offline."""
        now = trio.current_time()
        if on and self._typed_at is not None and now - self._typed_at < TYPING_AGAIN_SECONDS:
            return
        if not on and self._typed_at is None:
            return
        self._typed_at = now if on else None
        if self._may_speak():
            self._host.say_nowait("typing", {**self._where, "typing": on})

    async def _ask(self, type: str, **data: Any) -> dict[str, Any]:
        return await self._host.request(type, given({**self._where, **data}))

    # what comes

    def take(self, event: Event) -> None:
        """Something happened here."""
        if isinstance(event, Stored) and not self._takes_stored(event):
            return
        if isinstance(event, Typing) and event.user != self._me:
            self._typists.heard(event, trio.current_time())
        elif isinstance(event, Read):
            self._reads.heard(event)
        self._publish(event)

    def pump(self) -> None:
        """Send what may be sent by now."""
        self._outbox.pump()

    def fail_all(self, error: ClientError) -> None:
        """The client is over."""
        self._outbox.fail_all(error)

    def end(self, error: ClientError | None) -> None:
        """Nothing more happens."""
        self._subscriptions.end(error)

    def pause(self) -> None:
        """Cut off: what was true only of the connection is over."""
        self._typists.clear()
        self._catching_up = None
        self._typed_at = None

    @abstractmethod
    def resync(self) -> None:
        """Ask for what was missed."""

    @abstractmethod
    def _may_speak(self) -> bool: ...

    @abstractmethod
    def _check_may_queue(self) -> None:
        """Raises why nothing can be said here."""

    def _is_out_after_all(self) -> bool:
        """The server says that one is not in the room. Whether that will change."""
        return False

    @property
    def _me(self) -> str | None:
        return self._host.user.user if self._host.user is not None else None

    def _publish(self, event: Event) -> None:
        self._subscriptions.put(event)
        self._host.publish(event)

    def _takes_stored(self, event: Stored) -> bool:
        """Apply an event that has a seq, and notice when one before it is missing. Returns whether it tells anything new."""
        seq = event.message.seq if isinstance(event, MessageEvent) else event.seq
        if self.epoch is None:
            return False
        if self._catching_up is not None:
            self._catching_up.head = max(self._catching_up.head, seq)
        elif seq > self.head + 1:
            self.resync()
            return False
        else:
            self.head = max(self.head, seq)
        if isinstance(event, MessageEvent):
            return self._arrived(event.message)
        self._timeline.change(event)
        return True

    def _arrived(self, message: Message) -> bool:
        self._typists.ceased(message.from_)
        is_new = self._place(message)
        if self._catching_up is None:
            self._trim()
        return is_new

    def _place(self, message: Message) -> bool:
        """Put a message where it belongs; one of ours that was on its way has arrived. Returns whether nobody was told of it yet."""
        if message.from_ == self._me and message.cid is not None:
            self._outbox.arrived(message)
        put = self._timeline.put(message)
        if message.id in self._provisional:
            self._provisional.discard(message.id)
            return True
        return put is Put.NEW

    def _delivered(self, outgoing: Outgoing, id: str, seq: int) -> None:
        """Show what was acknowledged in its place; its event will replace it."""
        user = self._host.user
        if user is None or not id or self.get(id) is not None:
            return
        facts = {
            "id": id,
            "seq": seq,
            "changed": seq,
            "from": user.user,
            "name": user.name,
            "message": outgoing.text,
            "time": outgoing.time,
        }
        message = msgspec.convert({**self._where, **facts, "cid": outgoing.cid, **outgoing.rest}, Message)
        if self._timeline.put(message) is not Put.PASSED_OVER:
            self._provisional.add(id)

    def _trim(self) -> None:
        self._timeline.trim()
        self._provisional = {id for id in self._provisional if self._timeline.get(id) is not None}

    def _resume(self, page: Page) -> None:
        """Begin, or go on: with exactly what was missed, or else with the latest page."""
        if page.recovered:
            self._go_on(page)
            return
        is_first = self.epoch is None
        self._catching_up = None
        self._timeline.clear()
        self._provisional.clear()
        for message in page.messages:
            self._place(message)
        self._timeline.has_earlier = page.more
        self.head, self.epoch = page.head, page.epoch
        self._trim()
        if not is_first:
            self._publish(Reset(**_named(self._where)))

    def _go_on(self, page: Page) -> None:
        goes_on = page.more and len(page.messages) > 0
        heard = self._catching_up.head if self._catching_up is not None else 0
        found = [message for message in page.messages if self._place(message)]
        if goes_on:
            self.head = page.messages[-1].changed
            if self._catching_up is None:
                self._catching_up = _CatchingUp(page.head)
                self._host.start_soon(self._catch_up, self._catching_up)
        else:
            self._catching_up = None
            self.head = max(page.head, heard)
            self._trim()
        for message in found:
            self._publish(MessageEvent(**_named(self._where), message=message, recovered=True))

    async def _catch_up(self, mine: _CatchingUp) -> None:
        while self._catching_up is mine:
            try:
                page = await self.history(since=self.head, epoch=self.epoch, limit=CATCH_UP_LIMIT)
            except ClientError:
                if self._catching_up is mine and self._may_speak():
                    self.resync()  # else the next connection goes on from `head`
                return
            if self._catching_up is mine:
                self._resume(page)


def _named(where: dict[str, Any]) -> dict[str, Any]:
    return {"with_" if key == "with" else key: value for key, value in where.items()}
