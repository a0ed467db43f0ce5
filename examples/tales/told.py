"""The five stories."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import quote

import httpx2
import trio
from PIL import Image

from examples.tales.person import PATIENCE_SECONDS, Person, persons
from examples.tales.socket import open_socket
from examples.tales.stage import Stage
from rooms.client import (
    Deleted,
    Edited,
    Kicked,
    MessageEvent,
    Offline,
    Online,
    Reacted,
    Read,
    Refused,
    RoomChanged,
    Stats,
    Typing,
    UserJoined,
    UserLeft,
)

OVERWRITTEN = "This connection has been overwritten with a new one"


async def many_rooms_on_one_socket(stage: Stage, url: str, salt: str) -> None:
    """An authenticated chat of many rooms, whose users move between them on one socket."""
    async with persons(stage, url, salt + "a", "Ada", "Bob") as (ada, bob):
        red, blue = await ada.make_room("Red"), await ada.make_room("Blue")
        for code in (red, blue):
            await bob.enter_code(code)

        stage.tell("Both enter Red, and talk.")
        in_red = await ada.client.join(red)
        await bob.client.join(red)
        await ada.hears(UserJoined, lambda event: event.user == bob.user and event.room == red)
        in_red.typing_nowait()
        await bob.hears(Typing, lambda event: event.user == ada.user and event.typing)
        await in_red.send("Hello Bob")
        await bob.hears(MessageEvent, lambda event: event.message.message == "Hello Bob")

        stage.tell("Bob moves on to Blue, on the same socket.")
        in_blue = await bob.client.join(blue, switch=True)
        left = await ada.hears(UserLeft, lambda event: event.user == bob.user and event.room == red)
        stage.expect("Bob is gone from Red", left.reason is not None and bob.client.room(red).state == "left")
        await in_red.send("Is anybody here?")
        await ada.client.join(blue)
        await bob.hears(UserJoined, lambda event: event.user == ada.user and event.room == blue)
        await in_blue.send("It is nice and blue in here")
        heard = await ada.hears(MessageEvent, lambda event: event.room == blue)
        stage.expect("Ada, in two rooms, hears Blue as Blue", heard.message.message == "It is nice and blue in here")
        stage.expect("Bob heard nothing of Red", not any(isinstance(e, MessageEvent) and "anybody" in e.message.message for e in bob.heard))

        stage.tell("The numbers come by themselves, for rooms one is not in too.")
        stats = await bob.hears(Stats, lambda event: event.online.get(red) == 1 and event.online.get(blue) == 2)
        stage.sees(bob.name, f"Stats {stats.online}")
        await in_blue.leave()
        await ada.hears(UserLeft, lambda event: event.user == bob.user and event.room == blue)
        stage.expect("who left can say nothing more", await _is_refused(in_blue.send, "still here?"))


async def private_messages_and_presence(stage: Stage, url: str, salt: str) -> None:
    """A chat server with private messages and presence."""
    async with persons(stage, url, salt + "b", "Carol", "Dave") as (carol, dave):
        lounge = await carol.make_room("Lounge")
        await dave.enter_code(lounge)
        await carol.client.join(lounge)
        async with persons(stage, url, salt + "c", "Erin") as (erin,):
            stage.tell("Dave comes into the room, and Carol is told that he is online.")
            await dave.client.join(lounge)
            await carol.hears(Online, lambda event: event.user == dave.user)
            here = await carol.client.who()
            stage.sees(carol.name, f"members {[(user.user, user.connections) for user in here.users]}")
            stage.expect("Carol finds Dave among those who are online", dave.user in [user.user for user in here.users])

            stage.tell("Carol writes to Dave, and he reads it.")
            to_dave = await carol.client.private(dave.user).open()
            sent = await to_dave.send("Psst, Dave")
            letter = await dave.hears(MessageEvent, lambda event: event.message.message == "Psst, Dave")
            to_carol = await dave.client.private(carol.user).open()
            to_carol.typing_nowait()
            await carol.hears(Typing, lambda event: event.user == dave.user)
            await to_carol.read(letter.message.seq)
            await carol.hears(Read, lambda event: event.user == dave.user)
            await to_carol.send("What is it?")
            await carol.hears(MessageEvent, lambda event: event.message.message == "What is it?")
            await to_dave.edit(sent.id, "Psst, David")
            await dave.hears(Edited, lambda event: event.message == "Psst, David")
            await carol.client.private(erin.user).send("And you, Erin?")
            await erin.hears(MessageEvent, lambda event: event.message.message == "And you, Erin?")
            stage.expect("Erin saw nothing of what is between the two", not any("Dav" in str(event) for event in erin.heard))

        stage.tell("Erin has gone. What is written to her now waits for her.")
        await carol.client.private(erin.user).send("Call me when you are back")
        async with open_socket(erin, url, "/ws", erin.name) as back:
            hello = await back.receive("hello")
            unread = {entry["with"]: entry["unread"] for entry in hello["conversations"]}
            stage.expect("she is told of two unread messages", unread == {carol.user: 2})
            waited = await back.receive("private")
            stage.expect("and gets what she missed", waited["message"] == "Call me when you are back")

        stage.tell("Carol has enough of Dave.")
        await carol.client.block(dave.user)
        stage.expect("his messages are refused", await _is_refused(to_carol.send, "Hello?"))
        await dave.client.room(lounge).leave()
        await carol.hears(Offline, lambda event: event.user == dave.user)


async def accounts_rooms_by_code_and_profiles(stage: Stage, url: str, salt: str) -> None:
    """A chat with accounts, private rooms by code, and profiles with pictures."""
    async with persons(stage, url, salt + "d", "Frank", "Grace", "Heidi") as (frank, grace, heidi):
        stage.tell("Frank shows his face.")
        picture = BytesIO()
        Image.new("RGB", (640, 480), "darkorange").save(picture, "PNG")
        profile = (
            await frank.ask("PUT", "/api/me", data={"full_name": "Frank N."}, files={"avatar": ("me.png", picture.getvalue(), "image/png")})
        ).json()
        stage.sees(frank.name, f"profile {profile['full_name']}, {profile['avatar']}")
        small = await grace.ask("GET", profile["avatar"])
        stage.expect("others get it small, as WebP", small.headers["content-type"] == "image/webp" and len(small.content) < 20_000)

        stage.tell("He makes a room, and tells Grace its code. Heidi does not know it.")
        den = await frank.make_room("Frank's den")
        await grace.enter_code(den)
        in_den, at_franks = await frank.client.join(den), await grace.client.join(den)
        stage.expect("Frank owns the room", (in_den.role, at_franks.role) == ("owner", "member"))
        stage.expect("Heidi is not let in", await _is_refused(heidi.client.join, den))

        stage.tell("They talk; what was said can be changed, liked, found and taken back.")
        said = await at_franks.send("Wunderschöne Höhle, Frank!")
        await frank.hears(MessageEvent, lambda event: event.message.id == said.id)
        await in_den.react(said.id, "🎉")
        await grace.hears(Reacted, lambda event: event.emoji == "🎉")
        await in_den.set(title="The Den", topic="everything below ground")
        await grace.hears(RoomChanged, lambda event: event.title == "The Den")
        found = await in_den.search("wunderschone hohl")
        stage.expect("Frank finds it without umlauts", [message.id for message in found.messages] == [said.id])
        upload = await frank.ask("POST", f"/api/rooms/{den}/files", files={"file": ("plan.txt", b"dig here", "text/plain")})
        shared = await in_den.send("The plan", files=[upload.json()["id"]])
        await grace.hears(MessageEvent, lambda event: event.message.id == shared.id)
        plan = await grace.ask("GET", upload.json()["url"])
        stage.expect("Grace reads the file that Frank shared", plan.content == b"dig here")
        await at_franks.delete(said.id)
        await frank.hears(Deleted, lambda event: event.id == said.id)
        stage.expect("what was taken back is found no more", not (await in_den.search("wunderschone")).messages)

        stage.tell("Grace becomes a moderator; then Frank shows her the door all the same.")
        await in_den.set_role(grace.user, "moderator")
        await in_den.kick(grace.user, reason="bedtime", seconds=1)
        kicked = await grace.hears(Kicked)
        stage.expect("she knows who and why", (kicked.by, kicked.reason) == (frank.user, "bedtime"))
        await frank.ask("DELETE", f"/api/rooms/{den}")
        stage.expect("a room that is gone stays gone", await _is_refused(heidi.client.join, den))


async def a_users_room_of_devices(stage: Stage, url: str, salt: str) -> None:
    """A user's private room of devices."""
    async with persons(stage, url, salt + "e", "Ivan", "Judy") as (ivan, judy):
        path = f"/devices/{quote(ivan.user)}/ws?device="
        async with (
            open_socket(ivan, url, path + "mobile", "Ivan's phone") as phone,
            open_socket(ivan, url, path + "desktop", "Ivan's desk") as desk,
        ):
            await phone.receive("hello")
            await desk.receive("hello")
            stage.tell("Text goes to both devices, with who is there.")
            await phone.send_frame("from my phone")
            frames = [await phone.receive("frame"), await desk.receive("frame")]
            both = {"desktop": True, "mobile": True, "room": ivan.user, "from": "mobile", "message": "from my phone"}
            stage.expect("both devices see it", frames == [both, both])
            stage.tell("Pictures go untouched to the other, many a second.")
            for number in range(3):
                await desk.send_frame(bytes([0xFF, 0xD8, number]))
            pictures = [await phone.next() for _ in range(3)]
            stage.expect("the phone has them all, in order", pictures == [bytes([0xFF, 0xD8, number]) for number in range(3)])

            stage.tell("The phone connects anew: the latest wins.")
            async with open_socket(ivan, url, path + "mobile", "Ivan's new phone") as newer:
                await newer.receive("hello")
                replaced = await phone.receive("replaced")
                stage.expect("the old one is told why", replaced["message"] == OVERWRITTEN)
                stage.expect("and closed", await phone.close_code() == 4409)
                await desk.send_frame("still here?")
                stage.expect("the new one is in its place", (await newer.receive("frame"))["message"] == "still here?")

        stage.tell("Judy tries to listen in.")
        async with open_socket(judy, url, path + "mobile", judy.name) as stranger:
            error = await stranger.receive("error")
            stage.expect("nobody enters another's room", error["code"] == "not_authorized" and await stranger.close_code() == 4403)


