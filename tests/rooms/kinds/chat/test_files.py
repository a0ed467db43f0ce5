"""Which files a room knows, which message shows them, and when they go. The bytes lie in a store that remembers what was removed."""

from __future__ import annotations

import pytest
import trio

from rooms import Identity, RuntimeSettings
from rooms.kinds.chat import ChatRoom, ChatSettings
from rooms.kinds.chat.files import RETRY_SECONDS, UNSENT_MAX
from rooms.testing import open_harness
from tests.rooms.kinds.chat.conftest import Lobby

ADA = {"user": "ada", "name": "Ada"}
BOB = {"user": "bob", "name": "Bob"}
UPLOAD = {"name": "a.txt", "type": "text/plain", "size": 100, "width": None, "height": None}
HOUR = 60 * 60
ROOT = Identity("root", "Root", admin=True)


class Store:
    """Remembers; may fail."""

    def __init__(self) -> None:
        self.removed: list[tuple[str, str]] = []
        self.is_broken = False

    def remove(self, folder, ids):
        if self.is_broken:
            raise OSError("the disk would not")
        self.removed += [(folder, file_id) for file_id in ids]


@pytest.fixture
def store():
    return Store()


@pytest.fixture
async def lobby(tmp_path, store):
    limits = ChatSettings(room_files_max=5, room_files_bytes_max=1_000, history_messages_max=10)
    room_class = type("ChatRoom", (ChatRoom,), {"settings": limits, "file_store": store})
    async with open_harness({"rooms": room_class}, data=tmp_path, settings=RuntimeSettings(retire_seconds=900)) as harness:
        yield Lobby(harness)


@pytest.fixture
def calls(lobby):
    return lobby.harness.stub("lobby")


async def added(calls, identity=ADA, **changes):
    answer = await calls.add_file(identity, {**UPLOAD, **changes})
    assert "error" not in answer, answer
    return answer["file"]["id"]


async def error(call):
    return (await call)["error"]["code"]


async def test_a_message_shows_its_sender_s_files_to_everybody_now_and_later(lobby, calls):
    bob = await lobby.join("bob")
    first, second = await added(calls, name="1.txt"), await added(calls, name="2.png", type="image/png", width=4, height=3)
    await calls.publish(ADA, "Ada", {"message": "look", "files": [second, first]})
    [message] = bob.hear("message")
    assert message["files"] == [second, first]
    assert message["attachments"] == [
        {"id": second, "name": "2.png", "type": "image/png", "size": 100, "width": 4, "height": 3},
        {"id": first, "name": "1.txt", "type": "text/plain", "size": 100},
    ]
    [later] = (await bob.history())["messages"]
    assert later == message
    [joined] = (await lobby.join("eve")).hear("joined")
    assert joined["history"] == [message]


async def test_before_a_message_shows_it_a_file_is_its_uploader_s_alone(calls):
    file = await added(calls)
    assert (await calls.file(ADA, file))["file"]["name"] == "a.txt"
    assert await error(calls.file(BOB, file)) == "not_found"
    await calls.publish(ADA, "Ada", {"message": "x", "files": [file]})
    assert (await calls.file(BOB, file))["file"]["name"] == "a.txt"
    assert await error(calls.file(BOB, "another")) == "not_found"


async def test_files_of_others_and_files_in_a_message_cannot_be_shown(lobby, calls):
    ada = await lobby.join("ada")
    file, bobs = await added(calls), await added(calls, BOB)
    assert (await ada.ask("message", message="x", files=[bobs])).code == "not_found"
    assert (await ada.ask("message", message="x", files=[file, file])).code == "conflict"
    assert (await ada.ask("message", message="x", files=[file, "nothing"])).code == "not_found"
    await ada.say("mine", files=[file])
    assert (await ada.ask("message", message="x", files=[file])).code == "conflict"
    assert (await ada.history())["head"] == 1


async def test_a_deleted_message_takes_its_files_with_it(lobby, calls, store):
    ada = await lobby.join("ada")
    files = [await added(calls), await added(calls)]
    said = await ada.say("look", files=files)
    folder = (await calls.file(ADA, files[0]))["folder"]
    await ada.ask("delete", id=said["id"])
    assert await error(calls.file(ADA, files[0])) == "not_found"
    await lobby.harness.settle()
    assert sorted(store.removed) == sorted((folder, file) for file in files)


