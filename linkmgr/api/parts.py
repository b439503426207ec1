"""Parts of an operation in the OpenAPI document, as the dicts they are there."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from linkmgr.api.voices import JSON
from linkmgr.timing import STEPS

Schema = dict[str, Any]
Parameter = dict[str, Any]
Response = dict[str, Any]

UUID: Schema = {"type": "string", "format": "uuid"}
FLAG: Schema = {"type": "boolean", "default": False}
HEADERS: dict[str, Schema] = {
    "ETag": {
        "description": "Its version; `W/` where it came compressed.",
        "schema": {"type": "string", "pattern": '^(W/)?"[^"]+"$'},
    },
    "Link": {"description": 'The next page, `rel="next"`.', "schema": {"type": "string"}},
    "Location": {"description": "Where it is.", "schema": {"type": "string", "format": "uri"}},
    "X-Change-Set": {"description": "The record of what this request changed; absent if nothing.", "schema": UUID},
    "Idempotency-Replayed": {
        "description": "This is the answer of the first request under its Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Server-Timing": {
        "description": f"With `explain=true`: milliseconds of {', '.join(STEPS)}.",
        "schema": {"type": "string"},
    },
    "X-Request-ID": {"description": "Of the request, in the logs.", "schema": {"type": "string", "minLength": 1}},
    "RateLimit": {
        "description": "Of a token with a number of requests per minute: how many are left, and when all are back.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {"description": "How to say who calls.", "schema": {"type": "string"}},
}
REASONS = {
    400: "The request cannot be understood.",
    401: "There is no token, or it is unknown, revoked or expired.",
    403: "The token may not do this.",
    404: "There is no such resource.",
    409: "What is stored, or a request that still runs, stands in the way.",
    412: "What is stored is another version than the one named.",
    413: "The body is too large.",
    415: "The body is of a media type that is not read here.",
    422: "The request has faults: each is told by its path.",
    429: "Too many requests.",
    503: "The database is busy or away: try again.",
}
EVERYWHERE = ("X-Request-ID", "RateLimit")
HEADERS_OF = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def parameter(name: str, schema: Schema, about: str = "", *, where: str = "query", required: bool = False) -> Parameter:
    """Lists are written with commas."""
    told = {"name": name, "in": where, "description": about, "required": required, "schema": schema}
    listed = {"style": "form", "explode": False} if where == "query" and schema.get("type") == "array" else {}
    return {key: value for key, value in told.items() if value or key == "schema"} | listed


def body(schema: Schema, *media_types: str) -> dict[str, Any]:
    return {"required": True, "content": content(schema, *(media_types or (JSON,)))}


def content(schema: Schema, *media_types: str) -> dict[str, Any]:
    return {name: {"schema": schema} for name in media_types or (JSON,)}


def response(
    about: str,
    told: dict[str, Any] | None = None,
    *headers: str,
    links: Mapping[str, Any] | None = None,
) -> Response:
    """`told` is its content."""
    named = {name: HEADERS[name] for name in (*headers, *EVERYWHERE)}
    parts = {"description": about, "content": told, "headers": named, "links": links and dict(links)}
    return {key: value for key, value in parts.items() if value}


def faults(statuses: Iterable[int], told: Callable[[int], dict[str, Any]]) -> dict[int, Response]:
    return {status: response(REASONS[status], told(status), *HEADERS_OF.get(status, ())) for status in statuses}


def link(operation: str, about: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """To an operation, by runtime expressions: `$response.body#/link_id`."""
    return {"operationId": operation, "description": about, "parameters": dict(parameters)}
