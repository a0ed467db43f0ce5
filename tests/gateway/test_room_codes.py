"""The names of rooms that users make."""

from __future__ import annotations

from uuid import UUID

from gateway.room_codes import RoomCodes, is_code


def test_every_new_code_is_another_random_uuid() -> None:
    codes = RoomCodes(b"s" * 32)
    made = {codes.new() for _ in range(100)}
    assert len(made) == 100
    assert all(is_code(code) and UUID(code).version == 4 for code in made)


def test_a_key_gives_the_same_code_to_the_same_user_and_secret_only() -> None:
    codes = RoomCodes(b"s" * 32)
    code = codes.of_key("ada", "k")
    assert is_code(code)
    assert codes.of_key("ada", "k") == code
    others = {codes.of_key("ada", "l"), codes.of_key("bob", "k"), codes.of_key("ada k", ""), RoomCodes(b"t" * 32).of_key("ada", "k")}
    assert len(others | {code}) == 5


def test_other_names_are_no_codes() -> None:
    assert not any(map(is_code, ("lobby", "", "6F1C0B9E-5A0D-4F0E-9A57-0D2B1B0C7E11", "6f1c0b9e5a0d4f0e9a570d2b1b0c7e11", "x" * 36)))
