"""How PostgreSQL answers among a hundred thousand rows: what a call needs is found, not looked for in all of them.

A plan is judged by what it has read when it was done, since an index may be walked from end to end too.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from tests import hot_calls
from tests.hot_calls import CALLS, Hot, Scene
from tests.make import estate
from tests.many import TABLES, fill, forget
from tests.plans import Read, reads

pytestmark = pytest.mark.django_db
MOST = 1_500
"""Rows that one part of a plan may read of a table: a hundred are asked for, and each may have some around it."""
FEW = {"accounts_user", "accounts_membership"}
"""A handful at a site, so that looking at them for each row of a page is cheap, and what the planner likes to do."""


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    with django_db_blocker.unblock():
        with transaction.atomic():
            home = estate()
            fill(home)
            yield hot_calls.scene(home)
            transaction.set_rollback(True)
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM {', '.join(TABLES)}")  # or all tests after these would go through what was there


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def seen_of(call: Hot, scene: Scene) -> list[Read]:
    if call.again:
        call.send(scene)
    with reads() as seen:
        call.send(scene)
    assert seen
    return seen


def much(seen: list[Read], apart: dict[str, str]) -> list[Read]:
    """What has read a table as a whole, or much of it, `apart` from tables of which that is right."""
    of_many = [read for read in seen if read.table in TABLES and read.table not in apart.keys() | FEW]
    return [read for read in of_many if read.index is None or read.rows > MOST]


@pytest.mark.parametrize("call", CALLS, ids=[call.name for call in CALLS])
def test_a_call_reads_what_it_needs(scene: Scene, call: Hot) -> None:
    assert much(seen_of(call, scene), call.reads) == []


@pytest.mark.parametrize("call", CALLS, ids=[call.name for call in CALLS])
def test_a_call_reads_what_it_needs_of_tables_that_nobody_has_analysed(scene: Scene, call: Hot) -> None:
    """As after a first load, or a restored backup, until autovacuum comes within a minute."""
    forget()
    assert much(seen_of(call, scene), call.reads | call.unknown) == []
