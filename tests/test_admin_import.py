"""The admin's import: a file is uploaded, looked at, and applied exactly as it was shown."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apartments.models import Apartment
from contacts.models import Contact
from linkmgr.files.models import Piece, PlannedPage, Upload
from linkmgr.history.models import ChangeSet
from tests.files import csv_of
from tests.imports import content_of, preview, rows, step, tabs, upload, upload_items
from tests.make import APARTMENTS, CONTACTS_V0, TIME_PROFILES, Estate, apartment, contact, link_id, time_profile
from tests.operators import operator, page, text, user_of
from timeprofiles.models import TimeProfile


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


# ── the whole walk ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["estate.csv", "estate.csv.gz", "estate.xlsx", "estate.json", "estate.ndjson"])
def test_a_file_of_any_format_is_previewed_and_applied(home: Estate, client: Client, tmp_path: Path, name: str) -> None:
    items = [apartment(apartment_name=f"Flat {number}") for number in range(3)]
    shown = upload(client, home.site, content_of(tmp_path, name, items), name)
    assert tabs(shown) == {"created": 3}
    assert not Apartment.objects.exists()
    assert f"Applied {name}: 3 created, 0 changed." in text(step(client, "apply"))
    assert {*home.listed(APARTMENTS)} == {item["link_id"] for item in items}


@pytest.mark.parametrize(
    ("model", "path", "item"), [(TimeProfile, TIME_PROFILES, time_profile()), (Contact, CONTACTS_V0, contact())]
)
def test_the_other_kinds_are_imported_too(home: Estate, client: Client, model: Any, path: str, item: Any) -> None:
    assert tabs(upload(client, home.site, csv_of([item]), model=model)) == {"created": 1}
    step(client, "apply", model=model)
    assert [*home.listed(path)] == [item["link_id"]]


def test_it_is_signed_by_the_operator(home: Estate, client: Client) -> None:
    upload_items(client, home.site, [apartment()])
    applied = step(client, "apply")
    change_set = ChangeSet.objects.get()
    assert (change_set.by, change_set.site, change_set.via) == (user_of(client), home.site, "admin")
    assert change_set.request_id
    assert page(ChangeSet, "change", change_set.pk) in applied.content.decode()


def test_the_preview_shows_what_would_happen_old_and_new(home: Estate, client: Client) -> None:
    moved, same, new = apartment(apartment_name="Old"), apartment(), apartment("7-1-2-3", apartment_name="Fresh")
    home.post(APARTMENTS, moved, same)
    shown = upload_items(client, home.site, [moved | {"apartment_name": "New"}, same, new])
    assert tabs(shown) == {"created": 1, "changed": 1, "unchanged": 1}
    assert rows(shown) == [
        f"4 {new['link_id']} Fresh building 7 unit 1 floor 2 room 3 name Fresh residents 2 state Active"
    ]
    assert rows(preview(client, tab="changed")) == [f"2 {moved['link_id']} New name Old → New"]
    assert rows(preview(client, tab="unchanged")) == [f"3 {same['link_id']}"]


def test_a_row_for_which_a_later_one_stands_is_told(home: Estate, client: Client) -> None:
    item = apartment(apartment_name="First")
    shown = upload_items(client, home.site, [item, item | {"apartment_name": "Last"}])
    assert tabs(shown) == {"created": 1, "superseded": 1}
    assert "A later row of the same link_id stands" in text(preview(client, tab="superseded"))
    step(client, "apply")
    assert Apartment.objects.get().apartment_name == "Last"


def test_where_nothing_would_change_there_is_nothing_to_apply(home: Estate, client: Client) -> None:
    item = apartment()
    home.post(APARTMENTS, item)
    shown = upload_items(client, home.site, [item])
    assert "Nothing would change: the file has what is stored." in text(shown)
    assert "Apply" not in shown.content.decode()
    assert "Nothing changed" in text(step(client, "apply"))


def test_a_file_without_rows_is_told(home: Estate, client: Client) -> None:
    assert "The file has no rows." in text(upload(client, home.site, "link_id,apartment_name\n"))


def test_a_long_preview_has_pages(home: Estate, client: Client) -> None:
    shown = upload_items(client, home.site, [apartment() for _ in range(250)])
    assert len(rows(shown)) == 100
    last = preview(client, tab="created", p=3)
    assert len(rows(last)) == 50
    assert "Rows 201 to 250 of 250" in text(last)


def test_the_queries_of_a_preview_do_not_grow_with_its_rows(home: Estate, client: Client) -> None:
    counts = []
    for number in (1, 3, 300):
        upload_items(client, home.site, [apartment() for _ in range(number)])
        with CaptureQueriesContext(connection) as queries:
            preview(client)
        counts.append(len(queries))
    assert counts[1] == counts[2]  # the first request fills Django's own caches


# ── refused rows ─────────────────────────────────────────────────────────────────────────────────────────────────────


def refused_and_good() -> list[Any]:
    return [apartment(), apartment(apartment_name=" ", link_id="nope"), apartment("0-1-1-1")]


def test_refused_rows_are_told_with_column_value_and_reason(home: Estate, client: Client) -> None:
    items = refused_and_good()
    assert tabs(upload_items(client, home.site, items)) == {"created": 1, "refused": 2}
    assert rows(preview(client, tab="refused")) == [
        "3 link_id nope must be a uuid",
        "apartment_name must have 1 to 255 characters on one line, and no space at its ends",
        f"4 {items[2]['link_id']} building 0 must be 1 to 9999",
    ]
    assert "1 created, 0 changed. 2 rows were refused." in text(step(client, "apply"))


@pytest.mark.parametrize(("name", "ending"), [("a.csv", "csv"), ("a.xlsx", "xlsx"), ("a.ndjson", "ndjson")])
def test_refused_rows_are_downloaded_corrected_and_uploaded(
    home: Estate, client: Client, tmp_path: Path, name: str, ending: str
) -> None:
    upload(client, home.site, content_of(tmp_path, name, refused_and_good()), name)
    answer = client.get(page(Apartment, "import_refused", Upload.objects.get().pk))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="apartments-refused.{ending}"'
    again = upload(client, home.site, b"".join(answer.streaming_content), f"refused.{ending}")
    assert tabs(again) == {"refused": 2}


@pytest.mark.parametrize("value", ["\0", "\ud800", "x" * 100_000, [1], {"a": "\0"}, None], ids=lambda it: repr(it)[:9])
def test_whatever_was_refused_can_be_shown(home: Estate, client: Client, tmp_path: Path, value: Any) -> None:
    content = content_of(tmp_path, "a.ndjson", [apartment(apartment_name=value)])
    assert tabs(upload(client, home.site, content, "a.ndjson")) == {"refused": 1}
    answer = client.get(page(Apartment, "import_refused", Upload.objects.get().pk))
    assert b"".join(answer.streaming_content)


def test_markup_in_a_file_is_only_text(home: Estate, client: Client) -> None:
    shown = upload_items(client, home.site, [apartment(apartment_name="<b>x</b>")], name="<i>.csv")
    assert "<b>x" not in shown.content.decode()
    assert "<i>.csv" not in shown.content.decode()


# ── exactly what was shown ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_row_that_moved_meanwhile_is_named_and_nothing_is_done(home: Estate, client: Client) -> None:
    item, other = apartment(apartment_name="Old"), apartment()
    home.post(APARTMENTS, item)
    upload_items(client, home.site, [other, item | {"apartment_name": "New"}])
    home.post(APARTMENTS, item | {"apartment_name": "Moved"})
    told = step(client, "apply")
    assert "Nothing was done: 1 row would no longer become what the preview showed." in text(told)
    assert rows(told) == [f"3 {item['link_id']} changed name Old → New changed name Moved → New"]
    assert [row.apartment_name for row in Apartment.objects.all()] == ["Moved"]
    assert ChangeSet.objects.filter(via="admin").count() == 0


@pytest.mark.parametrize("number", [0, 1, 2], ids=["created", "changed", "unchanged"])
def test_any_row_that_would_become_something_else_is_told(home: Estate, client: Client, number: int) -> None:
    items = [apartment(f"1-1-1-{at}", apartment_name="Old") for at in range(3)]
    home.post(APARTMENTS, *items[1:])
    upload_items(client, home.site, [items[0], items[1] | {"apartment_name": "New"}, items[2]])
    home.post(APARTMENTS, items[number] | {"apartment_name": "Moved"})
    assert [row[:38] for row in rows(step(client, "apply"))] == [f"{number + 2} {items[number]['link_id']}"]


def test_a_row_that_could_be_taken_by_now_is_not(home: Estate, client: Client) -> None:
    holder, wanting = apartment("1-1-1-1"), apartment("1-1-1-1")
    home.post(APARTMENTS, holder, apartment("2-1-1-1", link_id=wanting["link_id"]))
    assert tabs(upload_items(client, home.site, [wanting, apartment()])) == {"created": 1, "refused": 1}
    Apartment.objects.filter(link_id=holder["link_id"]).delete()
    assert "1 row would no longer" in text(step(client, "apply"))
    assert Apartment.objects.count() == 1


def test_what_the_import_does_not_touch_may_move(home: Estate, client: Client) -> None:
    item = apartment(apartment_name="Old")
    home.post(APARTMENTS, item)
    upload(client, home.site, csv_of([item | {"apartment_name": "New"}]))
    home.post(APARTMENTS, apartment())
    assert "0 created, 1 changed." in text(step(client, "apply"))


def test_a_moved_upload_is_previewed_again_and_applied(home: Estate, client: Client) -> None:
    item = apartment(apartment_name="Old")
    home.post(APARTMENTS, item)
    upload_items(client, home.site, [item | {"apartment_name": "New"}])
    home.post(APARTMENTS, item | {"apartment_name": "Moved"})
    step(client, "apply")
    assert "name Moved → New" in rows(step(client, "again"))[0]
    step(client, "apply")
    assert Apartment.objects.get().apartment_name == "New"


def test_it_is_applied_once(home: Estate, client: Client) -> None:
    upload_items(client, home.site, [apartment()])
    step(client, "apply")
    assert "Already applied: estate.csv." in text(step(client, "apply"))
    assert "Already applied: estate.csv." in text(preview(client))
    assert ChangeSet.objects.count() == 1


def test_an_applied_upload_leaves_neither_content_nor_plan(home: Estate, client: Client) -> None:
    upload_items(client, home.site, [apartment(), apartment(link_id="x")])
    assert (Piece.objects.count(), PlannedPage.objects.count()) == (1, 2)
    step(client, "apply")
    assert (Piece.objects.count(), PlannedPage.objects.count()) == (0, 0)


def test_starting_over_forgets_the_upload(home: Estate, client: Client) -> None:
    upload_items(client, home.site, [apartment()])
    assert "Upload and preview" in step(client, "discard").content.decode()
    assert (Upload.objects.count(), Piece.objects.count(), PlannedPage.objects.count()) == (0, 0, 0)
    assert link_id() not in text(client.get(page(Apartment, "import")))
