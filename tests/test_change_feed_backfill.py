"""History from before commits were noted: a feed that is read from the beginning tells it too."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import transaction

from linkmgr.accounts.models import Site
from linkmgr.history.log import logs
from linkmgr.history.models import ChangeSet, Commit
from tests.feed import Copy, add_contact, beside, sql, stored, told
from tests.make import APARTMENTS, CONTACTS_V0, Estate, apartment, contact

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = {"apartments": "0004", "contacts": "0002", "timeprofiles": "0002", "history": "0002"}


def migrate(*target: str) -> None:
    call_command("migrate", *target, verbosity=0, interactive=False)


@pytest.fixture
def old(home: Estate) -> Iterator[Estate]:
    """The database as it was before; at the end of the test as it is now, whatever the test did."""
    for app, name in BEFORE.items():
        migrate(app, name)
    yield home
    migrate()


def keep_change_sets(site: Site) -> set[str]:
    """As the version that wrote these logs did; this one keeps what the triggers of today tell it."""
    ids = {entry.change_set_id for log in logs.values() for entry in log.objects.exclude(change_set_id=None)}
    ChangeSet.objects.bulk_create(ChangeSet(id=each, site=site, via="api") for each in ids)
    return {*map(str, ids)}


def test_all_that_stands_in_the_logs_is_told(old: Estate, away: Estate) -> None:
    flat, person = apartment(), contact(name="1")
    old.post(CONTACTS_V0, person, contact())
    old.post(APARTMENTS, flat)
    kept = keep_change_sets(old.site)
    away.post(CONTACTS_V0, contact())
    with transaction.atomic():
        sql("UPDATE contacts_contact SET name = '2'")
        beside(lambda: old.post(CONTACTS_V0, contact(name="beside")))
        add_contact(old.site, "psql")
    old.delete(CONTACTS_V0, [person["link_id"]])
    migrate()
    add_contact(old.site, "new")
    copy = Copy(old.site)
    entries = copy.follow()
    assert copy.rows == stored(old.site) != {}
    assert {str(entry.change_set) for entry in entries} == kept | {"None"}
    assert [name for _, name in told(entries)][-1] == "new"
    assert len(Copy(away.site).follow()) == 2


def test_what_nobody_signed_is_kept_apart_by_transaction(old: Estate) -> None:
    for name in ("1", "2"):
        with transaction.atomic():
            add_contact(old.site, name)
            add_contact(old.site, name)
    migrate()
    assert told(Copy(old.site).follow()) == [("insert", name) for name in "1122"]
    assert Commit.objects.count() == 2


def test_logs_without_entries_are_nothing_to_tell(old: Estate) -> None:
    migrate()
    assert Copy(old.site).follow() == []
