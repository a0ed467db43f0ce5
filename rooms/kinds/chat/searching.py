"""``search``: an index of the room's messages that follows them a little later, and what is found in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from rooms import Event, Refusal
from rooms.kinds.chat.backlog import Page, first_that_fit
from rooms.kinds.chat.recall import ENVELOPE_BYTES
from rooms.kinds.chat.words import HIT_BEGINS, HIT_ENDS, TOKENIZER, UNUSUAL, indexed, query_of, shown

if TYPE_CHECKING:
    from rooms import Connection
    from rooms.kinds.chat.events import Ref
    from rooms.kinds.chat.history import History
    from rooms.kinds.chat.requests import Search
    from rooms.kinds.chat.room import ChatRoom
    from storage import RoomStorage

DERIVED = (
    f'CREATE VIRTUAL TABLE derived_search USING fts5(body, tokenize="{TOKENIZER}")',
    "INSERT INTO derived_search(derived_search, rank) VALUES('secure-delete', 1)",
    "CREATE TABLE derived_search_state(head INTEGER NOT NULL, first INTEGER NOT NULL)",
    "INSERT INTO derived_search_state VALUES(0, 1)",
)

LIMIT = 20
RESULTS_MAX = 1_000
"""No further than this is paged."""
RANKED_MAX = 2_000
"""Of so many matches, the latest, the best are found: a word that everybody uses must not hold up the server."""
EVENTS_AT_ONCE = 250
EVENTS_A_SEARCH = 1_000
"""A search takes in what was said since the index followed last, but not for more than a hundredth of a second."""
TRIMMED_AT_ONCE = 25
"""What is trimmed is taken out of the index one by one, since each word is to leave the disk: half a millisecond each."""
_SNIPPET_WORDS = 16

_NOTHING_TO_FIND = Refusal("bad_message", "Invalid message format: query has no word to look for, or too many")
_NO_CURSOR = Refusal("bad_message", "Invalid message format: cursor is none that was given")
_CURSOR = re.compile(r"(\d{1,4})-(\d{1,16})")

_STATE = "SELECT head, first, (SELECT min(seq) FROM messages) FROM derived_search_state"
_SET_STATE = "UPDATE derived_search_state SET head = ?, first = ?"
_TRIMMED = "SELECT rowid FROM derived_search WHERE rowid < ? ORDER BY rowid LIMIT ?"
_IS_USUAL = "(octet_length(body) = length(body) AND instr(body, char(2)) = 0 AND instr(body, char(3)) = 0 OR NOT body GLOB ?3)"
"""GLOB takes 6 µs a message, a tenth of all that a message costs: plain ASCII is spared it."""
_ADD_USUAL = f"""INSERT OR REPLACE INTO derived_search(rowid, body) SELECT seq, body FROM messages
    WHERE seq > ?1 AND seq <= ?2 AND changed <= ?2 AND body != '' AND {_IS_USUAL}"""
_UNUSUAL = f"SELECT seq, body FROM messages WHERE seq > ?1 AND seq <= ?2 AND changed <= ?2 AND NOT {_IS_USUAL}"
_CHANGED = "SELECT seq, body FROM messages WHERE changed > seq AND changed > ?1 AND changed <= ?2 AND seq <= ?1"
_INDEXED = "SELECT body FROM derived_search WHERE rowid = ?"
_ADD = "INSERT OR REPLACE INTO derived_search(rowid, body) VALUES (?, ?)"
_REMOVE = "DELETE FROM derived_search WHERE rowid = ?"

_BEST = """SELECT seq FROM (
    SELECT rowid AS seq, bm25(derived_search) AS score FROM derived_search
    WHERE derived_search MATCH ?1 AND rowid <= ?2 ORDER BY rowid DESC LIMIT ?3
) ORDER BY score, seq DESC LIMIT ?4 OFFSET ?5"""
_SNIPPET = "SELECT snippet(derived_search, 0, ?3, ?4, '…', ?5) FROM derived_search WHERE derived_search MATCH ?1 AND rowid = ?2"


class _Place(NamedTuple):
    """Where a page of results begins: so many are before it, of the messages up to ``head``."""

    passed: int
    head: int


class SearchIndex:
    """Which words are in which message. ``derived_search_state`` keeps the seq of the last event that it has followed, and no message
    before ``first`` is in it: so a room that wakes need not open the index to find that nothing is lacking.

    The words of a message whose text is replaced or taken away leave it in the same turn, everything else follows later.
    """

    def __init__(self, storage: RoomStorage, history: History) -> None:
        self._storage = storage
        self._history = history

    def follow(self, events_max: int = EVENTS_AT_ONCE) -> bool:
        """Take in at most so many events, the oldest first. Whether there are more."""
        head = self._history.head
        for start, first, first_kept in self._storage.sql(_STATE):
            kept = first_kept or head + 1
            if start < head or first < kept:
                return self._follow(start, head, first, kept, events_max)
        return False

    def forget(self, seq: int) -> None:
        """The text of a message is no longer: neither is it here."""
        self._storage.sql(_REMOVE, seq)

    def best(self, query: str, place: _Place, limit: int) -> list[int]:
        """The seqs of those that match best, in order; of equally good ones the latest first."""
        return [seq for (seq,) in self._storage.sql(_BEST, query, place.head, RANKED_MAX, limit, place.passed)]

    def snippet(self, query: str, seq: int) -> str:
        """The part of a message that matches."""
        for (snippet,) in self._storage.sql(_SNIPPET, query, seq, HIT_BEGINS, HIT_ENDS, _SNIPPET_WORDS):
            return shown(snippet)
        return ""

    def _follow(self, start: int, head: int, first: int, kept: int, events_max: int) -> bool:
        if first < kept:
            first = self._trim(kept)
        after = max(start, kept - 1)
        through = min(head, after + events_max)
        if start < head:
            self._add_new(after, through)
            self._add_changed(start, after, through)
        self._storage.sql(_SET_STATE, max(start, through), first)
        return through < head or first < kept

    def _add_new(self, after: int, through: int) -> None:
        self._storage.sql(_ADD_USUAL, after, through, UNUSUAL)
        for seq, body in self._storage.sql(_UNUSUAL, after, through, UNUSUAL):
            self._storage.sql(_ADD, seq, indexed(body))

    def _add_changed(self, start: int, after: int, through: int) -> None:
        for seq, body in self._storage.sql(_CHANGED, start, through):
            if seq > after:
                continue
            known = self._storage.sql(_INDEXED, seq)
            text = indexed(body)
            if known == [(text,)]:
                continue
            if known:
                self._storage.sql(_REMOVE, seq)
            if text:
                self._storage.sql(_ADD, seq, text)

    def _trim(self, kept: int) -> int:
        """Take out what is not kept, a limited number at once. Before which seq nothing is left."""
        gone = [seq for (seq,) in self._storage.sql(_TRIMMED, kept, TRIMMED_AT_ONCE)]
        for seq in gone:
            self._storage.sql(_REMOVE, seq)
        return gone[-1] + 1 if len(gone) == TRIMMED_AT_ONCE else kept


def search(chat: ChatRoom, connection: Connection, request: Search, ref: Ref) -> Refusal | None:
    """Send the best matches. The index follows first, as far as it may be behind by a moment."""
    query = query_of(request.query)
    if query is None:
        return _NOTHING_TO_FIND
    place = _place(chat, request.cursor)
    if place is None:
        return _NO_CURSOR
    chat.index.follow(EVENTS_A_SEARCH)
    limit = min(LIMIT if request.limit is None else request.limit, RESULTS_MAX - place.passed)
    seqs = chat.index.best(query, place, limit + 1)
    found = [{**message, "snippet": chat.index.snippet(query, message["seq"])} for message in chat.pages.of(seqs[:limit])]
    page = first_that_fit(Page(found, more=len(seqs) > limit), chat.settings.page_bytes_max - ENVELOPE_BYTES)
    results: dict[str, Any] = {"room": chat.name, "query": request.query, "messages": page.messages}
    if page.more and page.messages:
        passed = place.passed + seqs.index(page.messages[-1]["seq"]) + 1
        if passed < RESULTS_MAX:
            results["cursor"] = f"{passed}-{place.head}"
    connection.send(Event("results", results, ref))
    return None


def _place(chat: ChatRoom, cursor: str | None) -> _Place | None:
    if cursor is None:
        return _Place(0, chat.history.head)
    match = _CURSOR.fullmatch(cursor)
    if match is None or int(match[1]) >= RESULTS_MAX:
        return None
    return _Place(int(match[1]), int(match[2]))
