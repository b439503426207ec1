"""A clock that jumps back: nothing is refused, lost or put in another order for it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client

from contacts.models import Contact, ContactChange
from linkmgr.accounts.tokens import make_token
from linkmgr.history.entries import entries_of, read
from tests.make import CONTACTS_V0, Estate, contact

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_token_made_tomorrow_works_today_and_ends_when_it_was_to(home: Estate) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        _, text = make_token(home.membership, expires=DAY)
        client = Client(headers={"authorization": f"Bearer {text}"})
        traveller.move_to(NOW - DAY)
        before = client.get(CONTACTS_V0).status_code
        traveller.move_to(NOW + DAY + timedelta(seconds=1))
        assert (before, client.get(CONTACTS_V0).status_code) == (200, 401)


@pytest.fixture
def from_tomorrow(home: Estate) -> dict[str, object]:
    """A contact that PostgreSQL stored while its clock was a day ahead."""
    item = contact()
    home.post(CONTACTS_V0, item)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for model, column in ((Contact, "updated_at"), (ContactChange, "pgh_created_at")):
            cursor.execute(f"UPDATE {model._meta.db_table} SET {column} = {column} + interval '1 day'")
        cursor.execute("SET LOCAL session_replication_role = origin")
    return item


def test_what_came_later_is_later_in_history_whatever_the_clock_said(
    home: Estate, from_tomorrow: dict[str, object]
) -> None:
    assert home.outcomes(CONTACTS_V0, from_tomorrow | {"name": "Later"}) == ["updated"]
    latest, first = read(entries_of(Contact)[:2])
    assert (latest.happened, first.happened) == ("changed", "created")
    assert [(change.name, change.old, change.new) for change in latest.changes] == [("name", "Anna", "Later")]
    assert latest.when < first.when


def test_the_same_item_again_writes_nothing_whatever_the_clock_said(
    home: Estate, from_tomorrow: dict[str, object]
) -> None:
    before = Contact.objects.get().updated_at
    assert home.outcomes(CONTACTS_V0, from_tomorrow) == ["updated"]
    assert (Contact.objects.get().updated_at, ContactChange.objects.count()) == (before, 1)  # type: ignore[attr-defined]
