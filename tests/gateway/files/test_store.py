"""Where uploaded files lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.files.store import FileStore

NAME, FOLDER, FILE = "0" * 32, "ab" * 16, "cd" * 16


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    opened = FileStore(tmp_path)
    opened.open()
    return opened


def come(store: FileStore, content: bytes = b"content", name: str = NAME) -> None:
    with store.begin(name) as file:
        file.write(content)


def files(tmp_path: Path) -> list[str]:
    return sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())


def test_what_came_and_is_kept_can_be_read(store: FileStore, tmp_path: Path) -> None:
    come(store)
    store.keep(NAME, FOLDER, FILE)
    assert files(tmp_path) == [f"files/ab/{FOLDER}/{FILE}"]
    with store.read(FOLDER, FILE) as file:
        assert file.read() == b"content"


def test_nobody_else_may_read_it(store: FileStore, tmp_path: Path) -> None:
    come(store)
    assert store.incoming(NAME).stat().st_mode & 0o777 == 0o600
    store.keep(NAME, FOLDER, FILE)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "files" / "ab").rglob("*"))


def test_what_was_coming_is_gone_at_the_next_start_and_what_is_kept_is_not(store: FileStore, tmp_path: Path) -> None:
    come(store)
    store.keep(NAME, FOLDER, FILE)
    come(store)
    FileStore(tmp_path).open()
    assert files(tmp_path) == [f"files/ab/{FOLDER}/{FILE}"]
    come(store)


def test_a_name_is_nobody_else_s(store: FileStore) -> None:
    come(store)
    with pytest.raises(FileExistsError):
        store.begin(NAME)


def test_files_go_one_by_one_and_by_the_folder_and_twice_is_no_mistake(store: FileStore, tmp_path: Path) -> None:
    for digit in "123":
        come(store, name=digit * 32)
        store.keep(digit * 32, FOLDER, digit * 32)
    for _ in range(2):
        store.remove(FOLDER, ["1" * 32, "9" * 32])
        assert len(files(tmp_path)) == 2
    for _ in range(2):
        store.remove_folder(FOLDER)
        assert files(tmp_path) == []
    store.remove("ef" * 16, [FILE])
    store.drop(NAME)
    with pytest.raises(FileNotFoundError):
        store.read(FOLDER, FILE)


def test_who_reads_a_file_reads_it_to_its_end(store: FileStore) -> None:
    come(store)
    store.keep(NAME, FOLDER, FILE)
    with store.read(FOLDER, FILE) as file:
        store.remove(FOLDER, [FILE])
        assert file.read() == b"content"


@pytest.mark.parametrize("name", ["", "..", "../" + "0" * 32, "0" * 15, "0" * 65, "G" * 32, "0" * 31 + "/", "0" * 32 + "\n"])
def test_no_other_name_becomes_a_path(store: FileStore, name: str) -> None:
    for use in (store.incoming, lambda given: store.read(given, FILE), lambda given: store.read(FOLDER, given), store.remove_folder):
        with pytest.raises(ValueError, match="names no file of ours"):
            use(name)
