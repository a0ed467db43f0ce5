"""The words in which a resource describes itself (OpenAPI 3.1). Pure."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def errors(*statuses: str) -> Json:
    """Responses that are refusals: every one has the same shape."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {status: {"description": "Refused", "content": content} for status in statuses}


def operation(summary: str, *, ok: Json, refused: tuple[str, ...] = (), **more: Any) -> Json:
    """One operation: what it does, what it answers (by status), with which statuses it refuses."""
    return {"summary": summary, "responses": {**ok, **errors(*refused)}, **more}


def json_body(properties: Json, required: tuple[str, ...], example: Json) -> Json:
    """A request body that is a JSON object."""
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def json_answer(description: str, example: Json) -> Json:
    """A response that is a JSON object, of the types that the example shows."""
    return {"description": description, "content": {"application/json": {"schema": schema_of(example), "example": example}}}


def schema_of(example: object, name: str = "") -> Json:
    """What is like ``example``, which is called ``name``. Where the example has null, anything may be."""
    if example is None or name in ANYTHING:
        return {}
    kind = _KINDS[type(example)]
    schema: Json = {"type": [kind, "null"] if name in NULLABLE else kind}
    if isinstance(example, dict) and example:
        schema["properties"] = {key: schema_of(value, key) for key, value in example.items()}
    if isinstance(example, list) and example:
        schema["items"] = schema_of(example[0])
    return schema


_KINDS = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}

ANYTHING = frozenset({"value", "attachment"})
"""What applications keep, of whatever type."""

NULLABLE = frozenset({"avatar", "name", "last", "last_activity", "until", "reason"}) | frozenset(
    {
        "session",
        "user",
        "kind",
        "room",
        "expires_ms",
        "last_active_ms",
        "epoch",
        "turns",
        "journaled",
        "keys",
        "unsent_tells",
        "alarm",
        "file",
    }
)
"""What may be null, though examples show what it is else: in rooms and profiles, and where admins look."""


def text(description: str, **more: Any) -> Json:
    """A property that is text."""
    return {"type": "string", "description": description, **more}


def in_path(name: str, description: str) -> Json:
    """A part of the address."""
    return {"in": "path", "required": True, "name": name, "description": description, "schema": {"type": "string"}}


def in_query(name: str, description: str, kind: str = "string", **more: Any) -> Json:
    """A parameter that may be left out."""
    return {"in": "query", "name": name, "description": description, "schema": {"type": kind, **more}}


def in_header(name: str, description: str, **more: Any) -> Json:
    """A header that may be left out."""
    return {"in": "header", "name": name, "description": description, "schema": {"type": "string", **more}}


SIGNED_IN: list[Json] = [{"bearer": []}, {"session": [], "csrf": []}]
"""What a caller shows who changes something: a token, or the session's cookie with its proof that the request is meant."""

SIGNED_IN_READING: list[Json] = [{"bearer": []}, {"session": []}]
