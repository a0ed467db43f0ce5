"""Passwords: kept as argon2id, checked as typed, and in the same way whether there is one or not."""

from __future__ import annotations

from argon2 import PasswordHasher

from gateway.auth.passwords import Passwords

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_a_password_is_kept_as_argon2id_with_a_salt_of_its_own() -> None:
    passwords = Passwords(QUICK)
    one, two = await passwords.hash("correct horse"), await passwords.hash("correct horse")
    assert one.startswith("$argon2id$v=19$")
    assert one != two
    assert await passwords.matches(one, "correct horse")
    assert not await passwords.matches(one, "correct horsf")


async def test_letters_are_the_same_however_a_keyboard_composes_them() -> None:
    passwords = Passwords(QUICK)
    assert await passwords.matches(await passwords.hash("gr\u00fcn und blau"), "gru\u0308n und blau")


async def test_without_an_account_nothing_matches_and_as_much_is_computed() -> None:
    computed: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            computed.append(str(hash))
            return super().verify(hash, password)

    passwords = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    kept = await passwords.hash("correct horse")
    assert not await passwords.matches(None, "correct horse")
    assert not await passwords.matches(kept, "wrong horse")
    nobodys, ours = computed
    assert nobodys.split("$")[:4] == ours.split("$")[:4]  # the same algorithm, version and price
    assert [len(part) for part in nobodys.split("$")] == [len(part) for part in ours.split("$")]


async def test_a_damaged_hash_matches_nothing() -> None:
    for kept in ("x", "$argon2id$v=19$m=8,t=1,p=1$AAAA", "$argon2id$"):
        assert not await Passwords(QUICK).matches(kept, "correct horse")


async def test_a_hash_with_other_parameters_is_outdated() -> None:
    kept = await Passwords(QUICK).hash("correct horse")
    assert not Passwords(QUICK).is_outdated(kept)
    assert Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)).is_outdated(kept)
