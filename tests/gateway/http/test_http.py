"""Plain HTTP: health, metrics, the page, the description, and the rooms' own answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.api import PATHS
from gateway.counters import Counters
from gateway.edge.address import ClientAddress
from gateway.edge.head import RequestHead
from gateway.http.application import make_application
from gateway.http.room_http import RoomHttp, RoomHttpSettings
from gateway.lifetime import Lifetime, Stage
from rooms import CallUndone, Identity, Kind, Refusal, Request, Response, Room, RoomKey, RoomOverloaded, Stats
from rooms.testing import RecordingLog

LOOPBACK = ClientAddress("127.0.0.1", secure=False)
STRANGER = ClientAddress("203.0.113.7", secure=False)
ADA = Identity("ada", "Ada", rooms=("notes/*",))
GUEST = Identity("guest-1", "Guest", rooms=("*",), guest=True)


class Notes(Room):
    """Answers HTTP to whoever may enter."""


class Board(Room):
    """Answers HTTP to everybody."""

    public_http = True


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> str:
        """The protocol's code."""
        code: str = json.loads(self.body)["error"]["code"]
        return code


@dataclass
class Site:
    """The application, with rooms that answer as ``respond`` says and a visitor who is ``who``."""

    who: Identity | Refusal | None = ADA
    respond: Callable[[Request], Response] = lambda _: Response(200, "from the room")
    refused: Refusal | None = None
    metrics_token: str | None = None
    lifetime: Lifetime = field(default_factory=Lifetime)
    log: RecordingLog = field(default_factory=RecordingLog)
    asked: list[tuple[RoomKey, Request]] = field(default_factory=list)

    def refusal(self, key: RoomKey) -> Refusal | None:
        return self.refused

    async def request(self, key: RoomKey, request: Request) -> Response:
        self.asked.append((key, request))
        return self.respond(request)

    async def identify(self, head: RequestHead, client: ClientAddress) -> Identity | Refusal | None:
        return self.who

    async def get(self, target: str, *, client: ClientAddress = LOOPBACK, **headers: str) -> Answer:
        return await self.send("GET", target, client=client, **headers)

    async def send(self, method: str, target: str, body: bytes = b"", *, client: ClientAddress = LOOPBACK, **headers: str) -> Answer:
        kinds = {"notes": Kind("notes", Notes), "boards": Kind("boards", Board)}
        settings = RoomHttpSettings(body_bytes_max=1_000, token_header="clientid", public_url="http://rooms.example")
        application = make_application(
            lifetime=self.lifetime,
            stats=Stats,
            counters=Counters(),
            metrics_token=self.metrics_token,
            room_http=RoomHttp(self, kinds, self.identify, settings, self.log),
        )
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in {"host": "rooms.example", **headers}.items()]
        head = RequestHead(method, target, pairs)
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": head.path,
            "raw_path": head.path.encode(),
            "root_path": "",
            "query_string": head.query.encode(),
            "headers": pairs,
            "client_address": client,
            "request_head": head,
        }
        await application(scope, receive, send)
        names = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        return Answer(said[0]["status"], names, b"".join(message.get("body", b"") for message in said[1:]))


async def test_health_is_said_while_nothing_else_works() -> None:
    assert (await Site().get("/healthz")).status == 200


@pytest.mark.parametrize(("stage", "status"), [(Stage.STARTING, 503), (Stage.SERVING, 200), (Stage.DRAINING, 503)])
async def test_readiness_follows_the_process(stage: Stage, status: int) -> None:
    site = Site()
    site.lifetime.stage = stage

    assert (await site.get("/readyz")).status == status


async def test_metrics_are_for_this_machine() -> None:
    answer = await Site().get("/metrics")

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b"rooms_connections 0.0" in answer.body
    assert (await Site().get("/metrics", client=STRANGER)).status == 403
    assert (await Site().get("/metrics", client=ClientAddress("127.0.0.1", secure=False, forwarded=True))).status == 403
    assert (await Site().get("/metrics", client=ClientAddress("::ffff:127.0.0.1", secure=False))).status == 200
    assert (await Site().get("/metrics", client=ClientAddress("unix", secure=False))).status == 200


async def test_metrics_with_a_token_are_for_its_bearers_wherever_they_are() -> None:
    site = Site(metrics_token="s3cret")

    assert (await site.get("/metrics", client=STRANGER, authorization="Bearer s3cret")).status == 200
    assert (await site.get("/metrics", client=STRANGER, authorization="Bearer other")).status == 401
    assert (await site.get("/metrics")).status == 401


async def test_the_page_and_its_parts_come_with_a_strict_policy() -> None:
    site = Site()
    for target, media_type in [("/", "text/html"), ("/assets/chat.js", "text/javascript"), ("/assets/chat.css", "text/css")]:
        answer = await site.get(target)
        assert answer.status == 200
        assert answer.headers["content-type"].startswith(media_type)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'; script-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]


async def test_the_page_has_no_inline_script_or_style() -> None:
    body = (await Site().get("/")).body

    assert b"<script>" not in body
    assert b" style=" not in body
    assert b" onclick=" not in body


