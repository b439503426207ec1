"""The change feed: what it tells, in which order, page by page. Called as a function: the wire has tests of its own."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apartments.models import Apartment
from contacts.models import Contact, ContactChange
from linkmgr.accounts.caller import Caller
from linkmgr.history import feed
from linkmgr.history.entries import entries_of, read
from linkmgr.history.feed import Cursor, UnknownCursor, changes, everything, latest
from linkmgr.history.log import SIGNATURE
from linkmgr.history.models import ChangeSet
from linkmgr.history.signed import signed
from tests.feed import Copy, add_contact, beside, sql, stored, told
from tests.make import APARTMENTS, CONTACTS_V0, TIME_PROFILES, Estate, Item, apartment, contact, time_profile

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 30


@pytest.fixture
def copy(home: Estate) -> Copy:
    return Copy(home.site)


def moved(item: Item, to: Item) -> Item:
    return item | {"apartment_address": to["apartment_address"]}


def test_every_kind_is_told_with_before_and_after(home: Estate, copy: Copy) -> None:
    first, second = contact(name="Old"), contact()
    home.post(CONTACTS_V0, first, second)
    home.post(TIME_PROFILES, time_profile())
    home.post(APARTMENTS, apartment())
    home.post(CONTACTS_V0, first | {"name": "New"})
    home.delete(CONTACTS_V0, [second["link_id"]])
    *_, changed, deleted = entries = copy.follow()
    assert [entry.happened for entry in entries] == ["insert"] * 4 + ["update", "delete"]
    assert (changed.before.name, changed.after.name) == ("Old", "New")
    assert (str(deleted.before.link_id), deleted.after) == (second["link_id"], None)
    assert copy.rows == stored(home.site) != {}


def test_an_entry_names_its_change_set(home: Estate, copy: Copy) -> None:
    answered = home.post(CONTACTS_V0, contact())
    add_contact(home.site, "psql")
    assert [str(entry.change_set) for entry in copy.follow()] == [answered["X-Change-Set"], "None"]


def test_pages_end_anywhere_inside_a_change_set(home: Estate) -> None:
    items = [contact() for _ in range(COUNT)]
    home.post(CONTACTS_V0, *items)
    home.post(CONTACTS_V0, *(item | {"name": "New"} for item in items))
    home.post(APARTMENTS, *(apartment() for _ in range(COUNT)))
    for limit in (1, 7, COUNT, 3 * COUNT, 3 * COUNT + 1):
        copy = Copy(home.site, limit=limit)
        assert len(copy.follow()) == 3 * COUNT
        assert copy.rows == stored(home.site)


def test_the_same_page_is_told_again(home: Estate) -> None:
    home.post(CONTACTS_V0, *(contact() for _ in range(COUNT)))
    first = changes(home.site, after=None, limit=7)
    add_contact(home.site, "later")
    assert [entry.link_id for entry in changes(home.site, after=None, limit=7).entries] == [
        entry.link_id for entry in first.entries
    ]


def test_two_apartments_swap_their_addresses(home: Estate, copy: Copy) -> None:
    first, second = apartment(), apartment()
    home.post(APARTMENTS, first, second)
    assert home.outcomes(APARTMENTS, moved(first, second), moved(second, first)) == ["updated"] * 2
    copy.follow()
    assert copy.rows == stored(home.site)


def test_an_apartment_is_taken_over_with_another_link_id(home: Estate, copy: Copy) -> None:
    first, second = apartment(), apartment()
    home.post(APARTMENTS, first)
    assert home.outcomes(APARTMENTS, moved(second, first)) == ["updated"]
    *_, entry = copy.follow()
    assert [str(row.link_id) for row in (entry.before, entry.after)] == [first["link_id"], second["link_id"]]
    assert copy.rows == stored(home.site)


def test_link_ids_change_and_come_back_within_one_statement(home: Estate, copy: Copy) -> None:
    home.post(APARTMENTS, apartment(), apartment())
    sql("UPDATE apartments_apartment SET link_id = gen_random_uuid()")
    sql(
        "WITH gone AS (DELETE FROM apartments_apartment RETURNING *) INSERT INTO apartments_apartment "
        "(site_id, link_id, building, unit, floor, room, apartment_name) "
        "SELECT site_id, link_id, building, unit, floor, room, 'New' FROM gone"
    )
    copy.follow()
    assert copy.rows == stored(home.site)


def test_a_row_is_deleted_and_made_again_in_one_transaction(home: Estate, copy: Copy) -> None:
    item = contact()
    home.post(CONTACTS_V0, item)
    with transaction.atomic():
        home.delete(CONTACTS_V0, [item["link_id"]])
        home.post(CONTACTS_V0, item | {"name": "Again"})
    assert [entry.happened for entry in copy.follow()] == ["insert", "delete", "insert"]
    assert copy.rows == stored(home.site)


def test_change_sets_may_alternate_within_a_transaction(home: Estate, copy: Copy) -> None:
    add_contact(home.site, "0")
    ids = ["00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"]
    with transaction.atomic():
        for number in range(1, 6):
            sql("SELECT set_config(%s, %s, true)", SIGNATURE, ids[number % 2])
            sql("UPDATE contacts_contact SET name = %s", str(number))
    assert told(copy.follow())[1:] == [("update", str(number)) for number in range(1, 6)]


def test_what_was_undone_is_not_told(home: Estate, copy: Copy) -> None:
    home.post(f"{CONTACTS_V0}?dry_run=true", contact())
    with transaction.atomic():
        add_contact(home.site, "undone")
        transaction.set_rollback(True)
    with transaction.atomic():
        with transaction.atomic():
            add_contact(home.site, "undone")
            transaction.set_rollback(True)
        add_contact(home.site, "kept")
        with transaction.atomic():
            add_contact(home.site, "undone")
            transaction.set_rollback(True)
    assert told(copy.follow()) == [("insert", "kept")]


def test_what_follows_a_signed_part_of_a_transaction_is_not_its_own(home: Estate, copy: Copy) -> None:
    with transaction.atomic():
        add_contact(home.site, "before")
        with signed(Caller(None, home.site, "command")) as signature:
            add_contact(home.site, "signed")
        add_contact(home.site, "after")
    assert {entry.after.name: entry.change_set for entry in copy.follow()} == {
        "before": None,
        "signed": signature.kept,
        "after": None,
    }
    assert ChangeSet.objects.get().counts == {"contact": {"insert": 1}}


def test_history_says_that_nobody_signed_what_psql_did(home: Estate) -> None:
    add_contact(home.site, "psql")
    entries = [*entries_of(Contact)]
    assert [(entry.change_set, entry.changes[0].new) for entry in read(entries)] == [(None, "psql")]
    assert entries[0].change_set_id is not None


def test_a_write_that_touches_nothing_is_no_commit(home: Estate, copy: Copy) -> None:
    sql("DELETE FROM contacts_contact")
    assert (copy.follow(), latest(home.site)) == ([], Cursor(1, 0))


def test_constraints_checked_early_lose_nothing(home: Estate, copy: Copy) -> None:
    with transaction.atomic():
        add_contact(home.site, "1")
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        add_contact(home.site, "2")
        add_contact(home.site, "3")
        sql("SET CONSTRAINTS ALL DEFERRED")
        add_contact(home.site, "4")
    assert [name for _, name in told(copy.follow())] == ["1", "2", "3", "4"]


def test_two_sites_never_mix(home: Estate, away: Estate) -> None:
    home.post(CONTACTS_V0, *(contact() for _ in range(COUNT)))
    away.post(CONTACTS_V0, *(contact() for _ in range(COUNT)))
    with transaction.atomic():
        add_contact(home.site, "home")
        add_contact(away.site, "away")
    sql("UPDATE contacts_contact SET is_favorite = true")
    for site in (home.site, away.site):
        copy = Copy(site)
        assert {entry.after.site_id for entry in copy.follow()} == {site.pk}
        assert copy.rows == stored(site)


def test_from_the_end_only_what_comes_is_told(home: Estate) -> None:
    home.post(CONTACTS_V0, contact())
    end = latest(home.site)
    assert changes(home.site, after=end, limit=10) == ([], end, False)
    add_contact(home.site, "later")
    assert told(changes(home.site, after=end, limit=10).entries) == [("insert", "later")]


def test_a_reader_of_some_rows_sees_them_come_and_go(home: Estate) -> None:
    near, far = apartment("1-1-1-1"), apartment("2-1-1-1")
    copy = Copy(home.site, told={Apartment: lambda row: row.building == 1}, limit=1)
    home.post(APARTMENTS, near, far)
    home.post(CONTACTS_V0, contact())
    home.post(APARTMENTS, moved(near, far), moved(far, near))
    home.delete(APARTMENTS, [near["link_id"]])
    entries = copy.follow()
    happened = {(entry.happened, str(entry.link_id)) for entry in entries}
    assert happened == {("insert", near["link_id"]), ("delete", near["link_id"]), ("insert", far["link_id"])}
    assert [entry.before is None for entry in entries if entry.happened == "insert"] == [True, True]
    assert copy.rows == {key: row for key, row in stored(home.site).items() if row.get("building") == 1} != {}


def test_nobody_is_told_of_kinds_not_asked_for(home: Estate) -> None:
    home.post(CONTACTS_V0, contact())
    assert changes(home.site, after=None, limit=5, told={}) == ([], latest(home.site), False)
    assert changes(home.site, after=None, limit=5, told={Apartment: bool}) == ([], latest(home.site), False)


def test_what_lies_between_the_entries_of_a_long_transaction_takes_pages(
    home: Estate, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "LOOKED_AT", 2)
    with transaction.atomic():
        add_contact(home.site, "early")
        for number in range(5):
            beside(lambda number=number: add_contact(home.site, str(number)))
        add_contact(home.site, "late")
    assert [name for _, name in told(copy.follow())] == ["0", "1", "2", "3", "4", "early", "late"]
    pages = [page := changes(home.site, after=None, limit=1)]
    while page.more:
        pages.append(page := changes(home.site, after=page.next, limit=1))
    assert ([], True) in [(page.entries, page.more) for page in pages]


def test_entries_that_were_removed_stop_nobody(home: Estate) -> None:
    for number in range(5):
        add_contact(home.site, str(number))
    sql("DELETE FROM contacts_contactchange WHERE name < '4'")
    assert told(Copy(home.site, limit=1).follow()) == [("insert", "4")]


def test_the_number_of_queries_does_not_depend_on_that_of_entries(home: Estate) -> None:
    for _ in range(3):
        home.post(APARTMENTS, *(apartment() for _ in range(50)))
        home.post(CONTACTS_V0, *(contact() for _ in range(50)))
    sql("UPDATE contacts_contact SET is_favorite = true")
    counts = []
    for limit in (100, 300):
        with CaptureQueriesContext(connection) as seen:
            assert len(changes(home.site, after=None, limit=limit).entries) == limit
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 9


@pytest.mark.parametrize("cursor", [Cursor(2, 0), Cursor(2**63 - 1, 2**63 - 1), Cursor(1, 1)], ids=str)
def test_a_cursor_of_another_life_of_the_database(home: Estate, cursor: Cursor) -> None:
    """Restored from a backup, say: whoever goes on from there would miss what is numbered again."""
    with pytest.raises(UnknownCursor):
        changes(home.site, after=cursor, limit=5)


def test_any_cursor_within_the_feed_is_answered(home: Estate) -> None:
    home.post(CONTACTS_V0, *(contact() for _ in range(3)))
    for cursor in (Cursor(1, 2**63 - 1), Cursor(0, 5), Cursor(1, 3)):
        assert isinstance(changes(home.site, after=cursor, limit=5), feed.Page)


def test_an_entry_whose_past_is_lost_has_no_before(home: Estate) -> None:
    add_contact(home.site, "1")
    sql("DELETE FROM contacts_contactchange")
    sql("UPDATE contacts_contact SET name = '2'")
    (entry,) = changes(home.site, after=None, limit=5, told=everything()).entries
    assert (entry.happened, entry.before, entry.after.name) == ("update", None, "2")


def test_logged_rows_are_told_whole(home: Estate, copy: Copy) -> None:
    home.post(TIME_PROFILES, item := time_profile())
    (entry,) = copy.follow()
    assert entry.after.repeat_options == item["repeat_options"]
    logged: Any = ContactChange
    assert not logged.objects.exists()
