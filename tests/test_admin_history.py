"""History in the admin: of a row, also of a deleted one, and of a change set with all it did."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apartments.models import Apartment
from contacts.models import Contact
from linkmgr.history.entries import Change
from linkmgr.history.log import SIGNATURE
from linkmgr.history.models import ChangeSet
from tests.make import APARTMENTS, CONTACTS_V0, Estate, apartment, contact
from tests.operators import operator, page, save, text


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


@pytest.fixture
def flat(home: Estate) -> Apartment:
    home.post(APARTMENTS, apartment("1-1-1-1", apartment_name="First"))
    return Apartment.objects.get()


def entries(client: Client, address: str, **query: Any) -> list[Any]:
    return list(client.get(address, query).context["entries"])


def test_a_rows_history_is_told_newest_first(client: Client, flat: Apartment) -> None:
    save(client, page(Apartment, "change", flat.pk), apartment_name="Second", floor=7)
    changed, created = entries(client, page(Apartment, "history", flat.pk))
    assert changed.changes == [Change("floor", "1", "7"), Change("name", "First", "Second")]
    assert (changed.change_set.via, created.change_set.via) == ("admin", "api")
    assert (changed.happened, created.happened) == ("changed", "created")
    assert Change("residents", None, "2") in created.changes


def test_a_history_page_names_who_and_links_the_change_set(client: Client, flat: Apartment) -> None:
    shown = client.get(page(Apartment, "history", flat.pk))
    change_set = ChangeSet.objects.get()
    assert str(change_set.by) in text(shown)
    assert page(ChangeSet, "change", change_set.pk) in shown.content.decode()


def test_a_deleted_rows_history_stays(client: Client, flat: Apartment) -> None:
    client.post(page(Apartment, "delete", flat.pk), {"post": "yes"})
    change_set = ChangeSet.objects.get(via="admin")
    address = page(Apartment, "history", flat.pk)
    assert address in client.get(page(ChangeSet, "change", change_set.pk)).content.decode()
    deleted, created = entries(client, address)
    assert (deleted.happened, created.happened) == ("deleted", "created")
    assert Change("name", "First", None) in deleted.changes
    assert "deleted" in text(client.get(address))


def test_a_deleted_rows_history_is_its_sites_own(client: Client, flat: Apartment, away: Estate) -> None:
    flat.delete()
    assert operator(away.site).get(page(Apartment, "history", flat.pk)).status_code == 404


def test_what_psql_changed_is_told_without_a_name(client: Client, flat: Apartment) -> None:
    with connection.cursor() as cursor:  # a test is one transaction, in which the API's signature would still stand
        cursor.execute("SELECT set_config(%s, '', true)", [SIGNATURE])
    Apartment.objects.update(apartment_name="By hand")
    assert "the database itself" in text(client.get(page(Apartment, "history", flat.pk)))


def test_a_long_history_has_pages(client: Client, flat: Apartment) -> None:
    for number in range(101):
        Apartment.objects.update(apartment_name=f"Name {number}")
    address = page(Apartment, "history", flat.pk)
    assert len(entries(client, address)) == 100
    last_changed, created = entries(client, address, p=2)
    assert last_changed.changes == [Change("name", "First", "Name 0")]
    assert created.happened == "created"


def test_names_in_a_history_are_text_and_no_markup(client: Client, home: Estate) -> None:
    home.post(CONTACTS_V0, contact(name="<script>alert(1)</script>"))
    shown = client.get(page(Contact, "history", Contact.objects.get().pk)).content.decode()
    assert "<script>alert" not in shown


def test_a_change_set_tells_each_row_from_what_to_what(client: Client, home: Estate) -> None:
    items = [contact(name=f"Old {number}") for number in range(3)]
    home.post(CONTACTS_V0, *items)
    answer = home.post(CONTACTS_V0, *(item | {"name": "New"} for item in items[:2]), contact())
    address = page(ChangeSet, "change", answer.headers["X-Change-Set"])
    told = {entry.link_id: entry for entry in entries(client, address)}
    assert told[items[0]["link_id"]].changes == [Change("name", "Old 0", "New")]
    assert sorted(entry.happened for entry in told.values()) == ["changed", "changed", "created"]
    assert "1 contact created, 2 changed" in text(client.get(address))


def test_a_big_change_set_has_pages(client: Client, home: Estate) -> None:
    answer = home.post(CONTACTS_V0, *(contact() for _ in range(130)))
    address = page(ChangeSet, "change", answer.headers["X-Change-Set"])
    assert len(entries(client, address)) == 100
    assert len(entries(client, address, kind="contact", p=2)) == 30
    assert len(entries(client, address, kind="nothing", p="x")) == 100


def test_the_queries_of_a_change_set_do_not_grow_with_its_rows(client: Client, home: Estate) -> None:
    counted = []
    for rows in (3, 3, 30):  # the first fills caches
        items = [contact(name="Old") for _ in range(rows)]
        home.post(CONTACTS_V0, *items)
        answer = home.post(CONTACTS_V0, *(item | {"name": "New"} for item in items))
        with CaptureQueriesContext(connection) as captured:
            client.get(page(ChangeSet, "change", answer.headers["X-Change-Set"]))
        counted.append(len(captured))
    assert counted[1] == counted[2]


def test_change_sets_are_found_by_id_and_by_request(client: Client, flat: Apartment) -> None:
    save(client, page(Apartment, "change", flat.pk), apartment_name="Second")
    wanted = ChangeSet.objects.get(via="admin")
    for word in (str(wanted.pk), str(wanted.pk)[:9], wanted.request_id, wanted.request_id[:12]):
        listed = client.get(page(ChangeSet, "changelist"), {"q": word}).context["cl"].result_list
        assert list(listed) == [wanted], word


def test_change_sets_are_filtered_by_what_they_came_through(client: Client, flat: Apartment) -> None:
    listed = client.get(page(ChangeSet, "changelist"), {"via": "admin"}).context["cl"].result_list
    assert list(listed) == []


def test_nobody_edits_history(flat: Apartment) -> None:
    client = operator(superuser=True)
    change_set = ChangeSet.objects.get()
    assert client.get(page(ChangeSet, "add")).status_code == 403
    assert client.post(page(ChangeSet, "change", change_set.pk), {"note": "x"}).status_code == 403
    assert client.post(page(ChangeSet, "delete", change_set.pk), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get(page(ChangeSet, "changelist")).content.decode()
