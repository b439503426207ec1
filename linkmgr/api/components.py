"""Structs as components of the OpenAPI document: msgspec knows their JSON Schema."""

from typing import Any

import msgspec
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

REF = "#/components/schemas/{name}"


def schema_of(kind: Any, auto_schema: AutoSchema, *, own: str = "") -> Any:
    """The schema of a type. Structs in it become components, but for the one whose schema it is: `own` is its name."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template=REF)
    if own:
        schema = components.pop(own)
    for name, part in components.items():
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=name, type=ResolvedComponent.SCHEMA, schema=_typed(part), object=name
        )
        auto_schema.registry.register_on_missing(component)
    return _typed(schema)


def _typed(schema: Any) -> Any:
    """msgspec leaves the type of an enum unsaid, which the generator cannot do without."""
    if isinstance(schema, list):
        return [_typed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    typed = {name: _typed(part) for name, part in schema.items()}
    return {"type": "string", **typed} if "enum" in typed and "type" not in typed else typed
