"""Pure. Identifiers of messages: opaque to everybody else, to the room they tell the message's seq.

So a message is found by its id without an index over ids, which every message would have to pay for: a third of what storing
one costs. An id sorts by time and, with its first 24 characters, differs from those of other rooms.
"""

from __future__ import annotations

_UNIQUE_CHARACTERS = 24
_SEQ_CHARACTERS = 8


def message_id(unique: str, seq: int) -> str:
    """The id of the message ``seq``; ``unique`` is an identifier that sorts by time."""
    return f"{unique[:_UNIQUE_CHARACTERS]}{seq:08x}"


def seq_of(id: str) -> int:
    """The seq of the message that has this id, if there is one; of what is no id, 0."""
    try:
        return int(id[-_SEQ_CHARACTERS:], 16)
    except ValueError:
        return 0
