"""The limits of a chat room."""

from __future__ import annotations

import pytest

from rooms.kinds.chat.settings import ChatSettings


@pytest.mark.parametrize("wrong", [{"history_messages_max": 0}, {"history_days_max": -1}, {"page_bytes_max": 10}])
def test_a_limit_that_no_room_could_keep_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ChatSettings(**wrong)
