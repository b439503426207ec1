"""Structs as components of the OpenAPI document: msgspec knows their JSON Schema."""

from collections.abc import Iterator
from typing import Any

import msgspec
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from msgspec import inspect

from linkmgr.api.parts import Schema

REF = "#/components/schemas/{name}"


def schema_of(kind: Any, registry: ComponentRegistry) -> Schema:
    """The schema of a type. Structs in it become components."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template=REF)
    told = {struct.__name__: struct for struct in _structs(kind)}
    for name, part in components.items():
        component(name, {**_tidy(part), **_together(told[name])}, registry)
    tidy: Schema = _tidy(schema)
    return tidy


def members_of(struct: type[msgspec.Struct], registry: ComponentRegistry) -> Schema:
    """The schema of a Struct itself, to be made something of; the Structs in it become components."""
    _, components = msgspec.json.schema_components([struct], ref_template=REF)
    own: Schema = {**_tidy(components[struct.__name__]), **_together(struct)}
    for name, inner in {each.__name__: each for each in _structs(struct) if each is not struct}.items():
        component(name, {**_tidy(components[name]), **_together(inner)}, registry)
    return own


def component(name: str, schema: Schema, registry: ComponentRegistry) -> Schema:
    """A reference to the component of that name, which is this schema."""
    named = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)  # type: ignore[no-untyped-call]
    registry.register_on_missing(named)
    if registry[named].schema != schema:
        raise ValueError(f"two components are called {name}")
    return {"$ref": REF.format(name=name)}


def _together(struct: type[msgspec.Struct]) -> Schema:
    """What a Struct says of its members together: JSON Schema in its class attribute `together`."""
    said: Schema = getattr(struct, "together", {})
    return said


def _structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """Every Struct in a type."""
    known, waiting = set(), [inspect.type_info(kind)]
    while waiting:
        match waiting.pop():
            case inspect.StructType() as found if found.cls not in known:
                known.add(found.cls)
                yield found.cls
                waiting += [field.type for field in found.fields]
            case inspect.Metadata() as found:
                waiting.append(found.type)
            case inspect.UnionType() as found:
                waiting += found.types
            case inspect.ListType() as found:
                waiting.append(found.item_type)
            case inspect.DictType() as found:
                waiting.append(found.value_type)


def _tidy(schema: Any) -> Any:
    """What msgspec leaves unsaid: the type of enums, and that lists may be of anything. Docstrings are on one line, and
    titles that repeat names are left out."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {name: _tidy(part) for name, part in schema.items() if not (name == "title" and isinstance(part, str))}
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(tidy["description"].split())
    if tidy.get("type") == "array":
        tidy.setdefault("items", {})
    return {"type": "string", **tidy} if "enum" in tidy and "type" not in tidy else tidy
