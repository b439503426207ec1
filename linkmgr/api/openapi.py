"""The OpenAPI document as a whole, and how addresses of the device dialects describe themselves."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from msgspec import UNSET, Meta, UnsetType

from linkmgr.api import views
from linkmgr.api.components import component, members_of, schema_of
from linkmgr.api.description import Description
from linkmgr.api.errors import OBJECT_VOICE_PATHS
from linkmgr.api.parts import FLAG, Parameter, Response, Schema, body, content, faults, link, parameter, response
from linkmgr.bulk.fields import LinkId
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.outcome import REST_ALONE, Outcome

INTRODUCTION = Path(__file__).parent / "introduction.md"
DOCUMENT = "application/vnd.oai.openapi+json"
EXTRAS = {
    "explain": "Say of every failed item, and of a refused request, what is wrong where, and how long each step took.",
    "partial": "A faulty item fails alone instead of refusing the request.",
    "dry_run": "The same answer, and nothing is stored.",
}
LISTING = (
    parameter("limit", {"type": "integer", "enum": [*views.PAGE_SIZES], "default": views.PAGE_SIZES[0]}, "A page."),
    parameter("page_number", {"type": "integer", "minimum": 1, "default": 1}, "Past the end is an empty list."),
    parameter("sort_type", {"type": "string", "enum": ["asc", "desc"], "default": "asc"}),
)
SUMMARIES = {"POST": "Create or update by link_id", "DELETE": "Delete by link_id", "GET": "List"}
WORDS = {"POST": "link", "DELETE": "delete", "GET": "list"}
TAGS = (
    ("apartments", "Apartments, each at one logical address."),
    ("time-profiles", "When access is open, and what that means in time."),
    ("contacts", "Whom monitors and panels can call."),
    ("states", "The states apartments can be in."),
    ("change-sets", "The records of what was changed."),
    ("change-state", "Changes of many apartments' states, in JSON, XML or as a form."),
    ("devices", "What panels, monitors and their clients speak: bulk calls by link_id, signing in."),
    ("changes", "Every change of a site in order of commit, for those who keep a copy."),
    ("capabilities", "What this server can do."),
    ("description", "This document, and a page to read it."),
)


class Reason(msgspec.Struct):
    param: str
    reason: str


class ItemResult(msgspec.Struct):
    """`errors` with `explain=true`, if it failed."""

    link_id: str | None
    success: bool
    extended_info: Literal[tuple(outcome.value for outcome in Outcome if outcome not in REST_ALONE)]  # type: ignore[valid-type]
    errors: list[Reason] | UnsetType = UNSET


class Results(msgspec.Struct):
    """One result an item, in request order."""

    result: list[ItemResult]


class Detail(msgspec.Struct):
    item: int | None
    link_id: str | None
    param: str
    reason: str


class TextError(msgspec.Struct):
    """`details` with `explain=true`."""

    error: str
    details: list[Detail] | UnsetType = UNSET


class ErrorObject(msgspec.Struct):
    code: Literal["invalid_authentication", "permission_denied", "not_valid", "system_error"]
    message: str
    data: dict[str, str] | UnsetType = UNSET


class ObjectError(msgspec.Struct):
    error: ErrorObject


class Pagination(msgspec.Struct):
    total_items: int
    items_limit: int
    total_pages: int
    current_page: int


class Sort(msgspec.Struct):
    field: str
    asc: bool
    available_fields: list[str]


class ListOption(msgspec.Struct):
    pagination: Pagination
    sort: Sort


class BearerExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "linkmgr.accounts.tokens.BearerToken"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token, made in the admin or by command."}


class DeviceSchema(Description):
    """Of a device-style address: all of it follows from the view's kind and voice, or its `answer` and `query`."""

    @property
    def kind(self) -> Kind | None:
        return getattr(self.view, "kind", None)

    @property
    def word(self) -> str:
        """`contact_v0`: the kind and, of one that has several dialects, its version."""
        version = self.path.split("/")[2]
        return f"{self.kind.name}_{version}" if self.kind and self.kind.name == "contact" else str(self.kind.name)  # type: ignore[union-attr]

    def operation_id(self) -> str:
        if not self.kind:
            return "_".join(reversed(self.path.split("/")[2:]))
        if isinstance(self.view, views.LinkDelete):
            return f"{self.word}_items_link_delete"
        return f"{self.word}_items_{WORDS[self.method]}"

    def tag(self) -> str:
        return "devices"

    def _texts(self) -> dict[str, str]:
        if not self.kind:
            return super()._texts()
        method = "DELETE" if isinstance(self.view, views.LinkDelete) else self.method
        return {"summary": f"{SUMMARIES[method]}: {self.word.replace('_', ', ')}"}

    def parameters(self) -> Iterable[Parameter]:
        if not self.kind:
            return [parameter(name, {"type": "string", "minLength": 1}, required=True) for name in self.view.query]
        if self.method != "GET":
            return [parameter(name, FLAG, text) for name, text in EXTRAS.items()]
        columns = [*self.view.sorting]
        return (*LISTING, parameter("sort_field", {"type": "string", "enum": columns, "default": columns[0]}))

    def request_body(self) -> dict[str, Any] | None:
        if not self.kind or self.method == "GET":
            return None
        upserts = self.method == "POST" and isinstance(self.view, views.LinkItems)
        return body(schema_of(_items(self.kind) if upserts else _link_ids(self.kind), self.registry))

    def responses(self) -> Mapping[int, Response]:
        error = ObjectError if self.path.startswith(OBJECT_VOICE_PATHS) else TextError
        told = content(schema_of(error, self.registry))
        return {200: self._good(), **faults(self._statuses(), lambda _: told)}

    def _statuses(self) -> tuple[int, ...]:
        if not self.kind:
            return (*self.view.statuses, 429, 503)
        return (400, 401, 403, 429, 503) if self.method == "GET" else (400, 401, 403, 413, 429, 503)

    def _page(self, kind: Kind) -> Schema:
        """Rows may be from another dialect, or from the admin, so what they hold is not limited by this one."""
        item = members_of(kind.item, self.registry)
        members = {name: _unlimited(schema) for name, schema in item["properties"].items()}
        told = {"type": "object", "properties": members, "required": item["required"]}
        listed = component(f"{kind.item.__name__}Told", told, self.registry)
        option = schema_of(ListOption, self.registry)
        page = {"list_items": {"type": "array", "items": listed}, "list_option": option}
        named = {"type": "object", "properties": page, "required": [*page]}
        return component(f"{kind.item.__name__}Page", named, self.registry)

    def _good(self) -> Response:
        if not self.kind:
            return response("It is so.", content(schema_of(self.view.answer, self.registry)))
        if self.method == "GET":
            return response("A page of what is stored.", content(self._page(self.kind)))
        about = "One result an item, in request order."
        links = self._links() if isinstance(self.view, views.LinkItems) and self.method == "POST" else None
        return response(about, content(schema_of(Results, self.registry)), "X-Change-Set", "Server-Timing", links=links)

    def _links(self) -> dict[str, Any]:
        """To the same row in the resource API."""
        noun = {"timeprofile": "time_profiles"}.get(self.kind.name, f"{self.kind.name}s")  # type: ignore[union-attr]
        first = {"link_id": "$response.body#/result/0/link_id"}
        return {word: link(f"{noun}_{word}", f"To {word} the first.", first) for word in ("retrieve", "delete")}


