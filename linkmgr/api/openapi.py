"""What the schema generator needs to know about items and voices: their Structs, and who answers with which."""

from typing import Annotated, Any, Literal

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from msgspec import Meta

from linkmgr.api import views
from linkmgr.api.components import schema_of
from linkmgr.api.errors import OBJECT_VOICE_PATHS
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.outcome import REST_ALONE, Outcome

EXTRAS = {
    "explain": "Say of every failed item, and of a refused request, what is wrong where.",
    "partial": "A faulty item fails alone instead of refusing the request.",
    "dry_run": "The same answer, and nothing is stored.",
}
LISTING = {
    "limit": (OpenApiTypes.INT, "Items a page.", [*views.PAGE_SIZES]),
    "page_number": (OpenApiTypes.INT, "From 1.", None),
    "sort_type": (OpenApiTypes.STR, "Direction.", ["asc", "desc"]),
}
SUMMARIES = {"POST": "Create or update by link_id", "DELETE": "Delete by link_id", "GET": "List"}


class ItemResult(msgspec.Struct):
    link_id: str | None
    success: bool
    extended_info: Literal[tuple(outcome.value for outcome in Outcome if outcome not in REST_ALONE)]  # type: ignore[valid-type]


class Results(msgspec.Struct):
    """One result an item, in request order."""

    result: list[ItemResult]


class TextError(msgspec.Struct):
    error: str


class ErrorObject(msgspec.Struct):
    code: Literal["invalid_authentication", "permission_denied", "not_valid", "system_error"]
    message: str
    data: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


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


class StructExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Items describe themselves: msgspec knows their JSON Schema."""

    target_class = msgspec.Struct
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: str) -> str:
        return str(self.target.__name__)

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> Any:
        return schema_of(self.target, auto_schema, own=self.target.__name__)


class BearerExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "linkmgr.accounts.tokens.BearerToken"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class DeviceSchema(AutoSchema):
    """Of a device-style address: all of it follows from the view's kind and voice."""

    def get_tags(self) -> list[str]:
        return [kind.name] if (kind := self._kind()) else ["device"]

    def get_summary(self) -> str | None:
        if not self._kind():
            return str(self.view.__doc__ or type(self.view).__name__).split("\n")[0]
        return SUMMARIES["DELETE" if isinstance(self.view, views.LinkDelete) else self.method]

    def get_override_parameters(self) -> list[Any]:
        view: Any = self.view
        if self._kind() is None:
            return [OpenApiParameter(name, str, required=True) for name in getattr(view, "query", ())]
        if self.method != "GET":
            return [OpenApiParameter(name, bool, description=text) for name, text in EXTRAS.items()]
        listing = {**LISTING, "sort_field": (OpenApiTypes.STR, "Column to sort by.", list(view.sorting))}
        return [
            OpenApiParameter(name, kind, description=text, enum=enum) for name, (kind, text, enum) in listing.items()
        ]

    def get_request_serializer(self) -> Any:
        kind = self._kind()
        if kind is None or self.method == "GET":
            return None
        upserts = self.method == "POST" and isinstance(self.view, views.LinkItems)
        return _items(kind) if upserts else _link_ids(kind)

    def get_response_serializers(self) -> Any:
        kind = self._kind()
        good = getattr(self.view, "answer", None) if kind is None else _page(kind) if self.method == "GET" else Results
        error = ObjectError if self.path.startswith(OBJECT_VOICE_PATHS) else TextError
        return {200: good or OpenApiTypes.OBJECT} | dict.fromkeys((400, 401, 403, 413, 429, 503), error)

    def _kind(self) -> Kind | None:
        return getattr(self.view, "kind", None)


def _items(kind: Kind) -> type[msgspec.Struct]:
    listed = Annotated[list[kind.item], Meta(min_length=kind.min_items, max_length=kind.max_items)]  # type: ignore[name-defined]
    return msgspec.defstruct(f"{kind.item.__name__}s", [("list_items", listed)])


def _link_ids(kind: Kind) -> type[msgspec.Struct]:
    listed = Annotated[list[str], Meta(min_length=kind.min_items, max_length=kind.max_items)]
    return msgspec.defstruct(f"{kind.item.__name__}LinkIds", [("link_ids", listed)])


def _page(kind: Kind) -> type[msgspec.Struct]:
    members = [("list_items", list[kind.item]), ("list_option", ListOption)]  # type: ignore[name-defined]
    return msgspec.defstruct(f"{kind.item.__name__}Page", members)
