"""Parameters of the resource API as the OpenAPI document tells them."""

from collections.abc import Iterable
from typing import Any

from django_filters import BaseInFilter, CharFilter, ChoiceFilter, Filter, IsoDateTimeFilter, UUIDFilter

from linkmgr.api.models import LONGEST_KEY
from linkmgr.api.parts import FLAG, UUID, Parameter, Schema, parameter
from linkmgr.api.rest import versions
from linkmgr.api.rest.filters import LARGEST, FlagFilter, WholeNumberFilter
from linkmgr.api.rest.query import DEFAULT_LIMIT, MOST_A_PAGE
from linkmgr.api.rest.resource import Resource
from linkmgr.bulk.modes import Mode

SAYING: Schema = {"type": "string", "minLength": 1, "pattern": r"^[^\u0000]+$"}
WITHOUT_COMMA: Schema = {"type": "string", "minLength": 1, "pattern": r"^[^\u0000,]+$"}
TAGS = f"^({versions.TAGS.pattern.replace('?:', '')})$"
FILTERS: tuple[tuple[type[Filter], Schema], ...] = (
    (UUIDFilter, UUID),
    (IsoDateTimeFilter, {"type": "string", "format": "date-time"}),
    (WholeNumberFilter, {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST}),
    (FlagFilter, {"type": "boolean"}),
    (CharFilter, SAYING),
)
LOOKUPS = {
    "exact": "Is this.",
    "iexact": "Is this, whatever the letter case.",
    "lt": "Is less.",
    "lte": "Is this or less.",
    "gt": "Is more.",
    "gte": "Is this or more.",
    "in": "Is one of these.",
    "contains": "Contains this.",
    "icontains": "Contains this, whatever the letter case.",
    "startswith": "Begins with this.",
    "istartswith": "Begins with this, whatever the letter case.",
    "endswith": "Ends with this.",
}
LIMIT = parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST_A_PAGE, "default": DEFAULT_LIMIT},
    "How many a page has.",
)
DRY_RUN = parameter("dry_run", FLAG, "The same answer, and nothing is stored.")
IF_MATCH = parameter(
    "If-Match",
    {"type": "string", "pattern": TAGS},
    "Only if it is still the version of this ETag, else 412; `*`: only if anything is stored.",
    where="header",
)
IF_NONE_MATCH = parameter(
    "If-None-Match",
    {"type": "string", "pattern": TAGS},
    "Reading: 304 if it is still this version. Writing: only if it is another; `*`: only if nothing is stored.",
    where="header",
)
IDEMPOTENCY_KEY = parameter(
    "Idempotency-Key",
    {"type": "string", "pattern": f"^[!-~]{{1,{LONGEST_KEY}}}$"},
    "Under the same key the same request is done once, and answered the same, for 48 hours.",
    where="header",
)
TAGGED = (IF_MATCH, IF_NONE_MATCH)
BULK = (
    parameter(
        "mode",
        {"type": "string", "enum": [*Mode], "default": str(Mode.MERGE)},
        "`create_only` refuses what is stored already, `update_only` what is not.",
    ),
    DRY_RUN,
    parameter("all_or_nothing", FLAG, "One refused item, and nothing is stored: 422."),
    parameter("explain", FLAG, "Tell how long each step took, as `Server-Timing`."),
    IDEMPOTENCY_KEY,
)


def of_list(resource: Resource) -> Iterable[Parameter]:
    yield LIMIT
    yield parameter("after", SAYING, "The cursor of the page, as `next` of the page before has it.")
    yield parameter("ordering", _ordering(resource), "Members to sort by; with a minus, descending. Each once.")
    yield parameter("search", SAYING, "Text to find in any of the members that are searched.")
    yield of_fields(resource)
    yield parameter("count", FLAG, "Tell `total` too. It costs a look at all that is found.")
    for name, each in resource.filters.get_filters().items():
        yield parameter(name, _filter(each), LOOKUPS.get(each.lookup_expr, ""))
    yield from TAGGED


def of_fields(resource: Resource) -> Parameter:
    names = [*resource.shown.__struct_fields__]
    schema = {"type": "array", "minItems": 1, "items": {"type": "string", "enum": names}}
    return parameter("fields", schema, "Members to tell; all of them without it.")


def _ordering(resource: Resource) -> Schema:
    names = [word for name in resource.sorting for word in (name, f"-{name}")]
    listed = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string", "enum": names}}
    return {**listed, "default": [*resource.ordering]}


def _filter(each: Any) -> Schema:
    if hasattr(each, "described"):
        described: Schema = each.described
        return described
    if isinstance(each, ChoiceFilter):
        return {"type": "string", "enum": [value for value, _ in each.extra["choices"]]}
    schema = next(schema for kind, schema in FILTERS if isinstance(each, kind))
    if isinstance(each, BaseInFilter):
        return {"type": "array", "minItems": 1, "items": WITHOUT_COMMA if schema is SAYING else schema}
    return schema
