"""Who is connected."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.session.registry import NOBODY, Registry
from rooms import Identity


class Entered:
    """A session of which only the registry's view exists."""

    def __init__(self, id: str, user: str | None = None, token_id: str | None = None) -> None:
        self.id = id
        self.identity = NOBODY if user is None else Identity(user, user, token_id=token_id)
        self.closed: tuple[int, str] | None = None

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)


def test_places_are_bounded_and_come_back() -> None:
    registry = Registry(2, 10)
    assert registry.take_place() is None
    assert registry.take_place() is None
    refused = registry.take_place()
    assert refused is not None
    assert refused.code == "overloaded"
    assert len(registry) == 2
    registry.give_back_place()
    assert registry.take_place() is None


def test_a_user_may_have_so_many_sockets() -> None:
    registry = Registry(10, 2)
    sessions = [Entered("1", "a"), Entered("2", "a")]
    for session in sessions:
        assert registry.full_for("a") is None
        registry.enter(session)
    assert registry.full_for("a") is not None
    assert registry.full_for("b") is None
    registry.leave(sessions[0])
    assert registry.full_for("a") is None


def test_who_says_later_who_it_is_moves_to_its_user() -> None:
    registry = Registry(10, 10)
    session = Entered("1")
    registry.enter(session)
    assert list(registry.all()) == [session]
    registry.leave(session)
    session.identity = Identity("a", "a")
    registry.enter(session)
    assert registry.of_user("a") == [session]
    assert list(registry.all()) == [session]


def test_entering_twice_counts_once() -> None:
    registry = Registry(10, 10)
    session = Entered("1", "a")
    registry.enter(session)
    registry.enter(session)
    assert registry.of_user("a") == [session]


def test_leaving_without_being_in_does_nothing() -> None:
    registry = Registry(10, 10)
    registry.enter(Entered("1", "a"))
    registry.leave(Entered("2", "a"))
    registry.leave(Entered("3", "b"))
    registry.leave(Entered("4"))
    assert len(registry.of_user("a")) == 1


def test_users_sessions_and_tokens_can_be_disconnected() -> None:
    registry = Registry(10, 10)
    sessions = [Entered("1", "a", "t1"), Entered("2", "a", "t2"), Entered("3", "b", "t1"), Entered("4")]
    for session in sessions:
        registry.enter(session)
    assert registry.disconnect_session("4", 4403, "x") == 1
    assert registry.disconnect_session("5", 4403, "x") == 0
    assert registry.disconnect_token("t1", 4401, "revoked") == 2
    assert [session.closed for session in sessions] == [(4401, "revoked"), None, (4401, "revoked"), (4403, "x")]
    assert registry.disconnect_user("a", 4403, "out") == 2
    assert sessions[1].closed == (4403, "out")
    assert registry.disconnect_user("nobody", 4403, "out") == 0


def test_who_leaves_while_all_are_closed_is_not_in_the_way() -> None:
    registry = Registry(10, 10)

    class Leaving(Entered):
        def close(self, code: int, reason: str) -> None:
            super().close(code, reason)
            registry.leave(self)

    sessions = [Leaving(str(i), f"user-{i % 3}") for i in range(9)]
    for session in sessions:
        registry.enter(session)
    for session in registry.all():
        session.close(1012, "")
    assert all(session.closed for session in sessions)
    assert list(registry.all()) == []


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 7))))
def test_it_knows_exactly_who_is_in(steps: list[tuple[bool, int]]) -> None:
    registry = Registry(100, 100)
    sessions = [Entered(str(i), None if i == 7 else f"user-{i % 3}") for i in range(8)]
    inside: set[int] = set()
    for enters, i in steps:
        (registry.enter if enters else registry.leave)(sessions[i])
        (inside.add if enters else inside.discard)(i)
        assert {session.id for session in registry.all()} == {str(i) for i in inside}
