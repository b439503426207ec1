"""Tokens restricted to buildings in the resource API: what lies outside does not exist for them."""

from typing import Any

import pytest

from tests.make import Estate, Item, contact, restricted
from tests.rest import APARTMENTS, CONTACTS, TIME_PROFILES, bulk, call, errors, flat_apartment, flat_time_profile, put

INSIDE, OUTSIDE = 3, 7


@pytest.fixture
def keeper(home: Estate) -> Estate:
    return restricted(home, INSIDE, 4)


@pytest.fixture
def own(home: Estate) -> Item:
    return stored(home, f"{INSIDE}-1-1-1")


@pytest.fixture
def foreign(home: Estate) -> Item:
    return stored(home, f"{OUTSIDE}-1-1-1")


def stored(home: Estate, address: str) -> Item:
    item = flat_apartment(address)
    assert put(home, APARTMENTS, item).status_code == 201
    return item


def kept(home: Estate, item: Item) -> dict[str, Any]:
    row: dict[str, Any] = call(home, "GET", f"{APARTMENTS}{item['link_id']}").json()
    return row


def test_lists_and_members_show_what_lies_inside(keeper: Estate, own: Item, foreign: Item) -> None:
    listed = call(keeper, "GET", f"{APARTMENTS}?count=true").json()
    assert ([each["link_id"] for each in listed["items"]], listed["total"]) == ([own["link_id"]], 1)
    assert call(keeper, "GET", f"{APARTMENTS}{own['link_id']}").status_code == 200
    assert errors(call(keeper, "GET", f"{APARTMENTS}{foreign['link_id']}"), 404) == []


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_what_lies_outside_is_not_found_to_be_written(home: Estate, keeper: Estate, foreign: Item, method: str) -> None:
    before = kept(home, foreign)
    assert errors(call(keeper, method, f"{APARTMENTS}{foreign['link_id']}", {"residents_count": 9}), 404) == []
    assert kept(home, foreign) == before


def test_nothing_is_put_outside(home: Estate, keeper: Estate, own: Item, foreign: Item) -> None:
    for item in (flat_apartment(f"{OUTSIDE}-2-2-2"), own | {"building": OUTSIDE}, foreign | {"building": INSIDE}):
        assert errors(put(keeper, APARTMENTS, item), 403) == [("", "outside")]
    assert (kept(home, own)["building"], kept(home, foreign)["building"]) == (INSIDE, OUTSIDE)


def test_bulk_stores_what_lies_inside_and_refuses_the_rest(home: Estate, keeper: Estate, foreign: Item) -> None:
    items = [flat_apartment(f"{INSIDE}-5-5-5"), flat_apartment(f"{OUTSIDE}-5-5-5"), foreign | {"building": INSIDE}]
    answer = bulk(keeper, APARTMENTS, *items).json()
    assert [item["outcome"] for item in answer["items"]] == ["created", "refused", "refused"]
    assert [error["code"] for item in answer["items"][1:] for error in item["errors"]] == ["not_found", "not_found"]
    assert kept(home, foreign)["building"] == OUTSIDE


def test_time_profiles_are_read_and_not_written(home: Estate, keeper: Estate) -> None:
    item = flat_time_profile()
    put(home, TIME_PROFILES, item)
    assert call(keeper, "GET", f"{TIME_PROFILES}{item['link_id']}/open").status_code == 200
    assert errors(put(keeper, TIME_PROFILES, item), 403) == []
    assert errors(bulk(keeper, TIME_PROFILES, item), 403) == []


def test_contacts_are_neither(home: Estate, keeper: Estate) -> None:
    item = contact()
    put(home, CONTACTS, item)
    assert errors(call(keeper, "GET", CONTACTS), 403) == []
    assert errors(put(keeper, CONTACTS, item), 403) == []


def test_change_sets_are_those_of_the_account(home: Estate, keeper: Estate, own: Item) -> None:
    change_set = put(home, APARTMENTS, own | {"residents_count": 5})["X-Change-Set"]
    mine = call(keeper, "PATCH", f"{APARTMENTS}{own['link_id']}", {"residents_count": 6})["X-Change-Set"]
    listed = [each["id"] for each in call(keeper, "GET", "/api/v1/change-sets/").json()["items"]]
    assert mine in listed
    own_account = keeper.membership.user == home.membership.user
    assert (change_set in listed) is own_account


@pytest.mark.django_db(transaction=True)
def test_the_feed_tells_what_moves_out_as_gone_and_what_moves_in_as_new(home: Estate, keeper: Estate) -> None:
    inside, outside = (flat_apartment(f"{building}-1-1-1") for building in (INSIDE, OUTSIDE))
    bulk(home, APARTMENTS, inside, outside)
    put(home, CONTACTS, contact())
    bulk(home, APARTMENTS, inside | {"building": OUTSIDE}, outside | {"building": INSIDE})
    told = call(keeper, "GET", "/api/v1/changes").json()["items"]
    assert sorted((each["link_id"], each["happened"]) for each in told) == sorted(
        [(inside["link_id"], "insert"), (inside["link_id"], "delete"), (outside["link_id"], "insert")]
    )


def test_the_token_is_told_its_buildings(keeper: Estate) -> None:
    assert call(keeper, "GET", "/api/v1/capabilities").json()["token"]["buildings"] == [INSIDE, 4]
