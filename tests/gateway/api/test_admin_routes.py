"""The admins' interface as a whole: described as it is, and nobody else's."""

from __future__ import annotations

from typing import Any, cast

from gateway.api.admin import ADMIN_PATHS, admin_routes
from gateway.auth.sign_in_services import sign_in_services
from gateway.http.openapi import document
from rooms import SilentLog
from tests.gateway.standins import Gateway


def routes() -> dict[str, set[str]]:
    gateway = Gateway()
    services = gateway.services
    rooms = cast(Any, gateway.rooms)
    signing_in = sign_in_services(
        services.settings, rooms, gateway.registry, "s" * 32, clock=gateway.clock, new_id=services.new_id, log=cast(Any, SilentLog())
    )
    nothing = cast(Any, None)
    found: dict[str, set[str]] = {}
    for route in admin_routes(services, signing_in, nothing, nothing, nothing):
        found.setdefault(route.path, set()).update(method.lower() for method in (route.methods or ()) if method != "HEAD")
    return found


def test_every_route_is_described_and_every_description_has_a_route() -> None:
    assert routes() == {path: item.keys() - {"parameters"} for path, item in ADMIN_PATHS.items()}
    assert ADMIN_PATHS.keys() <= document()["paths"].keys()


def test_every_operation_says_what_it_answers_and_that_it_is_for_admins() -> None:
    for path, item in ADMIN_PATHS.items():
        for method in item.keys() - {"parameters"}:
            assert any(status.startswith("2") for status in item[method]["responses"]), path
            assert {"401", "403"} <= item[method]["responses"].keys(), path
            assert item[method]["security"], path
            named = {part["name"] for part in item.get("parameters", ())}
            assert named == {piece[1:-1] for piece in path.split("/") if piece.startswith("{")}, path
