"""A private conversation with one user, as a client sees it."""

from __future__ import annotations

from msgspec.structs import replace

from rooms.client.errors import ClientError
from rooms.client.events import Blocked, Event, MessageEvent, Read
from rooms.client.host import Host
from rooms.client.messages import KnownConversation, Message, Page
from rooms.client.talk import Talk


class Conversation(Talk):
    """Made by ``client.private(user)``. What is said in it comes by itself; ``open`` also loads what was said before."""

    def __init__(self, host: Host, user: str) -> None:
        super().__init__(host, "private", {"with": user}, {"to": user})
        self.user = user
        self._known = KnownConversation(with_=user)  # as `hello` said, and what came since
        self._is_resyncing = False

    @property
    def unread(self) -> int:
        """Messages of the other that were not read yet."""
        return self._known.unread if self.epoch is None else super().unread

    @property
    def is_blocked(self) -> bool:
        """Whether this user wants nothing from the other."""
        return self._known.blocked

    @property
    def last(self) -> Message | None:
        """The newest message, as far as anything is known of the conversation."""
        return self.messages[-1] if self.messages else self._known.last

    async def open(self, limit: int = 50) -> Conversation:
        """Load the latest page. What is missed from then on is caught up."""
        if self.epoch is None:
            page = await self.history(limit=limit)
            for user, seq in page.reads.items():
                self._reads.heard(Read(user=user, seq=seq))
            if self.epoch is None:
                self._begin(page)
        return self

    def _begin(self, page: Page) -> None:
        theirs = [message.seq for message in page.messages if message.from_ == self.user]
        unread = min(self._known.unread, len(theirs))
        if self.last_read == 0:
            self._read_from = theirs[-unread] - 1 if unread else page.head
        self._timeline.clear()
        self._resume(page)

    def told(self, known: KnownConversation) -> None:
        """``hello`` said what there is."""
        self._known = known

    def reconnected(self) -> None:
        """There is a connection again: what was missed?"""
        self.resync()

    def resync(self) -> None:
        """Ask for what was missed, if anything was ever seen."""
        if self.epoch is not None and not self._is_resyncing:
            self._is_resyncing = True
            self._host.start_soon(self._resync)

    async def _resync(self) -> None:
        try:
            self._resume(await self.history(since=self.head, epoch=self.epoch))
        except ClientError:
            pass  # the next connection asks again
        finally:
            self._is_resyncing = False

    def take(self, event: Event) -> None:
        """Something happened in the conversation."""
        if isinstance(event, Read) and event.user == self._me and event.seq >= self._known.head:
            self._known = replace(self._known, unread=0)  # read on another socket
        if isinstance(event, Blocked):
            self._known = replace(self._known, blocked=event.on)
        if isinstance(event, MessageEvent) and self.epoch is None:
            self._unopened(event)
        else:
            super().take(event)

    def _unopened(self, event: MessageEvent) -> None:
        is_new = self._place(event.message)
        self._timeline.has_earlier = True
        self._trim()
        if event.message.seq > self._known.head:  # else `hello` has counted it
            is_theirs = event.message.from_ == self.user != self._me
            self._known = replace(self._known, head=event.message.seq, unread=self._known.unread + is_theirs)
        if is_new:
            self._publish(event)

    def _may_speak(self) -> bool:
        return self._host.is_open

    def _check_may_queue(self) -> None:
        """One may always write to somebody."""