async def a_hibernating_room(stage: Stage, url: str, salt: str) -> None:
    """A room that hibernates, with what it knows of each socket, and with a backlog."""
    async with persons(stage, url, salt + "f", "Mallory", "Niaj", "Olivia") as (mallory, niaj, olivia):
        cave = await mallory.make_room("Cave")
        for person in (niaj, olivia):
            await person.enter_code(cave)
        room = await mallory.client.join(cave, meta={"colour": "red"})
        async with open_socket(niaj, url, f"/rooms/{cave}/ws", "Niaj's browser") as browser:
            await browser.send("join", meta={"colour": "green"})
            joined = await browser.receive("joined")
            await room.send("one")
            seen = (await browser.receive("message"))["seq"]

        stage.tell("Niaj's connection is lost. The talk goes on without him, and then everybody is quiet.")
        for text in ("two", "three"):
            await room.send(text)
        await _wait_until_asleep(stage, mallory)

        stage.tell("Olivia comes, which wakes it: it still knows who is there, and what was said.")
        at_olivias = await olivia.client.join(cave, meta={"colour": "blue"})
        colours = {user.user: (user.meta or {}).get("colour") for user in at_olivias.users.values()}
        stage.sees(olivia.name, f"joined: {colours}, {[message.message for message in at_olivias.messages]}")
        stage.expect("Mallory's socket slept through it, with her colour", colours.get(mallory.user) == "red")
        stage.expect("the backlog is whole", [message.message for message in at_olivias.messages] == ["one", "two", "three"])
        await mallory.hears(UserJoined, lambda event: event.user == olivia.user)
        await at_olivias.send("four")
        await mallory.hears(MessageEvent, lambda event: event.message.message == "four")

        stage.tell("Niaj comes back and says what he has seen: he gets what he missed, no more and no less.")
        async with open_socket(niaj, url, f"/rooms/{cave}/ws", "Niaj's browser") as again:
            await again.send("join", since=seen, epoch=joined["epoch"])
            rejoined = await again.receive("joined")
            missed = [message["message"] for message in rejoined["history"]]
            stage.expect("two, three and four", missed == ["two", "three", "four"] and rejoined["recovered"])


async def _is_refused(ask: object, *arguments: object) -> bool:
    """Whether the server says no."""
    with trio.fail_after(PATIENCE_SECONDS):
        try:
            await ask(*arguments)  # type: ignore[operator]
        except Refused:
            return True
        except Exception as error:
            return type(error).__name__ == "NotJoined"
    return False


async def _wait_until_asleep(stage: Stage, person: Person) -> None:
    """Until the server says that no room is awake; it says so only to those beside it."""
    with trio.move_on_after(PATIENCE_SECONDS):
        while True:
            try:
                metrics = (await person.ask("GET", "/metrics")).text
            except (RuntimeError, httpx2.HTTPError):
                stage.tell("(This server does not show its metrics: a quiet moment has to do.)")
                await trio.sleep(12)
                return
            if "\nrooms_awake 0.0\n" in metrics:
                stage.tell("The room sleeps: none of this server is awake.")
                return
            await trio.sleep(0.2)
    stage.failed("the room never fell asleep")
