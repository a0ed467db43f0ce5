"""The description of the HTTP interface (OpenAPI 3.1), true to what ``gateway/http/application.py`` answers. Pure."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from gateway.api import PATHS
from gateway.api.admin import ADMIN_PATHS
from gateway.auth.session_cookies import CSRF_HEADER
from gateway.errors import ERRORS
from gateway.http.description import Json
from gateway.http.description import errors as _errors

_METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


def document() -> Json:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "rooms",
            "version": _version(),
            "description": "The HTTP side of a room server. Rooms themselves talk over WebSockets: /rooms/{name}/ws and /{kind}/{name}/ws.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _identified(
            {
                "/": _get("The web chat", "text/html"),
                "/healthz": _get("Alive; touches nothing", "text/plain"),
                "/readyz": _get("Ready for new sockets", "text/plain", {"503": {"description": "Starting, or draining before it stops"}}),
                "/metrics": _get("Prometheus text", "text/plain", _errors("401", "403"), security=[{"metrics": []}, {}]),
                "/api/openapi.json": _get("This description", "application/json"),
                **PATHS,
                **ADMIN_PATHS,
                "/{kind}/{name}/{path}": _room_paths(),
            }
        ),
        "components": {
            "schemas": {"Error": _error_schema()},
            "securitySchemes": {
                "bearer": _bearer("sub, exp and rooms: what the bearer may enter", bearerFormat="JWT"),
                "session": _key("cookie", "rooms_session", "set by POST /api/sessions"),
                "csrf": _key("header", CSRF_HEADER, "equal to the cookie rooms_csrf"),
                "metrics": _bearer("ROOMS_METRICS_TOKEN; without one set, loopback only"),
            },
        },
    }


def _identified(paths: Json) -> Json:
    """Every operation with a name of its own, which is a function's where clients are generated, and with what it is about."""
    return {
        path: {key: part if key == "parameters" else _named(path, key, part) for key, part in item.items()} for path, item in paths.items()
    }


def _named(path: str, method: str, operation: Json) -> Json:
    words = [re.sub(r"[{}]", "", part).replace(".", "_") for part in path.split("/") if part not in ("", "api")]
    about = "kinds" if path.startswith("/{") else words[0] if path.startswith("/api/") else "server"
    return {"operationId": "_".join([method, *words]) if words else f"{method}_chat", "tags": [about], **operation}


def _bearer(description: str, **more: str) -> Json:
    return {"type": "http", "scheme": "bearer", "description": description, **more}


def _key(where: str, name: str, description: str) -> Json:
    return {"type": "apiKey", "in": where, "name": name, "description": description}


def _version() -> str:
    try:
        return version("rooms")
    except PackageNotFoundError:
        return "0"


def _get(summary: str, media_type: str, others: Json | None = None, **more: Any) -> Json:
    ok = {"description": "OK", "content": {media_type: {}}}
    return {"get": {"summary": summary, "responses": {"200": ok, **(others or {})}, **more}}


def _room_paths() -> Json:
    """A room's class decides what it answers; what can be said is who may ask and how it is refused."""
    refusals = _errors("400", "401", "403", "404", "413", "500", "503", "504")
    operation = {
        "summary": "The room's own HTTP: becomes Room.on_request, answered with nosniff and CSP sandbox",
        "security": [{"bearer": []}, {}],
        "responses": {"default": {"description": "Whatever the room answers"}, **refusals},
    }
    named = {"in": "path", "required": True}
    parameters = [
        {**named, "name": "kind", "schema": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,31}$"}},
        {**named, "name": "name", "schema": {"type": "string", "minLength": 1, "maxLength": 128}},
        {**named, "name": "path", "schema": {"type": "string"}},
    ]
    return {"parameters": parameters, **dict.fromkeys(_METHODS, operation)}


def _error_schema() -> Json:
    error = {
        "type": "object",
        "required": ["code", "message"],
        "properties": {"code": {"type": "string", "enum": sorted(ERRORS)}, "message": {"type": "string"}},
    }
    return {"type": "object", "required": ["error"], "properties": {"error": error}}
