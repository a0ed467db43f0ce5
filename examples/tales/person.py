"""Somebody with an account: registered and signed in over HTTP, then on a socket, and everything it hears is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx2
import trio

from examples.tales.stage import Stage, shown
from rooms.client import Client, ClientSettings, Event, StateChanged, Stats, open_client

PASSWORD = "a password of the stories"
PATIENCE_SECONDS = 20.0
HASTE = ClientSettings(backoff_min_seconds=0.1, backoff_max_seconds=1.0)

_Event = TypeVar("_Event", bound=Event)


class Person:
    """``client`` is its socket. It keeps cookies as a browser does, and proves with each change that the change is meant."""

    client: Client

    def __init__(self, stage: Stage, url: str, name: str, user: str) -> None:
        self.stage = stage
        self.name = name
        self.user = user
        stage.names[user] = name
        self.heard: list[Event] = []
        self._heard_more = trio.Event()
        self._cookies: dict[str, str] = {}
        self._http = httpx2.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS, trust_env=False)
        stage.curtain.push_async_callback(self._http.aclose)

    async def ask(self, method: str, path: str, **body: Any) -> httpx2.Response:
        """One request over HTTP; whatever is no success raises."""
        headers = {"cookie": self.cookie, "x-xsrf-token": self._cookies.get("rooms_csrf", "")} if self._cookies else {}
        response = await self._http.request(method, path, headers=headers, **body)
        for line in response.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        if response.is_error:
            raise RuntimeError(f"{method} {path} was answered {response.status_code}: {response.text}")
        return response

    @property
    def cookie(self) -> str:
        """What the browser would send."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    async def sign_in(self) -> None:
        """Register, and begin a session."""
        await self.ask("POST", "/api/accounts", json={"user": self.user, "full_name": self.name, "password": PASSWORD})
        await self.ask("POST", "/api/sessions", json={"user": self.user, "password": PASSWORD})

    async def ticket(self) -> str:
        """The right to open one socket."""
        answer: str = (await self.ask("POST", "/api/tickets")).json()["ticket"]
        return answer

    async def make_room(self, title: str) -> str:
        """A room of one's own; its code is what lets others in."""
        room: str = (await self.ask("POST", "/api/rooms", json={"title": title})).json()["room"]
        self.stage.does(self.name, f"makes the room {title!r}: its code is {room}")
        self.stage.names[room] = title
        return room

    async def enter_code(self, room: str) -> None:
        """May enter from now on."""
        self.stage.does(self.name, "enters the code of the room")
        await self.ask("POST", f"/api/rooms/{room}/join", json={})

    async def hears(self, kind: type[_Event], so: Callable[[_Event], object] = bool) -> _Event:
        """Wait until it has heard such an event; one it heard before counts."""
        with trio.move_on_after(PATIENCE_SECONDS):
            while True:
                for event in self.heard:
                    if isinstance(event, kind) and so(event):
                        return event
                self._heard_more = trio.Event()
                await self._heard_more.wait()
        raise TimeoutError(f"{self.name} never saw the {kind.__name__} that was to come")

    def forget(self) -> None:
        """What was heard until now does not count any more."""
        self.heard.clear()

    async def listen(self, task_status: trio.TaskStatus[None]) -> None:
        """Tell everything that comes, but for the heartbeat."""
        async with self.client.events() as events:
            task_status.started()
            async for event in events:
                if not isinstance(event, Stats | StateChanged):
                    self.stage.sees(self.name, shown(event))
                self.heard.append(event)
                self._heard_more.set()


@asynccontextmanager
async def persons(stage: Stage, url: str, salt: str, *names: str) -> AsyncIterator[list[Person]]:
    """People who are signed in and on a socket to many rooms."""
    async with trio.open_nursery() as nursery:
        people = []
        for name in names:
            person = Person(stage, url, name, f"{name.lower()}-{salt}")
            await person.sign_in()
            people.append(person)
        async with _sockets(url, nursery, people):
            yield people


@asynccontextmanager
async def _sockets(url: str, nursery: trio.Nursery, people: list[Person]) -> AsyncIterator[None]:
    if not people:
        yield
        return
    person = people[0]
    async with open_client(url, ticket=person.ticket, settings=HASTE) as client:
        person.client = client
        await nursery.start(person.listen)
        await client.connected()
        async with _sockets(url, nursery, people[1:]):
            yield
