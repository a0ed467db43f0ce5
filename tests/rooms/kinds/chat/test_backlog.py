"""What a joiner is sent, decided without a room."""

from __future__ import annotations

import msgspec
import pytest

from rooms.kinds.chat.backlog import Page, Place, first_that_fit, last_that_fit, recovers

PLACE = Place(head=5_000, epoch="e", trimmed=4_200)


@pytest.mark.parametrize(
    ("since", "epoch", "recovered"),
    [
        (5_000, "e", True),
        (4_999, "e", True),
        (4_200, "e", True),
        (4_199, "e", False),  # trimmed
        (5_001, "e", False),  # past head
        (5_000, "other", False),
        (5_000, None, False),
        (None, "e", False),
    ],
)
def test_only_a_since_that_can_be_completed_exactly_recovers(since, epoch, recovered):
    assert recovers(PLACE, since, epoch, behind_max=1_000) is recovered


def test_more_than_the_allowed_number_behind_does_not_recover():
    untrimmed = PLACE._replace(trimmed=0)
    assert recovers(untrimmed, 4_000, "e", behind_max=1_000)
    assert not recovers(untrimmed, 3_999, "e", behind_max=1_000)


def messages(count: int) -> list[dict[str, object]]:
    return [{"seq": seq, "message": "x" * 100} for seq in range(count)]


def test_a_page_that_fits_is_sent_whole():
    page = Page(messages(3), more=False)
    assert first_that_fit(page, 10_000) is page
    assert last_that_fit(page, 10_000) is page


def test_a_page_forward_keeps_its_beginning_and_one_back_its_end():
    page = Page(messages(10), more=False)
    size_bytes = len(msgspec.json.encode(page.messages[:4]))
    assert first_that_fit(page, size_bytes) == Page(page.messages[:4], more=True)
    assert last_that_fit(page, size_bytes) == Page(page.messages[-4:], more=True)


def test_one_message_is_sent_however_large():
    page = Page(messages(2), more=False)
    assert first_that_fit(page, 10) == Page(page.messages[:1], more=True)
    assert last_that_fit(page, 10) == Page(page.messages[1:], more=True)


def test_an_empty_page_stays_empty():
    assert last_that_fit(Page([], more=True), -5) == Page([], more=True)
