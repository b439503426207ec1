"""What the query string of a collection asks for. Whatever it does not know, it refuses."""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from rest_framework.request import Request

from linkmgr.api.rest.problems import Error, Refusal
from linkmgr.api.rest.resource import Resource
from linkmgr.flags import yes_or_no

DEFAULT_LIMIT, MOST_A_PAGE = 100, 1_000
FAULTY = 400
LIMIT = re.compile(r"[1-9][0-9]{0,8}")
PAGING = ("limit", "after", "ordering", "search", "fields", "count")


class Query(NamedTuple):
    """`ordering` are columns, with a minus for descending; the key is one of them, so no two rows are alike."""

    limit: int
    after: str
    ordering: tuple[str, ...]
    search: str
    fields: tuple[str, ...]
    total: bool


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """Raises Refusal for parameters that mean nothing here, come twice, or say nothing."""
    errors = []
    for name, values in request.GET.lists():
        if name not in known:
            errors.append(Error(name, "unknown_parameter", "is not a parameter here"))
        elif len(values) > 1:
            errors.append(Error(name, "repeated", "must come once"))
        elif not values[0] or "\0" in values[0]:
            errors.append(Error(name, "empty" if not values[0] else "not_allowed", "must say something, without NUL"))
    if errors:
        raise Refusal(FAULTY, *errors)


def all_of(*readings: Callable[[], Any]) -> list[Any]:
    """What each of them reads. Raises Refusal with what all of them find, one fault a parameter."""
    values, faults = [], dict[str, Error]()
    for reading in readings:
        try:
            values.append(reading())
        except Refusal as refusal:
            if refusal.status != FAULTY:
                raise
            for error in refusal.errors:
                faults.setdefault(error.path, error)
    if faults:
        raise Refusal(FAULTY, *faults.values())
    return values


def read_query(request: Request, resource: Resource) -> Query:
    """Raises Refusal."""
    limit, ordering, fields, total = all_of(
        lambda: read_limit(request),
        lambda: _ordering(request.GET.get("ordering"), resource),
        lambda: read_fields(request, resource),
        lambda: read_switch(request, "count"),
    )
    return Query(limit, request.GET.get("after", ""), ordering, request.GET.get("search", ""), fields, total)


def read_fields(request: Request, resource: Resource) -> tuple[str, ...]:
    """The members that `fields=` picks, in the order of the resource; all of them without it."""
    members = resource.shown.__struct_fields__
    asked = request.GET.get("fields")
    if asked is None:
        return members
    names = set(asked.split(","))
    if unknown := sorted(names - set(members)):
        raise _refused("fields", "not_one_of", f"has no {', '.join(unknown)}; there are {', '.join(members)}")
    return tuple(name for name in members if name in names)


def read_switch(request: Request, name: str) -> bool:
    flag = yes_or_no(request.GET.get(name, "false"))
    if flag is None:
        raise _refused(name, "wrong_type", "must be true or false")
    return flag


def read_limit(request: Request) -> int:
    """Raises Refusal."""
    text = request.GET.get("limit", str(DEFAULT_LIMIT))
    if not LIMIT.fullmatch(text) or int(text) > MOST_A_PAGE:
        raise _refused("limit", "out_of_range", f"must be 1 to {MOST_A_PAGE}")
    return int(text)


def _ordering(text: str | None, resource: Resource) -> tuple[str, ...]:
    names = [(name.removeprefix("-"), "-" if name.startswith("-") else "") for name in _asked(text, resource)]
    columns = [(resource.sorting[name], down) for name, down in names]
    if resource.key not in dict(columns):
        columns.append((resource.key, columns[-1][1]))
    return tuple(f"{down}{column}" for column, down in columns)


def _asked(text: str | None, resource: Resource) -> tuple[str, ...]:
    if text is None:
        return resource.ordering
    names = tuple(text.split(","))
    bare = [name.removeprefix("-") for name in names]
    if unknown := sorted(set(bare) - set(resource.sorting)):
        known = ", ".join(resource.sorting)
        raise _refused("ordering", "not_one_of", f"cannot be by {', '.join(unknown)}; there are {known}")
    if len(set(bare)) < len(bare):
        raise _refused("ordering", "repeated", "names a member twice")
    return names


def _refused(name: str, code: str, text: str) -> Refusal:
    return Refusal(FAULTY, Error(name, code, text))
