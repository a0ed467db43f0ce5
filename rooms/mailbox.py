"""A room's bounded queue of mail. Pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rooms.mail import Mail
    from rooms.peer import Peer
    from rooms.refusal import Refusal


class Mailbox:
    """Mail that waits for a room, in order of arrival.

    Full (``messages_max``), it refuses what may be refused and takes what may not: closes, alarms, results of
    background work. Senders that cannot be refused are paused and resumed when half of it is free again.
    """

    __slots__ = ("_messages_max", "_paused", "mails")

    def __init__(self, messages_max: int) -> None:
        self._messages_max = messages_max
        self.mails: deque[Mail] = deque()
        self._paused: dict[Peer, None] | None = None

    def __len__(self) -> int:
        return len(self.mails)

    def post_nowait(self, mail: Mail) -> bool:
        """Take ``mail`` unless full. ``False``: it was not taken."""
        if len(self.mails) >= self._messages_max and not mail.always_fits:
            return False
        self.mails.append(mail)
        return True

    def post_from(self, mail: Mail, peer: Peer) -> None:
        """Take ``mail``; when that fills the mailbox, its sender is paused."""
        self.mails.append(mail)
        if len(self.mails) >= self._messages_max:
            self._pause(peer)

    def put_back(self, mails: deque[Mail]) -> None:
        """Return mail that was taken but not handled to the front."""
        self.mails.extendleft(reversed(mails))

    def take(self, mails_max: int) -> deque[Mail]:
        """The oldest mail, at most ``mails_max``; empty when there is none. Paused senders may be resumed."""
        mails = self.mails
        if len(mails) <= mails_max:
            batch = mails
            self.mails = deque()
        else:
            batch = deque([mails.popleft() for _ in range(mails_max)])
        if self._paused is not None and len(self.mails) <= self._messages_max // 2:
            self.resume_all()
        return batch

    def refuse(self, refusal: Refusal) -> None:
        """Refuse all that may be refused."""
        mails = self.take(len(self.mails))
        self.put_back(deque(mail for mail in mails if mail.always_fits))
        for mail in mails:
            if not mail.always_fits:
                mail.refused(refusal)

    def resume_all(self) -> None:
        """Let every paused sender go on."""
        paused, self._paused = self._paused, None
        for peer in paused or ():
            peer.resume()

    def _pause(self, peer: Peer) -> None:
        if self._paused is None:
            self._paused = {}
        if peer not in self._paused:
            self._paused[peer] = None
            peer.pause()
