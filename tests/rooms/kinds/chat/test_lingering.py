"""Which users whose connection was cut are missed in the end."""

from __future__ import annotations

from rooms.kinds.chat.lingering import Cut, Lingering

ADA, BOB = Cut("ada", "s1", 5.0), Cut("bob", "s2", 7.0)


def lingering(*cuts: Cut) -> Lingering:
    begun = Lingering()
    for cut in cuts:
        begun.begin(cut)
    return begun


def test_a_user_who_stays_away_is_missed_once_when_the_time_is_over():
    both = lingering(ADA, BOB)
    assert both.over(4.9) == []
    assert both.over(5.0) == [ADA]
    assert both.over(6.0) == []
    assert both.over(9.0) == [BOB]
    assert both.cuts == []


def test_a_user_who_came_back_is_not_missed_and_others_are():
    both = lingering(ADA, BOB)
    both.end("ada")
    assert both.over(9.0) == [BOB]


def test_each_cut_has_its_own_time():
    cut_again = lingering(ADA)
    cut_again.end("ada")
    cut_again.begin(ADA._replace(over_at=8.0))
    assert cut_again.over(5.0) == []
    assert len(cut_again.over(8.0)) == 1


def test_the_list_stays_the_same_so_that_whoever_counts_sees_every_change():
    both = lingering(ADA, BOB)
    counted = both.cuts
    both.end("ada")
    assert counted == [BOB]
