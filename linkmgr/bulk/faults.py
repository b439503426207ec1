"""Why an item cannot be taken: every fault with its path, found by walking the item beside its msgspec type.

Only items that failed to decode come here, so this may be thorough rather than fast.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple

from msgspec import inspect

Path = tuple[str | int, ...]
UNKNOWN_MEMBER, NO_JSON = "unknown_member", "no_json"
"""Words of faults that any kind's item may have."""


class Problem(Enum):
    MISSING = "missing"
    TYPE = "type"
    VALUE = "value"


class Need(NamedTuple):
    """What a value would have had to be: a JSON type, its bounds (length, size or value) and its choices."""

    type: str
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()


class Fault(NamedTuple):
    """One fault: where in the item, what is wrong, what was needed, and the kind's own word for it, if it has one."""

    path: Path
    problem: Problem
    need: Need = Need("")
    word: str | None = None

    @property
    def param(self) -> str:
        """The bare name of the member at fault (`building`), never a list index."""
        return next((str(step) for step in reversed(self.path) if isinstance(step, str)), "list_items")


def is_text(value: str) -> bool:
    """PostgreSQL stores neither NUL nor half a surrogate pair."""
    return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def find_faults(kind: inspect.Type, value: Any, path: Path = (), word: str | None = None) -> Iterator[Fault]:
    """Every fault of a JSON value read as `kind`, in the order of the members."""
    match kind:
        case inspect.Metadata():
            extra = kind.extra or {}
            yield from find_faults(kind.type, value, path, extra.get("word", word))
        case inspect.StructType():
            yield from _of_object(kind, value, path)
        case inspect.UnionType() if kind.includes_none:
            if value is not None:
                some = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
                yield from find_faults(some, value, path, word)
        case inspect.UnionType():
            yield from _of_union(kind, value, path, word)
        case inspect.ListType():
            yield from _of_array(kind, value, path, word)
        case inspect.StrType() | inspect.LiteralType():
            yield from _of_string(kind, value, path, word)
        case inspect.IntType():
            yield from _of_integer(kind, value, path, word)
        case inspect.BoolType():
            if type(value) is not bool:
                yield Fault(path, Problem.TYPE, Need("boolean"))


def _of_object(kind: inspect.StructType, value: Any, path: Path) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(path, Problem.TYPE, Need("object"))
        return
    for field in kind.fields:
        here = (*path, field.encode_name)
        if field.encode_name in value:
            yield from find_faults(field.type, value[field.encode_name], here)
        elif field.required:
            yield Fault(here, Problem.MISSING)
    if kind.cls.__struct_config__.forbid_unknown_fields:
        known = {field.encode_name for field in kind.fields}
        unknown = (_tellable(name) for name in value if name not in known)
        yield from (Fault((*path, name), Problem.VALUE, word=UNKNOWN_MEMBER) for name in unknown)


def _tellable(name: str) -> str:
    """With halves of surrogate pairs, which no text can hold, as they are escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def _of_union(kind: inspect.UnionType, value: Any, path: Path, word: str | None) -> Iterator[Fault]:
    """Of branches told apart by a tag; `word` is the fault of an unknown tag."""
    objects = [branch for branch in kind.types if isinstance(branch, inspect.StructType)]
    if not isinstance(value, dict):
        yield Fault(path, Problem.TYPE, Need("object"))
        return
    name = str(objects[0].tag_field)
    if name not in value:
        yield Fault((*path, name), Problem.MISSING)
        return
    tags = tuple(str(branch.tag) for branch in objects)
    unknown = [*_of_string(inspect.LiteralType(tags), value[name], (*path, name), word)]
    yield from unknown or _of_object(objects[tags.index(value[name])], value, path)


def _of_array(kind: inspect.ListType, value: Any, path: Path, word: str | None) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield Fault(path, Problem.TYPE, Need("array"))
    elif kind.min_length is not None and len(value) < kind.min_length:
        yield Fault(path, Problem.VALUE, Need("array", kind.min_length, kind.max_length), word)
    else:
        for index, member in enumerate(value):
            yield from find_faults(kind.item_type, member, (*path, index))


def _of_string(
    kind: inspect.StrType | inspect.LiteralType, value: Any, path: Path, word: str | None
) -> Iterator[Fault]:
    if isinstance(kind, inspect.LiteralType):
        choices = tuple(str(choice) for choice in kind.values)
        need, fits = Need("string", choices=choices), value in choices if isinstance(value, str) else False
    else:
        need = Need("string", kind.min_length, kind.max_length)
        fits = isinstance(value, str) and _fits(kind, value)
    if not isinstance(value, str):
        yield Fault(path, Problem.TYPE, need)
    elif not fits:
        yield Fault(path, Problem.VALUE, need if is_text(value) else Need("text"), word)


def _fits(kind: inspect.StrType, value: str) -> bool:
    low, high = kind.min_length or 0, kind.max_length or len(value)
    return low <= len(value) <= high and is_text(value) and bool(re.search(kind.pattern or "", value))


def _of_integer(kind: inspect.IntType, value: Any, path: Path, word: str | None) -> Iterator[Fault]:
    need = Need("integer", kind.ge, kind.le)
    if type(value) is not int:
        yield Fault(path, Problem.TYPE, need)
    elif not (kind.ge if kind.ge is not None else value) <= value <= (kind.le if kind.le is not None else value):
        yield Fault(path, Problem.VALUE, need, word)
