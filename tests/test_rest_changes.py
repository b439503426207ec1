"""`GET /api/v1/changes`: what a consumer that keeps a copy is told, and that the copy becomes the same."""

import random
from typing import Any

import pytest
from django.db import connection

from contacts.models import Contact
from tests.make import Estate, Item, contact
from tests.rest import APARTMENTS, COLLECTIONS, CONTACTS, MAKERS, bulk, call, errors, flat_apartment, put
from tests.states import ADDRESS as CHANGE_STATE

CHANGES = "/api/v1/changes"
Copy = dict[str, dict[str, Item]]

pytestmark = pytest.mark.django_db(transaction=True)


def feed(home: Estate, after: str = "", limit: int = 100) -> dict[str, Any]:
    query = f"?limit={limit}" + (f"&after={after}" if after else "")
    response = call(home, "GET", CHANGES + query)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


def everything(home: Estate, after: str = "", limit: int = 100) -> tuple[list[Item], str]:
    """Every change after a cursor, and the cursor behind them."""
    found: list[Item] = []
    while True:
        page = feed(home, after, limit)
        found += page["items"]
        after = page["after"]
        if not page["more"]:
            return found, after


def follow(copy: Copy, changes: list[Item]) -> None:
    """As the page for integrators says."""
    for change in changes:
        rows = copy[change["kind"]]
        if change["before"]:
            rows.pop(change["before"]["link_id"], None)
        if change["after"]:
            rows[change["link_id"]] = change["after"]


def listed(home: Estate) -> Copy:
    """What the lists tell, without when."""
    copy: Copy = {}
    for collection in COLLECTIONS:
        members = call(home, "GET", f"{collection}?limit=1000").json()["items"]
        kept = [{name: value for name, value in each.items() if not name.endswith("_at")} for each in members]
        copy[collection.split("/")[-2]] = {each["link_id"]: each for each in kept}
    return copy


def test_a_change_tells_before_and_after(home: Estate) -> None:
    item = contact()
    put(home, CONTACTS, item)
    changed = put(home, CONTACTS, item | {"name": "Berta"})
    call(home, "DELETE", f"{CONTACTS}{item['link_id']}")
    made, renamed, gone = feed(home)["items"]
    assert (made["kind"], made["happened"], made["before"]) == ("contacts", "insert", None)
    assert (renamed["before"]["name"], renamed["after"]["name"]) == ("Anna", "Berta")
    assert renamed["change_set"] == changed["X-Change-Set"]
    assert (gone["happened"], gone["before"], gone["after"]) == ("delete", renamed["after"], None)
    assert {change["link_id"] for change in (made, renamed, gone)} == {item["link_id"]}


def test_a_change_of_state_is_one(home: Estate) -> None:
    item = flat_apartment()
    put(home, APARTMENTS, item)
    start = feed(home, "latest")["after"]
    call(home, "POST", CHANGE_STATE, {"ids": [item["link_id"]], "state_id": 4})
    (change,) = feed(home, start)["items"]
    assert (change["before"]["state_id"], change["after"]["state_id"]) == (1, 4)


def test_what_psql_does_is_told_too(home: Estate) -> None:
    put(home, CONTACTS, contact())
    start = feed(home, "latest")["after"]
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Contact._meta.db_table} SET name = 'By hand'")
    (change,) = feed(home, start)["items"]
    assert (change["after"]["name"], change["change_set"]) == ("By hand", None)


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_consumer_ends_with_the_same_rows(home: Estate, limit: int) -> None:
    chance = random.Random(limit)
    copy = listed(home)
    known: dict[str, list[str]] = {collection: [] for collection in COLLECTIONS}
    cursor = ""
    for _ in range(12):
        collection = chance.choice(COLLECTIONS)
        fresh = [MAKERS[collection]() for _ in range(chance.randrange(4))]
        again = [
            MAKERS[collection](link_id=each) for each in chance.sample(known[collection], len(known[collection]) // 2)
        ]
        bulk(home, collection, *fresh, *again)
        known[collection] += [item["link_id"] for item in fresh]
        if known[collection] and chance.random() < 0.4:
            call(home, "DELETE", f"{collection}{known[collection].pop()}")
        changes, cursor = everything(home, cursor, limit)
        follow(copy, changes)
    assert copy == listed(home)


def test_nothing_new_gives_the_same_cursor_again(home: Estate) -> None:
    put(home, CONTACTS, contact())
    _, cursor = everything(home)
    page = feed(home, cursor)
    assert (page["items"], page["after"], page["more"]) == ([], cursor, False)


def test_another_site_is_not_told(home: Estate, away: Estate) -> None:
    put(home, CONTACTS, contact())
    assert feed(away)["items"] == []


@pytest.mark.parametrize(
    "cursor", ["x", "1", "-1-1", "9" * 40, "1-1-1", "eb00c461-81e0-4442-bf6e-58dab71d883f", "latest2", "é"]
)
def test_a_cursor_that_is_none_is_refused(home: Estate, cursor: str) -> None:
    assert errors(call(home, "GET", f"{CHANGES}?after={cursor}"), 400) == [("after", "not_allowed")]


@pytest.mark.parametrize("limit", ["0", "1001", "x", "-1", "1.0"])
def test_a_limit_that_is_none_is_refused(home: Estate, limit: str) -> None:
    assert errors(call(home, "GET", f"{CHANGES}?limit={limit}"), 400) == [("limit", "out_of_range")]


def test_a_consumer_that_has_seen_all_is_told_so_without_a_body(home: Estate) -> None:
    put(home, CONTACTS, contact())
    _, cursor = everything(home)
    tag = call(home, "GET", f"{CHANGES}?after={cursor}")["ETag"]
    assert call(home, "GET", f"{CHANGES}?after={cursor}", if_none_match=tag).status_code == 304
