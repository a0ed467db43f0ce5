"""How often a password may be tried, and by whom."""

from __future__ import annotations

import pytest

from gateway.auth.attempts import ACCOUNTS_AT_ADDRESS, PASSWORDS_AT_ADDRESS, PASSWORDS_OF_USER_AT_ADDRESS, Attempts, network_of

HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


class Time:
    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def tried(attempts: Attempts, user: str, host: str, times: int) -> list[bool]:
    return [attempts.begin(user, host) is None for _ in range(times)]


def test_a_user_s_password_may_be_tried_ten_times_from_one_address() -> None:
    now = Time()
    attempts = Attempts(now)
    assert tried(attempts, "ada", HERE, 12) == [True] * 10 + [False] * 2
    wait_ms = attempts.begin("ada", HERE)
    assert wait_ms is not None
    assert 1_000 < wait_ms <= 1_000 / PASSWORDS_OF_USER_AT_ADDRESS.per_second + 1
    assert attempts.begin("ada", ELSEWHERE) is None
    assert attempts.begin("bob", HERE) is None
    now.seconds += wait_ms / 1000
    assert tried(attempts, "ada", HERE, 2) == [True, False]


def test_who_was_right_begins_anew() -> None:
    attempts = Attempts(Time())
    tried(attempts, "ada", HERE, 10)
    attempts.was_right("ada", HERE)
    assert tried(attempts, "ada", HERE, 11) == [True] * 10 + [False]


def test_being_right_about_one_s_own_account_does_not_help_to_guess_others() -> None:
    attempts = Attempts(Time())
    for number in range(PASSWORDS_AT_ADDRESS.burst):
        assert attempts.begin(f"victim-{number}", HERE) is None
    attempts.begin("own", ELSEWHERE)
    attempts.was_right("own", ELSEWHERE)
    assert attempts.begin("own", HERE) is not None


def test_one_address_tries_many_users_only_so_often() -> None:
    attempts = Attempts(Time())
    allowed = sum(attempts.begin(f"user-{number}", HERE) is None for number in range(200))
    assert allowed == PASSWORDS_AT_ADDRESS.burst


def test_accounts_are_made_only_so_often() -> None:
    attempts = Attempts(Time())
    assert sum(attempts.account(HERE) is None for _ in range(100)) == ACCOUNTS_AT_ADDRESS.burst
    assert attempts.account(ELSEWHERE) is None


def test_switched_off_nothing_is_refused() -> None:
    attempts = Attempts(Time(), switched_on=False)
    assert all(tried(attempts, "ada", HERE, 500))
    assert all(attempts.account(HERE) is None for _ in range(100))


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unix", "unix"),
    ],
)
def test_addresses_that_one_stranger_has_count_as_one(host: str, network: str) -> None:
    assert network_of(host) == network
