"""The mailbox: bounded, in order, and with room for what may not be lost."""

from __future__ import annotations

from typing import Any

from rooms.mailbox import Mailbox


class Letter:
    def __init__(self, text: str, always_fits: bool = False) -> None:
        self.text = text
        self.always_fits = always_fits


class Sender:
    paused = 0
    resumed = 0

    def pause(self) -> None:
        self.paused += 1

    def resume(self) -> None:
        self.resumed += 1


def letters(count: int) -> list[Any]:
    return [Letter(str(number)) for number in range(count)]


def texts(batch: Any) -> list[str]:
    return [letter.text for letter in batch]


def test_the_whole_batch_is_taken_at_once_in_order():
    mailbox = Mailbox(10)
    for letter in letters(3):
        mailbox.post_nowait(letter)

    assert texts(mailbox.take(100)) == ["0", "1", "2"]
    assert len(mailbox) == 0


def test_a_batch_is_never_larger_than_asked_for():
    mailbox = Mailbox(10)
    for letter in letters(5):
        mailbox.post_nowait(letter)

    assert texts(mailbox.take(2)) == ["0", "1"]
    assert texts(mailbox.take(2)) == ["2", "3"]


def test_a_full_mailbox_refuses_messages_but_never_closes_or_alarms():
    mailbox = Mailbox(2)
    for letter in letters(2):
        assert mailbox.post_nowait(letter)

    assert not mailbox.post_nowait(Letter("too much"))  # type: ignore[arg-type]
    assert mailbox.post_nowait(Letter("close", always_fits=True))  # type: ignore[arg-type]
    assert texts(mailbox.take(10)) == ["0", "1", "close"]


def test_a_sender_that_cannot_be_refused_is_paused_once_and_resumed_when_half_is_free():
    mailbox, sender = Mailbox(4), Sender()
    for letter in letters(6):
        mailbox.post_from(letter, sender)  # type: ignore[arg-type]
    assert sender.paused == 1

    mailbox.take(3)
    assert sender.resumed == 0
    mailbox.take(2)
    assert sender.resumed == 1


def test_what_is_put_back_comes_first():
    mailbox = Mailbox(10)
    for letter in letters(3):
        mailbox.post_nowait(letter)
    batch = mailbox.take(2)

    mailbox.put_back(batch)

    assert texts(mailbox.take(10)) == ["0", "1", "2"]
