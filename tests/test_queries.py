"""What each call of the API and each page of the admin costs in queries, whatever the number of rows.

The numbers are those of `queries.json`. One that rises is a fault until somebody says that it is not, and one that
falls is written down, so that it does not rise again unseen: `LINKMGR_TEST_RENEW=1 pytest tests/test_queries.py`
writes what is so now, and the difference shows what has changed.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import get_resolver

from tests import admin_calls, api_calls
from tests.api_calls import Call
from tests.world import World, same, world

FILE = Path(__file__).parent / "queries.json"
SMALL, LARGE = 60, 300
"""Both are more than a page, and more than come with the statement that makes their stage: calls with one item show
that."""
CALLS = [*api_calls.CALLS, *admin_calls.CALLS]
NOT_CALLED = {
    r"admin/r/<content_type_id>/<object_id>": "leads to pages of rows, which have none",
    r"admin/\w+/\w+/<object_id>": "leads to the page of the row",
    r"admin/<url>": "is what is not there",
}
Counts = dict[str, Any]


@pytest.fixture(scope="module")
def counted(django_db_setup: None, django_db_blocker: Any) -> dict[int, Counts]:
    """Queries of each call, or why there is no number, at either size."""
    with django_db_blocker.unblock():
        found = {size: _counts(size) for size in (SMALL, LARGE)}
    if "LINKMGR_TEST_RENEW" in os.environ:
        assert [name for name, number in found[LARGE].items() if isinstance(number, str)] == []
        FILE.write_text(json.dumps(found[LARGE], indent=1) + "\n")
    return found


def _counts(size: int) -> Counts:
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with quick, transaction.atomic():
        site = world(size)
        counts = {each.name: _count(each, site) for each in CALLS}
        transaction.set_rollback(True)
    return counts


def _count(each: Call, site: World) -> int | str:
    fresh = site._replace(operator=same(site.operator), root=same(site.root))
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        response = each.send(fresh)
        if getattr(response, "streaming", False):
            b"".join(response.streaming_content)  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    return len(captured) if response.status_code == each.status else f"was answered {response.status_code}"


def known() -> Counts:
    numbers: Counts = json.loads(FILE.read_text())
    return numbers


@pytest.mark.django_db
@pytest.mark.parametrize("name", [each.name for each in CALLS])
def test_a_call_takes_the_queries_that_are_written_down_whatever_the_rows(
    counted: dict[int, Counts], name: str
) -> None:
    number = known().get(name)
    assert {size: counts[name] for size, counts in counted.items()} == {SMALL: number, LARGE: number}


def test_what_is_written_down_is_called() -> None:
    names = [each.name for each in CALLS]
    assert sorted(names) == sorted(known())


def test_every_address_is_called() -> None:
    """One that is added without a call is a call that nobody counts."""
    called = {f"{each.method} {_bare(each.route)}" for each in CALLS}
    routes = [(route, methods) for route, methods in _routes() if not any(re.fullmatch(it, route) for it in NOT_CALLED)]
    assert {f"{method} {route}" for route, methods in routes for method in methods} - called == set()


def _routes() -> Iterator[tuple[str, set[str]]]:
    """Each address of the URLconf, and the methods that it says it answers: an admin page at least GET, or POST."""
    for route, view in _walk(get_resolver().url_patterns):
        actions, kind = getattr(view, "actions", None), getattr(view, "cls", None)
        if actions:
            yield route, {method.upper() for method in actions} - {"HEAD"}
        elif kind:
            yield route, {m.upper() for m in kind.http_method_names if hasattr(kind, m)} - {"HEAD", "OPTIONS"}
        else:
            yield route, {"POST"} if route.endswith(POSTED) else {"GET"}


POSTED = ("/again", "/apply", "/discard", "/retry", "/logout")


def _walk(patterns: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for each in patterns:
        route = before + str(each.pattern)
        yield from _walk(each.url_patterns, route) if hasattr(each, "url_patterns") else [(_bare(route), each.callback)]


def _bare(route: str) -> str:
    """Without a slash at its end, the types of converters, and what regular expressions have besides."""
    named = re.sub(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)", lambda it: f"<{it[1] or it[2]}>", route)
    return re.sub(r"[\^$]", "", named).strip("/")
