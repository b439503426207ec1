"""What is told of an exception: where it came from and what it says, and none of the rows that PostgreSQL adds.

`DETAIL: Failing row contains (…)` and `CONTEXT: COPY stage, line 1: "…"` have names of people, and hashes of passwords.
"""

import sys
from collections.abc import Iterator, MutableMapping
from typing import Any

import psycopg


def one_line(error: BaseException) -> str:
    """Of a fault of the database too, whose other lines may have rows in them."""
    return " ".join((_primary(error) or str(error)).split())


def without_rows(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog's, before the one that writes the trace."""
    told = event.get("exc_info")
    error = told if isinstance(told, BaseException) else told[1] if isinstance(told, tuple) else None
    if told is True:
        error = sys.exception()
    forget_rows(error)
    return event


def forget_rows(error: BaseException | None) -> None:
    """Whoever prints it, and what it came from, prints no row."""
    for each in _chain(error):
        if primary := _primary(each):
            each.args = (primary,)


def _primary(error: BaseException) -> str | None:
    """The first line, if PostgreSQL has said it: to psycopg, or to Django, which repeats it."""
    said = error if isinstance(error, psycopg.Error) else error.__cause__
    return said.diag.message_primary if isinstance(said, psycopg.Error) else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Itself, and whatever it came from."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            waiting += [each.__cause__, each.__context__]
            yield each
