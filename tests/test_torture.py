"""`linkmgr torture`, once; and that each of the books it compares can be found wrong."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from contacts.models import Contact, ContactChange
from linkmgr.history.models import ChangeSet
from linkmgr.torture.books import RULES, disagreements
from linkmgr.torture.faults import FAULTS
from linkmgr.torture.items import SORTS
from linkmgr.torture.promises import broken, states
from linkmgr.torture.writer import Call
from tests.length import at_length
from tests.make import APARTMENTS, CONTACTS_V0, Estate, Item, apartment, contact
from tests.processes import LINKMGR, environment, processes_on

pytestmark = pytest.mark.any_postgres

CONTACTS = SORTS[1]
TABLE, LOG, CHANGE_SETS = (model._meta.db_table for model in (Contact, ContactChange, ChangeSet))
TAMPERED = {
    "a row is not what its log says last": f"UPDATE {TABLE} SET name = 'other'",
    "a row is gone, and its log does not say so": f"DELETE FROM {TABLE}",
    "the log of a row does not begin with its creation, or has two of one": f"UPDATE {LOG} SET pgh_label = 'update'",
    "an entry without a kept change set": f"DELETE FROM {CHANGE_SETS}",
    "a change set does not count its entries": f'UPDATE {CHANGE_SETS} SET counts = \'{{"contact": {{"insert": 1}}}}\'',
    "an entry lies outside the span of its change set": f"UPDATE {CHANGE_SETS} SET spans = '{{\"contact\": [0, 0]}}'",
}


SHORT = ("kill -9 of a worker", "kill -9 of the web server", "kill -9 of PostgreSQL", "kill -9 of an import")


@pytest.mark.parametrize("faults", [SHORT, pytest.param([*FAULTS], marks=at_length)], ids=["short", "all"])
def test_nothing_that_was_answered_is_lost_or_half_done_whatever_is_killed(faults: Sequence[str]) -> None:
    directory = Path(mkdtemp(prefix="linkmgr-torture-"))
    only = [word for name in faults for word in ("--only", name)]
    command = [*LINKMGR, "torture", "--writers", "3", "--keep", str(directory), *only]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment(), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything agrees." in done.stdout
    assert [name for name in faults if name not in done.stdout] == []
    assert processes_on(directory) == []
    shutil.rmtree(directory)


def tampered(home: Estate, statement: str) -> list[str]:
    """What disagrees after somebody went round the triggers."""
    home.post(CONTACTS_V0, contact(), contact())
    assert [*disagreements(connection.connection)] == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
    return [*disagreements(connection.connection)]


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_of_the_books_can_be_broken(home: Estate, rule: str) -> None:
    assert f"contact: {rule}: " in " ".join(tampered(home, TAMPERED[rule]))


def unkept(home: Estate, stored: list[Item], *calls: Call) -> list[str]:
    """Which promises are broken of somebody who was answered this."""
    line: Any = SimpleNamespace(ask=lambda method, path: home.client.get(path).json())
    keeper = SimpleNamespace(name="a writer", stored={item["link_id"]: item for item in stored}, calls=[*calls])
    return [*broken([keeper], lambda _: CONTACTS, line, connection.connection)]


def written(*items: Item) -> Call:
    return Call("written", TABLE, items[0]["name"], [item["link_id"] for item in items])


def test_a_kept_promise_is_nothing_to_tell(home: Estate) -> None:
    items = [contact(), contact()]
    home.post(CONTACTS_V0, *items)
    assert unkept(home, items, written(*items)) == []


def test_what_is_stored_otherwise_or_not_or_by_nobody_is_told(home: Estate) -> None:
    changed, lost, surplus = contact(), contact(), contact()
    home.post(CONTACTS_V0, changed | {"name": "Other"}, surplus)
    (told,) = unkept(home, [changed, lost])
    assert {item["link_id"] for item in (changed, lost, surplus)} <= {*told.replace(",", "").split()}


def test_a_call_that_was_done_by_halves_is_told(home: Estate) -> None:
    items = [contact(), contact()]
    for item in items:
        home.post(CONTACTS_V0, item)
    assert unkept(home, items, written(*items)) == ["Anna (written 2 rows) left change sets of [1, 1] rows"]


def test_a_deletion_that_was_done_by_halves_is_told(home: Estate) -> None:
    items = [contact(), contact()]
    link_ids = [item["link_id"] for item in items]
    home.post(CONTACTS_V0, *items)
    home.delete(CONTACTS_V0, link_ids[:1])
    deleted = Call("deleted", TABLE, "a stamp", link_ids)
    assert unkept(home, items[1:], deleted) == ["a stamp (deleted 2 rows) left change sets of [1] rows"]


def test_a_state_that_was_lost_is_told(home: Estate) -> None:
    item = apartment()
    home.post(APARTMENTS, item)
    assert [*states(connection.connection, {item["link_id"]: 1})] == []
    assert item["link_id"] in next(states(connection.connection, {item["link_id"]: 2}))