async def test_what_is_trimmed_takes_its_files_with_it(lobby, calls, store):
    ada = await lobby.join("ada")
    file = await added(calls)
    await ada.say("look", files=[file])
    for n in range(12):
        await ada.say(str(n))
    await trio.sleep(5)
    assert [gone for _, gone in store.removed] == [file]
    assert await error(calls.file(ADA, file)) == "not_found"


async def test_a_file_that_no_message_shows_goes_after_an_hour_and_no_other(lobby, calls, store):
    shown, unsent = await added(calls), await added(calls)
    await calls.publish(ADA, "Ada", {"message": "x", "files": [shown]})
    await trio.sleep(HOUR / 2)
    later = await added(calls)
    await trio.sleep(HOUR / 2 + 5)
    assert [gone for _, gone in store.removed] == [unsent]
    await trio.sleep(HOUR)
    assert [gone for _, gone in store.removed] == [unsent, later]
    assert (await calls.file(ADA, shown))["file"]["id"] == shown


async def test_files_that_could_not_be_removed_are_removed_later(lobby, calls, store):
    lobby.may_fail = True
    ada = await lobby.join("ada")
    file = await added(calls)
    said = await ada.say("look", files=[file])
    store.is_broken = True
    await ada.ask("delete", id=said["id"])
    await trio.sleep(3 * RETRY_SECONDS)
    assert store.removed == []
    store.is_broken = False
    await trio.sleep(2 * RETRY_SECONDS)
    assert [gone for _, gone in store.removed] == [file]
    await trio.sleep(5 * RETRY_SECONDS)
    assert len(store.removed) == 1


async def test_a_crash_before_files_were_removed_is_made_good(lobby, calls, store):
    ada = await lobby.join("ada")
    file = await added(calls)
    said = await ada.say("look", files=[file])
    store.is_broken = True
    lobby.may_fail = True
    await ada.ask("delete", id=said["id"])
    await lobby.crash()
    store.is_broken = False
    await trio.sleep(2 * RETRY_SECONDS)
    assert [gone for _, gone in store.removed] == [file]


async def test_a_room_takes_so_many_files_and_so_many_bytes(calls, store):
    for _ in range(2):
        await added(calls, size=450)
    assert await error(calls.add_file(ADA, {**UPLOAD, "size": 101})) == "storage_full"
    assert await error(calls.may_upload(ADA, 101)) == "storage_full"
    assert await calls.may_upload(ADA, 100) is None
    for _ in range(3):
        await added(calls, size=1)
    assert await error(calls.add_file(ADA, {**UPLOAD, "size": 1})) == "storage_full"
    await trio.sleep(HOUR + 5)
    assert len(store.removed) == 5
    await added(calls, size=1_000)


async def test_a_user_cannot_fill_the_room_with_what_no_message_shows(tmp_path):
    async with open_harness({"rooms": ChatRoom}, data=tmp_path) as harness:
        calls = harness.stub("lobby")
        for _ in range(UNSENT_MAX):
            await added(calls)
        assert await error(calls.add_file(ADA, UPLOAD)) == "too_large"
        await added(calls, BOB)


async def test_the_muted_and_the_banned_upload_nothing(lobby, calls):
    file = await added(calls)
    await calls.publish(ADA, "Ada", {"message": "x", "files": [file]})
    owner = await lobby.join_as(ROOT)
    await owner.ask("mute", user="bob")
    assert await error(calls.add_file(BOB, UPLOAD)) == "muted"
    assert "error" not in await calls.file(BOB, file)
    await owner.ask("ban", user="bob")
    assert await error(calls.add_file(BOB, UPLOAD)) == "banned"
    assert await error(calls.file(BOB, file)) == "banned"


async def test_another_history_has_another_folder(calls):
    root = {"user": "root", "name": "Root", "admin": True}
    await added(calls)
    first = await calls.ending(root)
    await calls.end(first["folder"])
    await added(calls)
    second = await calls.ending(root)
    assert first["folder"] != second["folder"]
    assert (await calls.ending(root))["folder"] == second["folder"]
