"""`POST …/bulk` of the resource API as JSON: modes, answers an item, all or nothing, dry runs."""

from typing import Any

import pytest
from django.db import connection

from linkmgr.history.log import logs
from linkmgr.history.models import ChangeSet
from tests.make import Estate, Item, contact
from tests.rest import (
    APARTMENTS,
    COLLECTIONS,
    CONTACTS,
    MAKERS,
    bulk,
    call,
    errors,
    flat_apartment,
    member,
    stored,
)

NAME = {APARTMENTS: "apartment_name"}


def outcomes(home: Estate, path: str, *items: Item, query: str = "") -> list[str]:
    """The outcome of each item, or the code of its first fault."""
    response = bulk(home, path, *items, query=query)
    assert response.status_code == 200, response.content
    body = response.json()
    assert [answer["index"] for answer in body["items"]] == list(range(len(items)))
    told = [answer["errors"][0]["code"] if "errors" in answer else answer["outcome"] for answer in body["items"]]
    counts = [answer["outcome"] for answer in body["items"]]
    assert body["summary"]["counts"] == {
        word: counts.count(word) for word in ("created", "updated", "unchanged", "refused")
    }
    return told


def versions(home: Estate, path: str) -> list[tuple[Any, ...]]:
    """Where every row version lies: an UPDATE makes a new one even if it changes nothing."""
    table = {APARTMENTS: "apartments_apartment", CONTACTS: "contacts_contact"}.get(path, "timeprofiles_timeprofile")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY id")
        return cursor.fetchall()


@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize(
    ("mode", "known", "unknown"),
    [("merge", "updated", "created"), ("create_only", "exists", "created"), ("update_only", "updated", "not_found")],
)
def test_modes(home: Estate, path: str, mode: str, known: str, unknown: str) -> None:
    first, second = MAKERS[path](), MAKERS[path]()
    stored(home, path, first)
    changed = first | {NAME.get(path, "name"): "Other"}
    assert outcomes(home, path, changed, second, query=f"?mode={mode}") == [known, unknown]
    listed = {item["link_id"]: item for item in home.client.get(path).json()["items"]}
    assert (second["link_id"] in listed) == (unknown == "created")
    assert (
        listed[first["link_id"]][NAME.get(path, "name")]
        == (changed if known == "updated" else first)[NAME.get(path, "name")]
    )


@pytest.mark.parametrize("path", COLLECTIONS)
def test_what_is_unchanged_is_not_written(home: Estate, path: str) -> None:
    items = [MAKERS[path]() for _ in range(5)]
    stored(home, path, *items)
    before, entries, sets = versions(home, path), counted(), ChangeSet.objects.count()
    response = bulk(home, path, *items)
    assert [answer["outcome"] for answer in response.json()["items"]] == ["unchanged"] * 5
    assert (versions(home, path), counted(), ChangeSet.objects.count()) == (before, entries, sets)
    assert "X-Change-Set" not in response
    assert response.json()["summary"]["change_set"] is None


def counted() -> list[int]:
    return [log._default_manager.count() for log in logs.values()]


@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize("mode", ["merge", "create_only", "update_only"])
def test_a_link_id_that_comes_twice_is_refused_each_time(home: Estate, path: str, mode: str) -> None:
    item, other = MAKERS[path](), MAKERS[path]()
    stored(home, path, *([item] if mode == "update_only" else []))
    twice = item | {"link_id": item["link_id"].upper()}
    last = "not_found" if mode == "update_only" else "created"
    assert outcomes(home, path, item, other, twice, query=f"?mode={mode}") == ["repeated", last, "repeated"]


def test_an_address_that_another_has_is_never_taken_over(home: Estate) -> None:
    (holder,) = stored(home, APARTMENTS, flat_apartment("1-1-1-1"))
    assert outcomes(home, APARTMENTS, flat_apartment("1-1-1-1"), flat_apartment("1-1-1-2")) == ["taken", "created"]
    assert home.client.get(member(APARTMENTS, holder["link_id"])).json() == holder


