"""What PostgreSQL did to answer a call: how many rows of which table each statement has read, those of triggers too.

By auto_explain where there is one. The binaries of the wheel have none: there each statement is explained as it comes,
with the statements of triggers left out.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import DatabaseError, connection, transaction

SETTINGS = {
    "log_min_duration": "0",
    "log_analyze": "on",
    "log_timing": "off",
    "log_nested_statements": "on",
    "log_format": "json",
    "log_level": "notice",
}
EXPLAIN = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "
EXPLAINABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


class Read(NamedTuple):
    """How a statement has read a table: by which index (None: from end to end), and how many of its rows."""

    table: str
    index: str | None
    rows: int
    statement: str


@contextmanager
def reads() -> Iterator[list[Read]]:
    """Filled while statements run."""
    seen: list[Read] = []
    with _explained_by_postgresql(seen) if _has_auto_explain() else _explained_here(seen):
        yield seen


def _has_auto_explain() -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOAD 'auto_explain'")
    except DatabaseError:
        return False
    return True


@contextmanager
def _explained_by_postgresql(seen: list[Read]) -> Iterator[None]:
    def note(notice: Any) -> None:
        head, _, plan = str(notice.message_primary).partition("plan:\n")
        if head.startswith("duration:"):
            told = json.loads(plan)
            seen.extend(_of(told["Plan"], told["Query Text"]))

    connection.ensure_connection()
    connection.connection.add_notice_handler(note)
    try:
        _set(SETTINGS)
        yield
        _set({"log_min_duration": "-1"})  # a statement may be told of only when the next one comes
    finally:
        connection.connection.remove_notice_handler(note)


def _set(settings: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute(f"SET LOCAL auto_explain.{name} = '{value}'")


@contextmanager
def _explained_here(seen: list[Read]) -> Iterator[None]:
    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.strip().startswith(EXPLAINABLE):
            with transaction.atomic(), connection.connection.cursor() as cursor:
                (((told,),),) = cursor.execute(EXPLAIN + sql, params).fetchall()
                seen.extend(_of(told["Plan"], sql))
                transaction.set_rollback(True)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield


def _of(node: dict[str, Any], statement: str) -> Iterator[Read]:
    """Of a node of a plan and those below it."""
    if "Relation Name" in node and "Scan" in node["Node Type"]:
        passed_over = sum(value for name, value in node.items() if name.startswith("Rows Removed by"))
        each = node["Actual Rows"] + passed_over
        yield Read(node["Relation Name"], _index(node), round(each * node["Actual Loops"]), statement)
    for below in node.get("Plans", ()):
        yield from _of(below, statement)


def _index(node: dict[str, Any]) -> str | None:
    """Of a bitmap, one of those that it is made of."""
    if "Index Name" in node:
        return str(node["Index Name"])
    return next(filter(None, map(_index, node.get("Plans", ()))), None)
