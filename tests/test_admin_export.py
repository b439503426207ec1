"""Exports of the lists: what the list shows is in the file, and nothing else."""

import csv
import io
import json
import re
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apartments.models import Apartment
from contacts.models import Contact
from linkmgr.accounts.models import Role, Token
from linkmgr.files.formats import Table, open_file
from tests.imports import tabs, upload
from tests.make import APARTMENTS, CONTACTS_V0, TIME_PROFILES, Estate, apartment, contact, custom, time_profile
from tests.operators import operator, page
from timeprofiles.models import TimeProfile

FORMATS = ("csv", "xlsx", "ndjson")


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


def export(client: Client, ending: str = "csv", model: Any = Apartment, **query: Any) -> HttpResponse:
    return whole(client.get(page(model, "export", ending), query))


def whole(response: HttpResponse) -> HttpResponse:
    """Read to its end, or its file would stay open."""
    response.whole = b"".join(response.streaming_content) if response.streaming else b""
    return response


def body(response: HttpResponse) -> bytes:
    content: bytes = response.whole
    return content


def names_in(response: HttpResponse) -> list[str]:
    """Of the apartments in the file."""
    return [row["apartment_name"] for row in csv.DictReader(io.StringIO(body(response).decode("utf-8-sig")))]


def names(client: Client, **query: Any) -> list[str]:
    return names_in(export(client, **query))


def flats(home: Estate, *addresses: str) -> None:
    home.post(APARTMENTS, *(apartment(address, apartment_name=f"Flat {address}") for address in addresses))


# ── which rows ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_pages_of_the_list_are_exported_in_its_order(home: Estate, client: Client) -> None:
    flats(home, *(f"1-1-1-{room}" for room in range(60)))
    assert names(client) == [f"Flat 1-1-1-{room}" for room in range(60)]
    assert names(client, o="-2", p=2)[0] == "Flat 1-1-1-59"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"building": "2"}, ["Flat 2-1-1-1", "Flat 2-1-1-2"]),
        ({"q": "2-1-1-2"}, ["Flat 2-1-1-2"]),
        ({"q": "flat", "building": "1"}, ["Flat 1-1-1-1"]),
        ({"state__id__exact": "5"}, []),
    ],
)
def test_filters_and_search_hold_for_the_file(home: Estate, client: Client, query: dict[str, str], found: Any) -> None:
    flats(home, "1-1-1-1", "2-1-1-1", "2-1-1-2")
    listed = client.get(page(Apartment, "changelist"), query).content.decode()
    (link,) = re.findall(r'href="([^"]*/export/csv/[^"]*)"', listed)
    assert names_in(whole(client.get(unescape(link)))) == found


def test_only_rows_of_visible_sites_are_exported(home: Estate, away: Estate) -> None:
    flats(home, "1-1-1-1")
    flats(away, "2-1-1-1")
    assert names(operator(home.site, role=Role.VIEWER)) == ["Flat 1-1-1-1"]
    assert names(operator(home.site), site__id__exact=away.site.pk) == []
    assert names(operator(home.site, away.site), site=away.site.pk) == ["Flat 2-1-1-1"]


def test_an_account_without_a_site_exports_nothing(home: Estate) -> None:
    assert export(operator()).status_code == 403
    assert export(Client()).status_code == 302


@pytest.mark.parametrize(
    "query", [{"apartment_name__regex": "("}, {"nonsense": "x"}, {"apartment_name": "\0"}], ids=str
)
def test_a_filter_that_means_nothing_is_not_found(client: Client, query: dict[str, str]) -> None:
    assert export(client, **query).status_code == 404


def test_a_format_that_is_none_is_not_found(client: Client) -> None:
    assert export(client, "pdf").status_code == 404
    assert export(client, "zip").status_code == 404


def test_only_lists_of_kinds_are_exported(client: Client) -> None:
    assert "Export" not in client.get(page(Token, "changelist")).content.decode()
    assert "Export" in client.get(page(Contact, "changelist")).content.decode()


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(
    ("model", "path", "item"),
    [
        (Apartment, APARTMENTS, apartment(photo_path="x", apartment_name="=1+1")),
        (TimeProfile, TIME_PROFILES, time_profile(custom("week", ["MON"], every=2))),
        (Contact, CONTACTS_V0, contact(name="'quoted'", auto_answer=True)),
    ],
    ids=["apartments", "time_profiles", "contacts"],
)
def test_what_is_exported_can_be_imported_and_changes_nothing(
    home: Estate, client: Client, model: Any, path: str, item: Any, ending: str
) -> None:
    home.post(path, item)
    content = body(export(client, ending, model))
    assert tabs(upload(client, home.site, content, f"export.{ending}", model=model)) == {"unchanged": 1}


def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(home: Estate, client: Client, tmp_path: Path) -> None:
    home.post(APARTMENTS, apartment(apartment_name="=1+1"))
    assert names(client) == ["'=1+1"]
    (tmp_path / "a.xlsx").write_bytes(body(export(client, "xlsx")))
    with open_file(tmp_path / "a.xlsx") as table:
        assert isinstance(table, Table)
        assert [row.cells[5] for row in table.rows()] == ["=1+1"]  # whole again where it is read
    (line,) = body(export(client, "ndjson")).splitlines()
    assert json.loads(line)["apartment_name"] == "=1+1"


@pytest.mark.parametrize(
    ("ending", "kind"), [("csv", "text/csv"), ("xlsx", "application/vnd.openxml"), ("ndjson", "application/x-ndjson")]
)
def test_the_file_says_what_it_is(home: Estate, client: Client, ending: str, kind: str) -> None:
    with time_machine.travel(date(2026, 1, 31)):
        answer = export(client, ending)
    name = f"apartments-{home.site.slug}-2026-01-31.{ending}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert len(body(answer)) == int(answer.headers["Content-Length"])


def test_of_several_sites_none_is_named(home: Estate, away: Estate) -> None:
    client = operator(home.site, away.site)
    for query, place in (({}, "sites"), ({"site": away.site.pk}, away.site.slug)):
        answer = export(client, **query)
        assert f"apartments-{place}-" in answer.headers["Content-Disposition"]


def test_an_empty_list_is_a_file_with_the_columns(client: Client) -> None:
    header = "link_id,building,unit,floor,room,apartment_name,residents_count,photo_path,route_path\r\n"
    assert body(export(client)).decode("utf-8-sig") == header


def test_the_queries_of_an_export_do_not_grow_with_its_rows(home: Estate, client: Client) -> None:
    counts = []
    for rows in (1, 2, 300):
        home.post(APARTMENTS, *(apartment() for _ in range(rows)))
        with CaptureQueriesContext(connection) as queries:
            body(export(client))
        counts.append(len(queries))
    assert counts[1] == counts[2]  # the first request fills Django's own caches