async def test_a_page_that_the_browser_has_is_not_sent_again() -> None:
    site = Site()
    etag = (await site.get("/assets/chat.js")).headers["etag"]

    answer = await site.get("/assets/chat.js", if_none_match=etag)

    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize("target", ["/nowhere", "/assets/nothing.js", "/assets/..%2f__init__.py", "/other/room/", "/api/nothing"])
async def test_what_is_not_there_is_404_in_one_shape(target: str) -> None:
    answer = await Site().get(target)

    assert answer.status == 404
    assert answer.error == "not_found"


async def test_a_method_that_is_not_answered_is_405() -> None:
    assert (await Site().send("DELETE", "/healthz")).status == 405
    assert (await Site().send("PROPFIND", "/notes/lobby/")).status == 405


async def test_the_description_is_openapi_and_names_what_is_there() -> None:
    site = Site()
    document = json.loads((await site.get("/api/openapi.json")).body)

    assert document["openapi"] == "3.1.0"
    for path in document["paths"].keys() - PATHS.keys():
        if "{" not in path and "admin" not in path:  # this site has no accounts, and so no admins
            assert (await site.get(path)).status in (200, 503), path


async def test_a_room_answers_for_its_own_addresses() -> None:
    site = Site(respond=lambda _: Response(201, "made", {"X-Kept": "yes", "Connection": "close"}))

    answer = await site.send("POST", "/notes/gr%C3%BCn/pages/a%2Fb?x=1", b"text", authorization="Bearer k", cookie="c", x_mine="1")

    assert (answer.status, answer.body) == (201, b"made")
    assert answer.headers["x-kept"] == "yes"
    assert "connection" not in answer.headers
    key, request = site.asked[0]
    assert key == RoomKey("notes", "grün")
    assert (request.method, request.path, request.query, request.body) == ("POST", "/pages/a%2Fb", {"x": "1"}, b"text")
    assert request.identity is ADA
    assert request.headers["x-mine"] == "1"
    assert not {"authorization", "cookie"} & set(request.headers)


async def test_what_a_room_serves_is_sandboxed_whatever_it_says() -> None:
    site = Site(respond=lambda _: Response(200, "<script>", {"Content-Type": "text/html", "Content-Security-Policy": "none"}))

    answer = await site.get("/notes/lobby/")

    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_text_without_a_type_is_plain() -> None:
    assert (await Site().get("/notes/lobby")).headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("who", "target", "status"),
    [
        (None, "/notes/lobby/", 401),
        (None, "/boards/lobby/", 200),
        (Identity("eve", "Eve", rooms=("other/*",)), "/notes/lobby/", 403),
        (Identity("eve", "Eve"), "/boards/lobby/", 200),
        (Refusal("not_authorized", "Token invalid or expired", close_code=4401), "/boards/lobby/", 401),
        (GUEST, "/notes/lobby/", 200),
        (Identity("root", "Root", admin=True), "/notes/lobby/", 200),
    ],
)
async def test_who_may_open_a_socket_may_ask(who: Identity | Refusal | None, target: str, status: int) -> None:
    site = Site(who=who)

    assert (await site.get(target)).status == status
    assert bool(site.asked) == (status == 200)


async def test_another_sites_page_changes_nothing() -> None:
    site = Site()

    assert (await site.send("POST", "/notes/lobby/", origin="http://evil.example")).status == 403
    assert (await site.send("POST", "/notes/lobby/", origin="http://rooms.example")).status == 200
    assert (await site.send("POST", "/boards/lobby/", cookie="rooms_session=abc")).status == 403
    assert len(site.asked) == 1


async def test_a_room_that_cannot_serve_is_503_and_says_when() -> None:
    answer = await Site(refused=Refusal("unavailable", "Unavailable", retry_after_ms=7_000)).get("/notes/lobby/")

    assert answer.status == 503
    assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(RoomOverloaded("notes/lobby", 1000), 503, "overloaded"), (CallUndone("notes/lobby", "GET", "storage_full"), 507, "storage_full")],
)
async def test_what_the_runtime_refuses_has_its_status(error: Exception, status: int, code: str) -> None:
    def refuse(request: Request) -> Response:
        raise error

    answer = await Site(respond=refuse).get("/notes/lobby/")

    assert (answer.status, answer.error) == (status, code)


@pytest.mark.parametrize("headers", [{"x-split": "a\r\nset-cookie: b"}, {"bad name": "x"}, {"x-wide": "ż"}])
async def test_an_answer_that_http_cannot_carry_is_our_fault_and_logged(headers: dict[str, str]) -> None:
    site = Site(respond=lambda _: Response(200, "", headers))

    assert (await site.get("/notes/lobby/")).status == 500
    assert "room_answered_badly" in str(site.log.__dict__)


async def test_a_body_over_the_limit_is_413_and_the_room_hears_nothing() -> None:
    site = Site()

    answer = await site.send("POST", "/notes/lobby/", b"x" * 1_001)

    assert (answer.status, answer.error) == (413, "too_large")
    assert not site.asked


async def test_head_has_no_body() -> None:
    answer = await Site().send("HEAD", "/notes/lobby/")

    assert (answer.status, answer.body) == (200, b"")


async def test_a_bad_name_is_400() -> None:
    assert (await Site().get("/notes/a%00b/")).status == 400
