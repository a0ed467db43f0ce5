"""``history``, and the backlog of ``joined``: which messages answer a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rooms import Event, Refusal
from rooms.kinds.chat.backlog import Page, first_that_fit, last_that_fit, recovers
from rooms.kinds.chat.pages import Range
from rooms.kinds.chat.refusals import MESSAGE_NOT_FOUND
from rooms.kinds.chat.requests import SAFE_INTEGER

if TYPE_CHECKING:
    from rooms import Connection
    from rooms.kinds.chat.events import Ref
    from rooms.kinds.chat.requests import Join, ReadHistory
    from rooms.kinds.chat.talk import Talk

LIMIT = 50
ENVELOPE_BYTES = 1024


class Backlog(NamedTuple):
    """What somebody who comes (back) is sent: a page, and whether it is exactly what was missed."""

    page: Page
    recovered: bool


def history(chat: Talk, connection: Connection, request: ReadHistory, ref: Ref) -> Refusal | None:
    """Send a page of the history, of one thread or of what is pinned."""
    found = answer(chat, request)
    if isinstance(found, Refusal):
        return found
    chat.answer(connection, Event("history", found, ref))
    return None


def answer(chat: Talk, request: ReadHistory) -> dict[str, Any] | Refusal:
    """What ``history`` answers."""
    place = chat.history.place
    facts: dict[str, Any] = {"room": chat.name, "head": place.head, "epoch": place.epoch}
    if request.since is not None:
        page, facts["recovered"] = backlog(chat, request, chat.settings.page_bytes_max - ENVELOPE_BYTES)
    else:
        asked = _asked(chat, request)
        if asked is None:
            return MESSAGE_NOT_FOUND
        fit = last_that_fit if request.after is None else first_that_fit
        page = fit(asked, chat.settings.page_bytes_max - ENVELOPE_BYTES)
    return {**facts, "messages": page.messages, "more": page.more}


def backlog(chat: Talk, request: Join | ReadHistory, size_bytes: int) -> Backlog:
    """Everything that was missed since ``since``, or else the latest page; ``more`` if it was cut short."""
    behind_max = chat.settings.recovery_messages_max
    since = request.since
    if since is not None and recovers(chat.history.place, since, request.epoch, behind_max):
        limit = behind_max if request.limit is None else request.limit
        return Backlog(first_that_fit(chat.pages.changed_since(since, limit), size_bytes), recovered=True)
    return Backlog(last_that_fit(chat.pages.between(Range(), _limit(request)), size_bytes), recovered=False)


def _asked(chat: Talk, request: ReadHistory) -> Page | None:
    among = Range(
        after=-1 if request.after is None else request.after,
        before=SAFE_INTEGER + 1 if request.before is None else request.before,
        forward=request.after is not None,
    )
    limit = _limit(request)
    if request.thread is not None:
        return _thread(chat, request.thread, among, limit)
    if request.pinned:
        return chat.pages.pinned(among, limit)
    return chat.pages.between(among, limit)


def _thread(chat: Talk, message_id: str, among: Range, limit: int) -> Page | None:
    """The thread of any message of it; by its first message also when that was trimmed and replies are left."""
    message = chat.history.find(message_id)
    if message is not None:
        return chat.pages.thread(message.thread or message.id, among, limit)
    rest = chat.pages.thread(message_id, among, limit)
    return rest if rest.messages or rest.more else None


def _limit(request: Join | ReadHistory) -> int:
    return LIMIT if request.limit is None else request.limit
