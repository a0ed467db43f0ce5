"""What happens between two users, and how their rooms hear of it: at least once, in effect once, over crashes and sleep."""

from __future__ import annotations

import trio

from rooms import ConnectRequest, Envelope, Refusal, State
from rooms.kinds.directory import DIRECTORY
from rooms.kinds.private import REQUESTS, Open
from rooms.kinds.users import PRIVATE, USERS, conversation_of
from rooms.kinds.users.line import MISSED_MESSAGES_MAX
from tests.rooms.kinds.private.conftest import Line, Town


async def test_a_message_comes_by_every_line_of_both_after_the_ack(town: Town) -> None:
    lines = [await town.line("ada"), await town.line("ada"), await town.line("bob")]
    ack = await town.say("ada", "bob", "hello", cid="c1")
    assert ack == {"with": "bob", "id": ack["id"], "seq": 1, "cid": "c1"}
    for line in lines:
        (event,) = line.hear()
        assert (event.type, event.ref) == ("private", None)
        assert event.data["from"] == "ada"
        assert event.data["to"] == "bob"
        assert "room" not in event.data


async def test_a_cycle_of_asks_cannot_happen_however_both_write_at_once(town: Town) -> None:
    """Both come online while both write: rooms of users ask conversations, and those only tell."""
    ada, bob = await town.conversation("ada", "bob"), await town.conversation("bob", "ada")
    for number in range(20):
        ada.post(private(f"a{number}"))
        bob.post(private(f"b{number}"))
        if number % 5 == 0:
            lines = [await town.line("ada"), await town.line("bob")]
    await town.harness.settle()
    for line in lines:
        assert line.said()[-1] == "b19"
    assert not ada.failures + bob.failures


async def test_what_reached_no_line_comes_behind_the_next_welcome_once(town: Town) -> None:
    await town.say("ada", "bob", "one")
    await town.say("ada", "bob", "two")
    line = await town.line("bob")
    assert [entry["unread"] for entry in line.welcome] == [2]
    assert line.said() == ["one", "two"]
    assert (await town.line("bob")).said() == []