class Generator(SchemaGenerator):
    """The whole document, with an introduction. Members are named by their keys in addresses."""

    def coerce_path(self, path: str, method: str, view: Any) -> str:
        key = getattr(getattr(view, "resource", None), "key", "id")
        coerced = super().coerce_path(path, method, view)  # type: ignore[no-untyped-call]
        return str(coerced).replace("{key}", f"{{{key}}}")

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        document: dict[str, Any] = super().get_schema(public=True)  # type: ignore[no-untyped-call]
        document["info"]["description"] = INTRODUCTION.read_text()
        document["tags"] = [{"name": name, "description": text} for name, text in TAGS]
        return document


@cache
def document() -> bytes:
    """The same for everybody, so it is made once."""
    made = Generator().get_schema()  # type: ignore[no-untyped-call]
    return json.dumps(made, ensure_ascii=False, indent=1).encode() + b"\n"


def _items(kind: Kind) -> type[msgspec.Struct]:
    listed = Annotated[list[kind.item], Meta(min_length=kind.min_items, max_length=kind.max_items)]  # type: ignore[name-defined]
    return msgspec.defstruct(f"{kind.item.__name__}s", [("list_items", listed)])


def _link_ids(kind: Kind) -> type[msgspec.Struct]:
    listed = Annotated[list[LinkId], Meta(min_length=kind.min_items, max_length=kind.max_items)]
    return msgspec.defstruct(f"{kind.item.__name__}LinkIds", [("link_ids", listed)])


def _unlimited(schema: Schema) -> Schema:
    return {"type": "string"} if schema.get("type") == "string" and "format" not in schema else schema
