"""``/api/rooms/{room}/messages``: reading what was said, and saying something, without a socket."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json, route
from gateway.api.bodies import object_of, query_of
from gateway.api.examples import CODE, MESSAGE
from gateway.api.rates import Rates
from gateway.api.rooms import IN_ROOM
from gateway.api.visits import Visit, Visits, refusal_in
from gateway.auth.known_users import KnownUsers
from gateway.errors import NOT_AUTHORIZED, refusal
from gateway.http.description import SIGNED_IN, SIGNED_IN_READING, Json, in_header, in_query, json_answer, json_body, operation, text
from gateway.names import display_name_of, name_of
from gateway.session.codec import BadMessage, fitted
from gateway.session.codec import Request as Asked
from rooms import Identity, Refusal
from rooms.kinds.chat import ChatRoom

SAY = ChatRoom.requests["message"]
READ = ChatRoom.requests["history"]
TWO_KEYS = refusal("bad_message", "Idempotency-Key and cid are the same thing: give one")
BAD_SPEAKER = refusal("bad_message", "from: a user's name, and name: what to show of it")

PATHS: Json = {
    "/api/rooms/{room}/messages": {
        "parameters": [IN_ROOM],
        "get": operation(
            "A page of the history, ascending; the latest without before and after, which are exclusive",
            security=SIGNED_IN_READING,
            parameters=[
                in_query("before", "messages with a smaller seq", "integer", minimum=0),
                in_query("after", "messages with a greater seq", "integer", minimum=0),
                in_query("limit", "how many at most", "integer", minimum=0, maximum=100, default=50),
                in_query("since", "with epoch: every message changed after this seq", "integer", minimum=0),
                in_query("epoch", "the history that since is of"),
                in_query("thread", "the id of a message: only its thread"),
                in_query("pinned", "only what is pinned", "boolean"),
            ],
            ok={
                "200": json_answer("The page", {"room": CODE, "messages": [MESSAGE], "head": 42, "epoch": "9b1f0c3e5a7d2468", "more": True})
            },
            refused=("400", "401", "403", "404", "429", "503"),
        ),
        "post": operation(
            "Say something: everybody in the room hears it once it is on disk",
            security=SIGNED_IN,
            parameters=[in_header("Idempotency-Key", "the message's cid: the same again is not said twice", maxLength=64)],
            requestBody=json_body(
                {
                    "message": text("what is said", maxLength=4000),
                    "cid": text("in place of Idempotency-Key", maxLength=64),
                    "reply_to": text("the id of a message"),
                    "mentions": {"type": "array", "items": {"type": "string"}, "maxItems": 50},
                    "files": {"type": "array", "items": {"type": "string"}, "maxItems": 20, "description": "ids of uploads of the caller"},
                    "meta": {"type": "object", "description": "whatever the application wants, up to 4 KiB"},
                    "from": text("for admins: on whose behalf"),
                    "name": text("for admins, with from: the name to show"),
                },
                ("message",),
                {"message": "look at this", "files": MESSAGE["files"]},
            ),
            ok={"201": json_answer("Said", {"id": MESSAGE["id"], "seq": 42, "room": CODE, "cid": "k1"})},
            refused=("400", "401", "403", "404", "409", "413", "429", "503", "507"),
        ),
    }
}


class Messages:
    """What a socket's ``history`` and ``message`` do, by the same code in the room."""

    def __init__(self, visits: Visits, known_users: KnownUsers, rates: Rates) -> None:
        self._visits = visits
        self._known_users = known_users
        self._rates = rates
        self.routes = [
            route("GET", "/api/rooms/{room}/messages", self.read),
            route("POST", "/api/rooms/{room}/messages", self.say),
        ]

    async def read(self, request: Request) -> Response | Refusal:
        """``GET /api/rooms/{room}/messages``."""
        visit = await self._visits.reading(request)
        if isinstance(visit, Refusal):
            return visit
        asked = query_of(request, READ)
        if isinstance(asked, Refusal):
            return asked
        page = await visit.room.page(visit.identity, msgspec.to_builtins(asked))
        return refusal_in(page) or json(page)

    async def say(self, request: Request) -> Response | Refusal:
        """``POST /api/rooms/{room}/messages``."""
        visit = await self._visits.changing(request)
        if isinstance(visit, Refusal):
            return visit
        spoken = self._rates.message(visit.who.user) or await self._spoken(request, visit)
        if isinstance(spoken, Refusal):
            return spoken
        speaker, said = spoken
        done = await visit.room.publish(msgspec.to_builtins(speaker), speaker.name, said)
        cid = said.get("cid")
        return refusal_in(done) or json(done if cid is None else {**done, "cid": cid}, 201)

    async def _spoken(self, request: Request, visit: Visit) -> tuple[Identity, dict[str, Any]] | Refusal:
        """Who speaks, and what is said."""
        body = await object_of(request)
        if isinstance(body, Refusal):
            return body
        speaker = self._speaker(self._known_users.as_shown(visit.who), body)
        if isinstance(speaker, Refusal):
            return speaker
        said = _said(body, request.headers.get("idempotency-key"))
        return said if isinstance(said, Refusal) else self._visits.refusal(visit) or (speaker, said)

    def _speaker(self, who: Identity, body: dict[str, Any]) -> Identity | Refusal:
        """The caller, or whom an admin speaks for: sanctions are the admin's, which are none."""
        if "from" not in body:
            return who
        if not who.admin:
            return NOT_AUTHORIZED
        given, shown = body["from"], body.get("name", body["from"])
        user = name_of(given) if isinstance(given, str) else None
        name = display_name_of(shown) if isinstance(shown, str) else None
        if user is None or (name is None and "name" in body):
            return BAD_SPEAKER
        return msgspec.structs.replace(who, user=user, name=name or user)


def _said(body: dict[str, Any], key: str | None) -> dict[str, Any] | Refusal:
    """The body as the request that a socket would send."""
    if key is not None and body.setdefault("cid", key) != key:
        return TWO_KEYS
    said = fitted(Asked("message", body, None), SAY)
    if isinstance(said, BadMessage):
        return refusal("bad_message", said.message.replace("message format", "body", 1))
    asked: dict[str, Any] = msgspec.to_builtins(said)
    return asked