async def test_what_was_said_meanwhile_comes_behind_what_was_missed(town: Town) -> None:
    """The line is catching up while more is said: in order, none missing, none twice."""
    for number in range(5):
        await town.say("ada", "bob", str(number))
    ada = await town.conversation("ada", "bob")
    lines: list[Line] = []

    async def connect() -> None:
        lines.append(await town.line("bob"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(connect)
        for number in range(5, 10):
            ada.post(private(str(number)))
            await trio.lowlevel.checkpoint()
    await town.harness.settle()
    assert lines[0].said() == [str(number) for number in range(10)]


async def test_no_more_than_so_many_missed_messages_are_sent_and_the_rest_is_in_the_history(town: Town) -> None:
    count = MISSED_MESSAGES_MAX + 20
    for number in range(count):
        await town.say("ada", "bob", str(number))
    line = await town.line("bob")
    assert line.said() == [str(number) for number in range(20, count)]
    assert (await town.line("bob")).said() == []
    page = await town.ask("bob", "ada", "history", limit=100, before=21)
    assert isinstance(page, dict)
    assert len(page["messages"]) == 20


async def test_missed_messages_that_were_deleted_or_edited_come_as_they_are_now(town: Town) -> None:
    first = await town.say("ada", "bob", "one")
    second = await town.say("ada", "bob", "two")
    await town.say("ada", "bob", "three")
    await town.ask("ada", "bob", "delete", id=first["id"])
    await town.ask("ada", "bob", "edit", id=second["id"], message="zwei")
    line = await town.line("bob")
    assert line.said() == ["zwei", "three"]
    assert line.welcome[0]["unread"] == 2


async def test_a_kill_between_the_ack_and_the_other_room_loses_and_doubles_nothing(town: Town) -> None:
    for number in range(10):
        ada = await town.conversation("ada", "bob")
        ada.post(private(str(number)))
        while not ada.received:  # acknowledged, which is when the other rooms are only about to be told
            await trio.lowlevel.checkpoint()
        await town.harness.crash()
    await town.harness.settle()
    assert await town.unread("ada") == {"bob": 0}
    line = await town.line("bob")
    assert line.said() == [str(number) for number in range(10)]
    assert line.welcome[0]["unread"] == 10
    assert line.welcome[0]["head"] == 10


async def test_a_kill_after_a_line_was_written_to_makes_no_message_vanish(town: Town) -> None:
    line = await town.line("bob")
    await town.say("ada", "bob", "one")
    assert line.said() == ["one"]
    await town.harness.crash()
    assert (await town.line("bob")).said() == []


async def test_unread_are_the_messages_of_the_other_after_the_last_read(town: Town) -> None:
    for text in ("one", "two", "three"):
        await town.say("ada", "bob", text)
    deleted = await town.say("ada", "bob", "four")
    await town.say("bob", "ada", "five")
    assert await town.unread("bob") == {"ada": 4}
    assert await town.unread("ada") == {"bob": 1}
    await town.ask("bob", "ada", "read", seq=2)
    await town.ask("ada", "bob", "delete", id=deleted["id"])
    assert await town.unread("bob") == {"ada": 1}
    await town.ask("bob", "ada", "read", seq=1)
    assert await town.unread("bob") == {"ada": 1}
    await town.ask("bob", "ada", "read", seq=99)
    await town.ask("ada", "bob", "read", seq=99)
    assert await town.unread("bob") == {"ada": 0}
    assert await town.unread("ada") == {"bob": 0}


async def test_a_line_sleeps_with_its_room_and_hears_what_wakes_it(town: Town) -> None:
    line = await town.line("bob")
    await trio.sleep(11)
    assert town.harness.state("bob", USERS) is State.HIBERNATED
    await town.say("ada", "bob", "hello")
    assert line.said() == ["hello"]
    await trio.sleep(11)
    name = conversation_of("ada", "bob").name
    assert town.harness.state(name, PRIVATE) is State.EVICTED, "nobody is connected to it"


async def test_typing_is_heard_by_the_other_alone_and_kept_by_nobody(town: Town) -> None:
    ada, bob = await town.line("ada"), await town.line("bob")
    client = await town.conversation("ada", "bob")
    await client.request("typing")
    (event,) = bob.hear()
    assert (event.type, event.data) == ("typing", {"with": "ada", "user": "ada", "name": "Ada", "typing": True})
    assert ada.hear() == []
    assert (await town.line("bob")).hear() == []


async def test_who_is_blocked_is_not_heard(town: Town) -> None:
    bob, ada = await town.line("bob"), await town.conversation("ada", "bob")
    said = await town.say("ada", "bob", "spam")
    assert await town.ask("bob", "ada", "block") == {"with": "ada", "user": "ada", "on": True}
    for type, data in (
        ("private", {"message": "x"}),
        ("edit", {"id": said["id"], "message": "x"}),
        ("react", {"id": said["id"], "emoji": "x"}),
    ):
        await ada.request(type, **data)
    await ada.request("typing")
    assert [failure.refusal.code for failure in ada.failures] == ["blocked"] * 3
    assert [event.type for event in bob.hear()] == ["private", "blocked"]
    await town.harness.crash()
    assert isinstance(refused := await town.ask("ada", "bob", "private", message="x"), Refusal)
    assert refused.code == "blocked"
    assert (await town.line("bob")).welcome[0]["blocked"] is True
    await town.ask("bob", "ada", "block", on=False)
    await town.say("ada", "bob", "sorry")
    assert "blocked" not in (await town.line("bob")).welcome[0]


async def test_whoever_never_came_is_not_found_and_nothing_is_kept_for_them(town: Town) -> None:
    client = await town.conversation("ada", "nobody", is_known=False)
    assert client.refusal is not None
    assert client.refusal.code == "user_not_found"
    await town.harness.stub(DIRECTORY.name, DIRECTORY.kind).note(["bob"])
    assert (await town.conversation("ada", "bob", is_known=False)).refusal is None
    await town.harness.restart()
    assert not [key for key in town.harness.folder.host.rooms() if key.key.kind == PRIVATE]


async def test_nobody_else_gets_in(town: Town) -> None:
    key = conversation_of("ada", "bob")
    eve = await town.harness.connect(key.name, kind=key.kind, user="eve", request=ConnectRequest("s", data=Open(is_known=True)))
    assert eve.refusal is not None
    assert eve.refusal.code == "not_authorized"
    wrong = await town.harness.connect("bob", kind=USERS, user="eve", request=ConnectRequest("s", data=Open(is_known=True)))
    assert wrong.refusal is not None


def private(text: str) -> Envelope:
    """The request, as the gateway would hand it over."""
    return Envelope("private", REQUESTS["private"](message=text), "?")