def test_two_items_of_one_address(home: Estate) -> None:
    first, second = flat_apartment("1-1-1-1"), flat_apartment("1-1-1-1")
    assert outcomes(home, APARTMENTS, first, second, flat_apartment("2-1-1-1")) == ["taken", "taken", "created"]


def moved(item: Item, to: Item) -> Item:
    return item | {name: to[name] for name in ("building", "unit", "floor", "room")}


@pytest.mark.parametrize("mode", ["merge", "update_only"])
def test_addresses_turn_in_a_ring_and_follow_in_a_chain(home: Estate, mode: str) -> None:
    ring = [flat_apartment(f"1-1-1-{room}") for room in range(4)]
    stored(home, APARTMENTS, *ring)
    turned = [moved(item, ring[at - 1]) for at, item in enumerate(ring)]
    assert outcomes(home, APARTMENTS, *turned, query=f"?mode={mode}") == ["updated"] * 4
    chain = [moved(item, flat_apartment(f"1-1-1-{at}")) for at, item in enumerate(ring, 1)]
    back = [moved(item, ring[at]) for at, item in enumerate(ring)]
    assert outcomes(home, APARTMENTS, *back, query=f"?mode={mode}") == ["updated"] * 4
    assert outcomes(home, APARTMENTS, *chain, query=f"?mode={mode}") == ["updated"] * 4


def test_a_chain_whose_head_is_refused_stays_where_it_is(home: Estate) -> None:
    chain = [flat_apartment(f"1-1-1-{room}") for room in range(4)]
    stored(home, APARTMENTS, *chain, flat_apartment("1-1-1-4"))
    steps = [moved(item, flat_apartment(f"1-1-1-{at}")) for at, item in enumerate(chain, 1)]
    assert outcomes(home, APARTMENTS, *steps) == ["taken"] * 4
    assert outcomes(home, APARTMENTS, *steps, query="?mode=create_only") == ["exists"] * 4


def faulty(path: str) -> list[Any]:
    name = NAME.get(path, "name")
    return [MAKERS[path]() | {name: 5, "odd": 1}, 5, MAKERS[path](link_id="x"), {"link_id": MAKERS[path]()["link_id"]}]


@pytest.mark.parametrize("path", COLLECTIONS)
def test_faulty_items_are_refused_with_every_fault_and_the_others_stored(home: Estate, path: str) -> None:
    good, bad = MAKERS[path](), faulty(path)
    answers = bulk(home, path, *bad[:2], good, *bad[2:]).json()["items"]
    told = [sorted((error["path"], error["code"]) for error in answer.get("errors", [])) for answer in answers]
    assert told[0] == sorted([(NAME.get(path, "name"), "wrong_type"), ("odd", "unknown_member")])
    assert told[1:4] == [[("", "wrong_type")], [], [("link_id", "wrong_type")]]
    assert {code for _, code in told[4]} == {"required"}
    assert [answer["link_id"] for answer in answers] == [
        bad[0]["link_id"], None, good["link_id"], None, bad[3]["link_id"],
    ]  # fmt: skip
    assert [item["link_id"] for item in home.client.get(path).json()["items"]] == [good["link_id"]]


@pytest.mark.parametrize("path", COLLECTIONS)
def test_all_or_nothing_names_every_fault_and_stores_nothing(home: Estate, path: str) -> None:
    (known,) = stored(home, path, MAKERS[path]())
    item = {name: value for name, value in known.items() if name in MAKERS[path]()}
    sets = ChangeSet.objects.count()
    response = bulk(home, path, MAKERS[path](), item, *faulty(path), query="?all_or_nothing=true&mode=create_only")
    told = errors(response, 422)
    assert told[:3] == [
        ("items[1].link_id", "exists"),
        (f"items[2].{NAME.get(path, 'name')}", "wrong_type"),
        ("items[2].odd", "unknown_member"),
    ]
    assert ("items[3]", "wrong_type") in told
    assert response.json()["summary"]["stored"] is False
    assert home.client.get(path).json()["items"] == [known]
    assert (ChangeSet.objects.count(), "X-Change-Set" in response) == (sets, False)


