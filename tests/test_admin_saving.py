"""Saving and deleting in the admin: signed, written only when something changed, and never in another's way."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apartments.models import Apartment, ApartmentChange
from contacts.models import Contact, ContactChange
from linkmgr.history.models import ChangeSet
from tests.make import APARTMENTS, CONTACTS_V0, TIME_PROFILES, Estate, apartment, contact, custom, time_profile
from tests.operators import errors, operator, page, save, text, user_of
from timeprofiles.models import TimeProfile


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


@pytest.fixture
def flat(home: Estate) -> Apartment:
    home.post(APARTMENTS, apartment("1-1-1-1"))
    return Apartment.objects.get()


def new_apartment(**fields: Any) -> dict[str, Any]:
    return {"apartment_name": "Flat", "building": 1, "unit": 2, "floor": 3, "room": 4, **fields}


def test_a_new_row_is_signed_by_its_operator(client: Client, home: Estate) -> None:
    assert save(client, page(Apartment, "add"), **new_apartment()).status_code == 302
    change_set = ChangeSet.objects.get()
    assert (change_set.by, change_set.site, change_set.via) == (user_of(client), home.site, "admin")
    assert change_set.request_id
    assert change_set.counts == {"apartment": {"insert": 1}}


def test_a_change_is_signed_and_moves_the_time_of_change(client: Client, flat: Apartment) -> None:
    save(client, page(Apartment, "change", flat.pk), apartment_name="New")
    entry = ApartmentChange.objects.first()
    assert (entry.apartment_name, entry.change_set.via, entry.pgh_label) == ("New", "admin", "update")
    before, created = flat.updated_at, flat.created_at
    flat.refresh_from_db()
    assert flat.updated_at > before
    assert flat.created_at == created


def test_deleting_is_signed(client: Client, flat: Apartment) -> None:
    assert client.post(page(Apartment, "delete", flat.pk), {"post": "yes"}).status_code == 302
    assert not Apartment.objects.exists()
    assert ChangeSet.objects.filter(via="admin").get().counts == {"apartment": {"delete": 1}}


@pytest.mark.parametrize(
    ("path", "item", "model"),
    [
        (APARTMENTS, apartment("1-1-1-1"), Apartment),
        (CONTACTS_V0, contact(name=" spaces around "), Contact),
        (TIME_PROFILES, time_profile({"repeat_type": "day", "repeat_end": {"format": "never"}}), TimeProfile),
        (TIME_PROFILES, time_profile(custom("week", ["MON"])), TimeProfile),
    ],
)
def test_saving_without_a_change_writes_nothing(
    client: Client, home: Estate, path: str, item: Any, model: type[Any]
) -> None:
    assert home.outcomes(path, item) == ["created"]
    stored = model.objects.values().get()
    assert save(client, page(model, "change", stored["id"])).status_code == 302
    assert model.objects.values().get() == stored
    assert ChangeSet.objects.count() == 1
    assert not LogEntry.objects.exists()


def test_another_spelling_is_no_change(client: Client, home: Estate) -> None:
    home.post(TIME_PROFILES, time_profile())
    profile = TimeProfile.objects.get()
    same = {
        "link_id": str(profile.link_id).upper(),
        "date_from": "1767254400",
        "repeat_options": '{"repeat_enable":false}',
    }
    assert save(client, page(TimeProfile, "change", profile.pk), **same).status_code == 302
    assert ChangeSet.objects.count() == 1


def test_only_what_changed_is_written(client: Client, flat: Apartment) -> None:
    with CaptureQueriesContext(connection) as queries:
        save(client, page(Apartment, "change", flat.pk), residents_count=5)
    updates = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "apartments_apartment"')]
    assert [{*re.findall(r'"(\w+)" =', sql.split(" WHERE ")[0])} for sql in updates] == [
        {"residents_count", "updated_at"}
    ]


@pytest.mark.parametrize("field", ["link_id", "address"])
def test_a_duplicate_is_told_on_the_form(client: Client, flat: Apartment, field: str) -> None:
    same = {"link_id": flat.link_id} if field == "link_id" else {"unit": 1, "floor": 1, "room": 1}
    told = errors(save(client, page(Apartment, "add"), **new_apartment(**same)))
    texts = {"link_id": "This link_id is stored already.", "address": "Another apartment has this address."}
    assert told == {"__all__": [texts[field]]}


@pytest.mark.parametrize("field", ["link_id", "address"])
def test_a_duplicate_of_another_row_is_told_on_a_change(client: Client, home: Estate, field: str) -> None:
    home.post(APARTMENTS, apartment("1-1-1-1"), apartment("1-1-1-2"))
    one, two = Apartment.objects.order_by("room")
    same = {"link_id": one.link_id} if field == "link_id" else {"room": 1}
    assert "__all__" in errors(save(client, page(Apartment, "change", two.pk), **same))


def test_the_same_row_at_another_site_is_no_duplicate(client: Client, away: Estate) -> None:
    away.post(APARTMENTS, apartment("1-2-3-4"))
    same = Apartment.objects.get().link_id
    assert save(client, page(Apartment, "add"), **new_apartment(link_id=same)).status_code == 302


def test_a_row_deleted_meanwhile_is_not_found(client: Client, flat: Apartment) -> None:
    address = page(Apartment, "change", flat.pk)
    data = {"link_id": uuid4(), **new_apartment()}
    Apartment.objects.all().delete()
    assert client.post(address, data).status_code == 404
    assert not Apartment.objects.exists()


def ask(client: Client, model: type[Any], chosen: list[int], *, across: bool = False) -> HttpResponse:
    """Select rows, or with `across` everything listed, and choose to delete them."""
    action = {"action": "delete_selected", "index": "0", "select_across": "1" if across else "0"}
    return client.post(page(model, "changelist"), action | {"_selected_action": chosen})


def confirm(client: Client, model: type[Any], asked: HttpResponse) -> HttpResponse:
    """Press the button of the page that asks."""
    hidden = re.findall(r'<input type="hidden" name="(.+?)" value="(.*?)">', asked.content.decode())
    posted: dict[str, list[str]] = {}
    for name, value in hidden:
        posted.setdefault(name, []).append(value)
    return client.post(page(model, "changelist"), posted)


def test_everything_a_search_found_is_deleted_after_asking(client: Client, home: Estate) -> None:
    home.post(APARTMENTS, *(apartment(apartment_name=f"Flat {number}") for number in range(1_200)))
    asked = ask(client, Apartment, list(Apartment.objects.values_list("pk", flat=True)[:50]), across=True)
    assert "Delete 1200 apartments?" in text(asked)
    assert "… and 1,180 more" in text(asked)
    assert len(asked.content) < 20_000
    assert Apartment.objects.count() == 1_200
    assert confirm(client, Apartment, asked).status_code == 302
    assert not Apartment.objects.exists()
    assert ChangeSet.objects.get(via="admin").counts == {"apartment": {"delete": 1_200}}


def test_what_came_after_asking_is_not_deleted_unseen(client: Client, flat: Apartment, home: Estate) -> None:
    asked = ask(client, Apartment, [flat.pk], across=True)
    home.post(APARTMENTS, apartment())
    assert "Meanwhile the selection has changed" in text(confirm(client, Apartment, asked))
    assert Apartment.objects.count() == 2


def test_deleting_a_few_takes_those_alone(client: Client, home: Estate) -> None:
    home.post(CONTACTS_V0, *(contact() for _ in range(5)))
    asked = ask(client, Contact, list(Contact.objects.values_list("pk", flat=True)[:2]))
    assert "Delete 2 contacts?" in text(asked)
    confirm(client, Contact, asked)
    assert Contact.objects.count() == 3
    assert ContactChange.objects.filter(pgh_label="delete").count() == 2


def test_rows_of_two_sites_are_deleted_under_two_signatures(home: Estate, away: Estate) -> None:
    home.post(APARTMENTS, apartment(), apartment())
    away.post(APARTMENTS, apartment())
    client = operator(home.site, away.site)
    confirm(client, Apartment, ask(client, Apartment, list(Apartment.objects.values_list("pk", flat=True))))
    counts = {each.site: each.counts for each in ChangeSet.objects.filter(via="admin")}
    assert counts == {home.site: {"apartment": {"delete": 2}}, away.site: {"apartment": {"delete": 1}}}
