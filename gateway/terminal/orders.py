"""The commands that begin with a slash, each in a few lines. They act on the desk, on trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from gateway.terminal.slash_commands import HELP, KEYS, Command, read_sanction
from rooms.client import Conversation, Room

if TYPE_CHECKING:
    from gateway.terminal.desk import Desk

SEARCH_LIMIT = 20
Talk = Room | Conversation


async def obey(command: Command, desk: Desk) -> None:
    """Do it, or say why it cannot be done here. Raises ``ClientError``."""
    talk = desk.shown
    if command.name in _ANYWHERE:
        await _ANYWHERE[command.name](desk, command)
    elif talk is None:
        desk.note_here("enter a room first: /join ROOM", is_error=True)
    elif command.name in _IN_TALKS:
        await _IN_TALKS[command.name](desk, talk, command)
    elif isinstance(talk, Room):
        await _IN_ROOMS[command.name](desk, talk, command)
    else:
        desk.note_here(f"/{command.name} is for rooms, not for private conversations", is_error=True)


async def _help(desk: Desk, _: Command) -> None:
    desk.note_here("\n".join((*HELP, *KEYS)))


async def _join(desk: Desk, command: Command) -> None:
    await desk.enter(command.rest)


async def _private(desk: Desk, command: Command) -> None:
    user, _, text = command.rest.partition(" ")
    await desk.open_private(desk.user_called(user), text.strip())


async def _next(desk: Desk, _: Command) -> None:
    desk.show_next()


async def _quit(desk: Desk, _: Command) -> None:
    desk.quit()


async def _leave(desk: Desk, talk: Talk, _: Command) -> None:
    await desk.close(talk)


async def _me(desk: Desk, _: Talk, command: Command) -> None:
    desk.say(command.rest, action=True)


async def _reply(desk: Desk, talk: Talk, command: Command) -> None:
    desk.say(command.rest, reply_to=desk.meant(talk).id)


async def _react(desk: Desk, talk: Talk, command: Command) -> None:
    message, emoji = desk.meant(talk), command.words[0]
    await talk.react(message.id, emoji, on=desk.me not in message.reactions.get(emoji, ()))


async def _edit(desk: Desk, talk: Talk, command: Command) -> None:
    await talk.edit(desk.meant(talk, mine=True).id, command.rest)
    desk.let_go()


async def _delete(desk: Desk, talk: Talk, _: Command) -> None:
    await talk.delete(desk.meant(talk, mine=True).id)
    desk.let_go()


async def _retry(_: Desk, talk: Talk, __: Command) -> None:
    for outgoing in [each for each in talk.pending if each.state == "failed"]:
        talk.retry(outgoing)


async def _pin(desk: Desk, room: Room, _: Command) -> None:
    message = desk.meant(room)
    await room.pin(message.id, on=not message.pinned)


async def _search(desk: Desk, room: Room, command: Command) -> None:
    found = (await room.search(command.rest, limit=SEARCH_LIMIT)).messages
    lines = [f"{message.time[:16].replace('T', ' ')} {message.name or message.from_}: {message.message}" for message in found]
    desk.note_here("\n".join([f"{len(found)} found for {command.rest!r}", *lines]))


async def _who(desk: Desk, room: Room, command: Command) -> None:
    members = await room.who(query=command.rest or None)
    lines = [f"{user.name or user.user} ({user.user})" for user in members.users]
    desk.note_here("\n".join([f"{members.online} here", *lines]))


async def _topic(_: Desk, room: Room, command: Command) -> None:
    await room.set(topic=command.rest)


async def _title(_: Desk, room: Room, command: Command) -> None:
    await room.set(title=command.rest)


async def _sanction(desk: Desk, room: Room, command: Command) -> None:
    meant = read_sanction(command.rest)
    user = desk.user_called(meant.user)
    await {"kick": room.kick, "ban": room.ban, "mute": room.mute}[command.name](user, reason=meant.reason, seconds=meant.seconds)
    desk.note_here(f"done: /{command.name} {meant.user}")


async def _pardon(desk: Desk, room: Room, command: Command) -> None:
    user = desk.user_called(command.words[0])
    await {"unban": room.unban, "unmute": room.unmute}[command.name](user)
    desk.note_here(f"done: /{command.name} {command.words[0]}")


_ANYWHERE: dict[str, Callable[[Desk, Command], Awaitable[None]]] = {
    "help": _help,
    "join": _join,
    "private": _private,
    "next": _next,
    "quit": _quit,
}
_IN_TALKS: dict[str, Callable[[Desk, Talk, Command], Awaitable[None]]] = {
    "leave": _leave,
    "me": _me,
    "reply": _reply,
    "react": _react,
    "edit": _edit,
    "delete": _delete,
    "retry": _retry,
}
_IN_ROOMS: dict[str, Callable[[Desk, Room, Command], Awaitable[None]]] = {
    "pin": _pin,
    "search": _search,
    "who": _who,
    "topic": _topic,
    "title": _title,
    "kick": _sanction,
    "ban": _sanction,
    "mute": _sanction,
    "unban": _pardon,
    "unmute": _pardon,
}