@pytest.mark.parametrize("path", COLLECTIONS)
def test_all_or_nothing_of_good_items_stores_all(home: Estate, path: str) -> None:
    assert outcomes(home, path, MAKERS[path](), MAKERS[path](), query="?all_or_nothing=true") == ["created"] * 2


@pytest.mark.parametrize("path", COLLECTIONS)
def test_a_dry_run_answers_the_same(home: Estate, path: str) -> None:
    items = [MAKERS[path](), *faulty(path)]
    dry = bulk(home, path, *items, query="?dry_run=true")
    assert home.client.get(path).json()["items"] == []
    assert (ChangeSet.objects.count(), "X-Change-Set" in dry) == (0, False)
    wet = bulk(home, path, *items).json()
    assert dry.json()["items"] == wet["items"]
    assert dry.json()["summary"] == wet["summary"] | {"dry_run": True, "stored": False, "change_set": None}


@pytest.mark.parametrize("items", [[], ["x"], [{}]], ids=str)
@pytest.mark.parametrize("query", ["", "?all_or_nothing=true", "?dry_run=true", "?mode=update_only"])
def test_nothing_good(home: Estate, items: list[Any], query: str) -> None:
    response = bulk(home, APARTMENTS, *items, query=query)
    assert response.status_code == (422 if items and "all" in query else 200)
    assert response.json()["summary"]["counts"]["refused"] == len(items)


def test_at_most_ten_thousand_items(home: Estate) -> None:
    many = [contact() for _ in range(10_000)]
    assert outcomes(home, CONTACTS, *many) == ["created"] * 10_000
    assert errors(bulk(home, CONTACTS, *many, contact()), 400) == [("items", "wrong_length")]
    assert outcomes(home, CONTACTS, *many[:10]) == ["unchanged"] * 10


@pytest.mark.parametrize(
    ("query", "path", "code"),
    [
        ("mode=replace", "mode", "not_one_of"),
        ("mode=MERGE", "mode", "not_one_of"),
        ("dry_run=perhaps", "dry_run", "wrong_type"),
        ("all_or_nothing=2", "all_or_nothing", "wrong_type"),
        ("partial=true", "partial", "unknown_parameter"),
        ("mode=merge&mode=merge", "mode", "repeated"),
        ("mode=", "mode", "empty"),
    ],
)
def test_faults_of_options(home: Estate, query: str, path: str, code: str) -> None:
    assert errors(bulk(home, CONTACTS, contact(), query=f"?{query}"), 400) == [(path, code)]


def test_the_change_set_is_named(home: Estate) -> None:
    response = bulk(home, CONTACTS, contact(), contact())
    assert response["X-Change-Set"] == response.json()["summary"]["change_set"]
    record = home.client.get(f"/api/v1/change-sets/{response['X-Change-Set']}").json()
    assert (record["counts"], record["via"]) == ({"contact": {"insert": 2}}, "api")


def test_other_sites_are_not_touched(home: Estate, away: Estate) -> None:
    stored(home, APARTMENTS, item := flat_apartment("1-1-1-1"))
    assert outcomes(away, APARTMENTS, item, query="?mode=update_only") == ["not_found"]
    assert outcomes(away, APARTMENTS, item, flat_apartment("1-1-1-2")) == ["created", "created"]
    assert len(home.client.get(APARTMENTS).json()["items"]) == 1
    assert call(away, "DELETE", member(APARTMENTS, item["link_id"])).status_code == 204
    assert len(home.client.get(APARTMENTS).json()["items"]) == 1
