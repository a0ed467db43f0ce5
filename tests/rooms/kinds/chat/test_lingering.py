"""Whether a user whose connection was cut is missed in the end."""

from __future__ import annotations

from rooms.kinds.chat.lingering import Lingering


def test_a_user_who_stays_away_is_missed():
    lingering = Lingering()
    lingering.begin("ada", "1")
    assert lingering.over("ada", "1")


def test_a_user_who_came_back_is_not_missed():
    lingering = Lingering()
    lingering.begin("ada", "1")
    lingering.returned("ada")
    assert not lingering.over("ada", "1")


def test_each_cut_connection_has_its_own_time():
    lingering = Lingering()
    lingering.begin("ada", "1")
    lingering.returned("ada")
    lingering.begin("ada", "2")
    assert not lingering.over("ada", "1")
    assert lingering.over("ada", "2")


def test_whoever_comes_back_between_two_cuts_is_missed_for_neither():
    lingering = Lingering()
    lingering.begin("ada", "1")
    lingering.returned("ada")
    lingering.begin("ada", "2")
    lingering.returned("ada")
    assert not lingering.over("ada", "1")
    assert not lingering.over("ada", "2")


def test_after_memory_was_lost_a_user_is_rather_missed_than_kept_for_ever():
    assert Lingering().over("ada", "1")


def test_users_do_not_come_back_for_one_another():
    lingering = Lingering()
    lingering.begin("ada", "1")
    lingering.returned("bob")
    assert lingering.over("ada", "1")
