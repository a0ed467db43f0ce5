"""The REST interface as a whole: what is described is there, and the other way round."""

from __future__ import annotations

from typing import Any, cast

from gateway.api import PATHS, api_routes
from gateway.auth.sign_in_services import sign_in_services
from gateway.chat_services import chat_services
from gateway.http.openapi import document
from rooms import SilentLog
from tests.gateway.standins import Gateway


def routes() -> dict[str, set[str]]:
    gateway = Gateway()
    services = gateway.services
    rooms = cast(Any, gateway.rooms)
    signing_in = sign_in_services(
        services.settings, rooms, gateway.registry, "s" * 32, clock=gateway.clock, new_id=services.new_id, log=SilentLog()
    )
    found: dict[str, set[str]] = {}
    chats = chat_services(rooms, gateway.registry, cast(Any, None), "s" * 32, SilentLog())
    for route in api_routes(services, signing_in, chats, cast(Any, None)):
        found.setdefault(route.path, set()).update(method.lower() for method in (route.methods or ()) if method != "HEAD")
    return found


def test_every_route_is_described_and_every_description_has_a_route() -> None:
    described = {path: item.keys() - {"parameters"} for path, item in PATHS.items()}
    assert routes() == described
    assert PATHS.keys() <= document()["paths"].keys()


def test_every_operation_says_what_it_answers_and_how_it_refuses() -> None:
    for path, item in PATHS.items():
        for method in item.keys() - {"parameters"}:
            responses = item[method]["responses"]
            assert any(status.startswith("2") for status in responses), path
            assert any(status.startswith("4") for status in responses), path
            assert item[method]["summary"]


def test_what_a_description_leans_on_is_there() -> None:
    schemes = document()["components"]["securitySchemes"]
    for item in PATHS.values():
        for method in item.keys() - {"parameters"}:
            for way in item[method].get("security", ()):
                assert way.keys() <= schemes.keys()
