"""What says what is stored already writes no version of any row: not of a kind, nor of its log, nor of the records."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client

from apartments.models import Apartment
from contacts.models import Contact
from tests import rest
from tests.files import run, saved
from tests.imports import step, upload_items
from tests.make import (
    APARTMENTS,
    CONTACTS_V0,
    CONTACTS_V1,
    TIME_PROFILES,
    Estate,
    Item,
    apartment,
    contact,
    link_id,
    restricted,
    time_profile,
)
from tests.operators import operator, page, save
from tests.states import change
from tests.test_admin_change_state import answer, keys
from tests.world import flat_of
from timeprofiles.models import TimeProfile

BUILDING, ACTIVE = 7, 1
BESIDE = ("files_", "django_session")
"""An upload is kept for a while, and so is a session."""
WRITTEN = """
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del
    FROM pg_stat_xact_user_tables
    WHERE schemaname = 'public'
"""
Versions = dict[str, int]


def versions() -> Versions:
    """Rows that this transaction has inserted, updated and deleted so far, of each table."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return {table: number for table, number in cursor.fetchall() if not table.startswith(BESIDE)}


def written_by(write: Callable[[], Any]) -> Versions:
    """Table → row versions, where there are any, of what was not refused."""
    before = versions()
    answered = write()
    assert getattr(answered, "status_code", 200) in {200, 302}, answered
    return {table: number - before[table] for table, number in versions().items() if number != before[table]}


MAKERS = {
    APARTMENTS: lambda at: apartment(f"{BUILDING}-1-1-{at}", photo_path="a.png"),
    TIME_PROFILES: lambda at: time_profile({"repeat_type": "day", "repeat_end": {"format": "never"}}),
    CONTACTS_V0: lambda at: contact(is_favorite=True),
    CONTACTS_V1: lambda at: contact(ringtone="b.wav"),
}
COLLECTION = {
    APARTMENTS: rest.APARTMENTS,
    TIME_PROFILES: rest.TIME_PROFILES,
    CONTACTS_V0: rest.CONTACTS,
    CONTACTS_V1: rest.CONTACTS,
}
MODEL: dict[str, type[Model]] = {APARTMENTS: Apartment, TIME_PROFILES: TimeProfile, CONTACTS_V0: Contact}
every_kind = pytest.mark.parametrize("path", MODEL)
every_route = pytest.mark.parametrize("path", MAKERS)


def stored(home: Estate, path: str) -> list[Item]:
    items = [MAKERS[path](at) for at in range(3)]
    assert home.outcomes(path, *items) == ["created"] * 3
    return items


def told(home: Estate, path: str) -> list[Item]:
    """As members of the collection."""
    answered: list[Item] = home.client.get(COLLECTION[path]).json()["items"]
    return answered


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


@every_route
def test_a_change_is_seen(home: Estate, path: str) -> None:
    """Or the tests below could not fail."""
    first, *_ = stored(home, path)
    named = {("apartment_name" if path == APARTMENTS else "name"): "New"}
    written = written_by(lambda: home.post(path, first | named))
    assert sorted(written.values()) == [1, 1, 1, 1]
    assert {"history_changeset", "history_commit"} < {*written}


@every_route
@pytest.mark.parametrize("query", ["", "?partial=true", "?explain=true", "?dry_run=true"])
def test_items_that_are_stored_already(home: Estate, path: str, query: str) -> None:
    items = stored(home, path)
    assert written_by(lambda: home.post(path + query, *items)) == {}


@every_route
def test_items_that_are_there_twice(home: Estate, path: str) -> None:
    items = stored(home, path)
    assert written_by(lambda: home.post(path, *items, *items)) == {}


def test_apartments_that_are_known_by_their_address(home: Estate) -> None:
    """And so have been looked for by both keys."""
    first, *others = stored(home, APARTMENTS)
    home.post(APARTMENTS, moved := first | {"link_id": link_id()})
    stuck = apartment(f"{BUILDING}-1-1-0", link_id=others[0]["link_id"])
    assert written_by(lambda: home.outcomes(APARTMENTS, moved, stuck, others[1])) == {}


def test_apartments_within_the_buildings_of_a_token(home: Estate) -> None:
    items = stored(home, APARTMENTS)
    writer = restricted(home, BUILDING)
    writer.client.get(APARTMENTS)  # the first use of a token is noted
    assert written_by(lambda: writer.post(APARTMENTS, *items)) == {}


@every_route
def test_deleting_what_is_not_there(home: Estate, path: str) -> None:
    stored(home, path)
    assert written_by(lambda: home.delete(path, [link_id(), link_id()])) == {}


@every_kind
@pytest.mark.parametrize("query", ["merge", "create_only", "update_only", "merge&all_or_nothing=true"])
def test_members_in_bulk(home: Estate, path: str, query: str) -> None:
    items = [*map(flat_of, stored(home, path))]
    assert written_by(lambda: rest.bulk(home, COLLECTION[path], *items, query=f"?mode={query}")) == {}


@every_kind
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_member_written_as_it_was_read(home: Estate, path: str, method: str) -> None:
    stored(home, path)
    (first, *_) = told(home, path)
    address = rest.member(COLLECTION[path], first["link_id"])
    assert written_by(lambda: rest.call(home, method, address, first)) == {}


@every_kind
def test_a_member_of_which_nothing_is_said(home: Estate, path: str) -> None:
    first, *_ = stored(home, path)
    address = rest.member(COLLECTION[path], first["link_id"])
    assert written_by(lambda: rest.call(home, "PATCH", address, {})) == {}


def loaded(file: Path, home: Estate, options: tuple[str, ...]) -> None:
    ran = run("bulk_import", file, "--site", home.site.slug, *options)
    assert (ran.status, "unchanged" in ran.said) == (0, True), ran


@every_kind
@pytest.mark.parametrize("options", [(), ("--per-batch",), ("--sync", "--max-delete", "0")], ids=lambda it: it[:1])
def test_a_file_of_what_is_stored(home: Estate, path: str, options: tuple[str, ...], tmp_path: Path) -> None:
    file = saved(tmp_path / "estate.csv", stored(home, path))
    assert written_by(lambda: loaded(file, home, options)) == {}


@every_kind
def test_an_upload_of_what_is_stored(home: Estate, client: Client, path: str) -> None:
    items = stored(home, path)
    upload = partial(upload_items, client, home.site, items, model=MODEL[path])
    assert written_by(lambda: (upload(), step(client, "apply", model=MODEL[path]))[1]) == {}


@every_kind
def test_a_form_that_is_saved_as_it_was(home: Estate, client: Client, path: str) -> None:
    stored(home, path)
    row = MODEL[path]._default_manager.order_by("pk")[0]
    assert written_by(lambda: save(client, page(MODEL[path], "change", row.pk))) == {}


def test_a_state_that_apartments_are_in(home: Estate) -> None:
    ids = [item["link_id"] for item in stored(home, APARTMENTS)]
    assert written_by(lambda: change(home, ids, state_id=ACTIVE, send_notifications=True)) == {}


def test_a_state_that_selected_apartments_are_in(home: Estate, client: Client) -> None:
    stored(home, APARTMENTS)
    chosen = keys(home.site)
    assert written_by(lambda: answer(client, chosen, state=ACTIVE)) == {}
