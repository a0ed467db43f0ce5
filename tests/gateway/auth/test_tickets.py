"""Tickets: once, soon, and as their maker."""

from __future__ import annotations

from itertools import count

from gateway.auth.tickets import TICKET_SECONDS, TICKETS_MAX, TICKETS_PER_USER_MAX, Tickets
from rooms import Identity

ADA = Identity("ada", "Ada", ("lobby",), expires_ms=5, sign_in="s")


class Desk:
    def __init__(self) -> None:
        self.seconds = 0.0
        numbers = count()
        self.tickets = Tickets(lambda: self.seconds, lambda: f"ticket-{next(numbers)}")


def test_a_ticket_is_good_once_and_is_its_maker() -> None:
    tickets = Desk().tickets
    ticket = tickets.issue(ADA)
    assert tickets.take(ticket) == ADA
    assert tickets.take(ticket) is None
    assert tickets.take("never issued") is None


def test_a_ticket_is_good_for_half_a_minute() -> None:
    desk = Desk()
    first, second = desk.tickets.issue(ADA), desk.tickets.issue(ADA)
    desk.seconds = TICKET_SECONDS - 0.1
    assert desk.tickets.take(first) is not None
    desk.seconds = TICKET_SECONDS
    assert desk.tickets.take(second) is None
    assert len(desk.tickets) == 0


def test_one_user_s_tickets_push_out_their_own_oldest_only() -> None:
    tickets = Desk().tickets
    bobs = tickets.issue(Identity("bob", "Bob"))
    adas = [tickets.issue(ADA) for _ in range(TICKETS_PER_USER_MAX + 1)]
    assert tickets.take(adas[0]) is None
    assert tickets.take(adas[1]) is not None
    assert tickets.take(bobs) is not None


def test_there_are_never_more_than_so_many() -> None:
    tickets = Desk().tickets
    first = tickets.issue(ADA)
    for number in range(TICKETS_MAX):
        tickets.issue(Identity(f"user-{number}", "x"))
    assert len(tickets) == TICKETS_MAX
    assert tickets.take(first) is None
