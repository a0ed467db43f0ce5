"""Users without a token."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth.guests import Guests
from gateway.names import name_of

SECRET = b"s" * 32


def test_a_guest_is_new_each_time_and_may_enter_any_room() -> None:
    guests = Guests(SECRET, os.urandom)
    first, second = guests.welcome(), guests.welcome()
    assert first.user != second.user
    assert first.guest
    assert first.may_enter("rooms", "lobby")
    assert not first.may_moderate("rooms", "lobby")
    assert not first.admin
    assert first.expires_ms is None


def test_a_key_makes_the_same_guest_again_also_after_a_restart() -> None:
    first = Guests(SECRET, os.urandom).welcome("Ada", "key")
    again = Guests(SECRET, os.urandom).welcome("Bob", "key")
    assert first.user == again.user
    assert (first.name, again.name) == ("Ada", "Bob")


def test_another_key_or_another_server_makes_another_guest() -> None:
    users = {Guests(secret, os.urandom).welcome(key=key).user for secret in (SECRET, b"t" * 32) for key in ("a", "b", "")}
    assert len(users) == 6


@given(st.none() | st.text(max_size=80), st.none() | st.text(max_size=300))
def test_whatever_a_guest_says_its_user_is_a_name_that_starts_with_guest(name: str | None, key: str | None) -> None:
    guest = Guests(SECRET, os.urandom).welcome(name, key)
    assert re.fullmatch(r"guest-[a-z2-7]{16}", guest.user)
    assert name_of(guest.user) == guest.user
    assert 1 <= len(guest.name) <= 64


@pytest.mark.parametrize("name", [None, "", "  ", "a\u202eb", "x" * 65, "\ud800"])
def test_who_has_no_name_that_can_be_shown_is_called_by_its_user(name: str | None) -> None:
    guest = Guests(SECRET, os.urandom).welcome(name)
    assert guest.name == guest.user
