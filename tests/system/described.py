"""Whether an answer is as the description of the REST interface says: asked of every answer that a caller of the system tests gets."""

from __future__ import annotations

import re
from typing import Any

import httpx2

from gateway.http.openapi import document

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
_DOCUMENT = document()
_PATHS = [
    (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), item) for path, item in _DOCUMENT["paths"].items() if path.startswith("/api/") and item
]


def as_described(method: str, path: str, response: httpx2.Response) -> list[str]:
    """What of the answer is otherwise; of what is not described at all, nothing."""
    operation = next((item[method.lower()] for path_of, item in _PATHS if path_of.fullmatch(path) and method.lower() in item), None)
    if operation is None or not response.headers.get("content-type", "").startswith("application/json"):
        return []
    if response.is_error:
        return _otherwise(_DOCUMENT["components"]["schemas"]["Error"], response.json(), "")
    described = operation["responses"].get(str(response.status_code))
    if described is None:
        return [f"{response.status_code} is not described"]
    return _otherwise(described.get("content", {}).get("application/json", {}).get("schema", {}), response.json(), "")


def _otherwise(schema: dict[str, Any], value: Any, where: str) -> list[str]:
    kinds = schema.get("type", list(_TYPES))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(isinstance(value, _TYPES[kind]) for kind in kinds) or (isinstance(value, bool) and "boolean" not in kinds):
        return [f"{where or 'it'} is no {' nor '.join(kinds)}: {value!r}"]
    found = [f"{where} lacks {key}" for key in schema.get("required", ()) if key not in value]
    if isinstance(value, dict):
        for key, inner in schema.get("properties", {}).items():
            if key in value:
                found += _otherwise(inner, value[key], f"{where}.{key}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            found += _otherwise(schema.get("items", {}), item, f"{where}[{number}]")
    return found
