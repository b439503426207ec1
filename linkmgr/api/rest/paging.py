"""Pages by cursor: a page begins after the last row of the one before, wherever in a million rows that is."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from linkmgr.api.rest.problems import Error, Refusal

LONGEST_CURSOR = 32_000
"""Of three texts of 255 characters, each written as \\u0001, some 6 000."""
ROWS_A_LOOK, MOST_LOOKED_AT = 500, 5_000
"""Where rows are judged one by one, a page looks at no more of them than this."""


class Page(NamedTuple):
    """`after` is the cursor of the next page, None on the last one."""

    rows: list[Any]
    after: str | None


class _Cursor(msgspec.Struct, array_like=True):
    ordering: list[str]
    values: list[Any]


def page(
    rows: QuerySet[Any],
    ordering: tuple[str, ...],
    *,
    after: str,
    limit: int,
    keep: Callable[[Any], bool] | None = None,
) -> Page:
    """So many rows in an order whose last column tells any two apart. With `keep` only those it wants: the page may
    then be short, and another follow all the same. Raises Refusal for a cursor that is none."""
    rows = rows.order_by(*ordering)
    if after:
        rows = rows.filter(_beyond(ordering, _values(rows.model, ordering, after)))
    if keep is None:
        found = list(rows[: limit + 1])
        return Page(found[:limit], _cursor(ordering, found[limit - 1]) if len(found) > limit else None)
    return _picked(rows, ordering, limit, keep)


def _picked(rows: QuerySet[Any], ordering: tuple[str, ...], limit: int, keep: Callable[[Any], bool]) -> Page:
    kept: list[Any] = []
    looked, last = 0, None
    for row in _in_looks(rows, ordering):
        if len(kept) == limit or looked == MOST_LOOKED_AT:
            return Page(kept, _cursor(ordering, last))
        looked, last = looked + 1, row
        if keep(row):
            kept.append(row)
    return Page(kept, None)


def _in_looks(rows: QuerySet[Any], ordering: tuple[str, ...]) -> Iterator[Any]:
    look = list(rows[:ROWS_A_LOOK])
    while look:
        yield from look
        full = len(look) == ROWS_A_LOOK
        look = list(rows.filter(_beyond(ordering, _place(ordering, look[-1])))[:ROWS_A_LOOK]) if full else []


def _cursor(ordering: tuple[str, ...], row: Any) -> str:
    cursor = _Cursor(list(ordering), _place(ordering, row))
    return urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _place(ordering: tuple[str, ...], row: Any) -> list[Any]:
    """What the columns of the ordering are on this row."""
    return [getattr(row, name.removeprefix("-")) for name in ordering]


def _values(model: type[Model], ordering: tuple[str, ...], text: str) -> list[Any]:
    """What the columns of the ordering were on the last row. Raises Refusal."""
    try:
        if len(text) > LONGEST_CURSOR or not text.isascii():
            raise ValueError(text)
        cursor = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Cursor)
        if cursor.ordering != list(ordering) or len(cursor.values) != len(ordering):
            raise ValueError(cursor)
        return [_value(model, name, value) for name, value in zip(ordering, cursor.values, strict=True)]
    except (TypeError, ValueError, ValidationError) as error:
        raise Refusal(400, Error("after", "not_allowed", "is no cursor of this list in this ordering")) from error


def _value(model: type[Model], name: str, value: Any) -> Any:
    """As the column holds it. Raises TypeError, ValueError or ValidationError."""
    field = model._meta.get_field(name.removeprefix("-"))
    if isinstance(value, list | dict) or value is None or (isinstance(value, str) and "\0" in value):
        raise ValueError(value)
    value = field.to_python(value)  # type: ignore[union-attr]
    out_of_range = isinstance(value, int) and abs(value) >= 2**63
    if out_of_range or (isinstance(value, datetime) and value.tzinfo is None):
        raise ValueError(value)
    return value


def _beyond(ordering: tuple[str, ...], values: list[Any]) -> Any:
    """What comes after these values. In one direction a comparison of rows, which an index can follow."""
    down = [name.startswith("-") for name in ordering]
    names = [name.removeprefix("-") for name in ordering]
    if len(names) == 1:
        return Q(**{f"{names[0]}__{'lt' if down[0] else 'gt'}": values[0]})
    if len(set(down)) == 1:
        lookup = TupleLessThan if down[0] else TupleGreaterThan
        return lookup(Tuple(*(F(name) for name in names)), values)
    return _step_by_step(names, down, values)


def _step_by_step(names: list[str], down: list[bool], values: list[Any]) -> Q:
    """Directions differ: the first column is beyond, or the same and the second beyond, and so on."""
    beyond = Q()
    for at, name in enumerate(names):
        same = dict(zip(names[:at], values[:at], strict=True))
        beyond |= Q(**same, **{f"{name}__{'lt' if down[at] else 'gt'}": values[at]})
    return beyond
