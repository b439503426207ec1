"""Tokens restricted to buildings: what lies outside does not exist for them, on any address."""

from typing import Any

import msgspec
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from msgspec import Raw

from apartments.bulk import APARTMENT
from apartments.models import Apartment
from contacts.bulk import CONTACT_V1
from linkmgr.accounts.caller import Caller, MayNot
from linkmgr.accounts.models import Token
from linkmgr.accounts.tokens import make_token
from linkmgr.bulk.check import OnFault, check
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.large import LargeStage
from linkmgr.bulk.outcome import Outcome
from linkmgr.bulk.stage import Stage
from linkmgr.history.models import ChangeSet
from linkmgr.history.signed import signed
from tests.make import (
    APARTMENTS,
    CONTACTS_V0,
    CONTACTS_V1,
    TIME_PROFILES,
    TIME_PROFILES_DELETE,
    Estate,
    Item,
    apartment,
    contact,
    link_id,
    restricted,
    time_profile,
)
from tests.states import change, states, told
from timeprofiles.bulk import TIME_PROFILE

NOT_FOUND = Outcome.ENTITY_NOT_FOUND
ANSWER = {"created": True, "updated": True, "deleted": True, "entity_not_found": False, "has_dublicates": False}


@pytest.fixture
def keeper(home: Estate) -> Estate:
    """Of buildings 3 and 4."""
    return restricted(home, 3, 4)


def at(building: int, room: int = 1, **members: Any) -> Item:
    return apartment(f"{building}-1-1-{room}", **members)


def moved(item: Item, building: int) -> Item:
    return item | {"apartment_address": item["apartment_address"] | {"building": building}}


def buildings(home: Estate) -> dict[str, int]:
    return {str(row.link_id): row.building for row in Apartment.objects.filter(site=home.site)}


def outcomes(somebody: Estate, *items: Item) -> list[str]:
    """Each with the `success` that goes with it."""
    results = somebody.post(APARTMENTS, *items).json()["result"]
    assert [result["success"] for result in results] == [ANSWER[result["extended_info"]] for result in results]
    return [result["extended_info"] for result in results]


def test_what_lies_outside_is_not_stored_and_what_lies_inside_is(keeper: Estate) -> None:
    inside, outside, other = at(3), at(5), at(4)
    assert outcomes(keeper, inside, outside, other) == ["created", "entity_not_found", "created"]
    assert buildings(keeper) == {inside["link_id"]: 3, other["link_id"]: 4}


def test_what_is_stored_outside_cannot_be_brought_inside(home: Estate, keeper: Estate) -> None:
    stored, own = at(5), at(3)
    home.post(APARTMENTS, stored, own)
    assert outcomes(keeper, moved(stored, 3), own | {"apartment_name": "New"}) == ["entity_not_found", "updated"]
    assert buildings(home) == {stored["link_id"]: 5, own["link_id"]: 3}


def test_what_is_stored_inside_cannot_be_moved_out(home: Estate, keeper: Estate) -> None:
    stored = at(3)
    home.post(APARTMENTS, stored)
    assert outcomes(keeper, moved(stored, 5)) == ["entity_not_found"]
    assert outcomes(keeper, moved(stored, 4)) == ["updated"]
    assert buildings(home) == {stored["link_id"]: 4}


def test_an_address_inside_may_be_taken_over_and_swapped(home: Estate, keeper: Estate) -> None:
    """What needs the slow way of matching goes by the same rules."""
    first, second, outside = at(3, 1), at(4, 2), at(5, 3)
    home.post(APARTMENTS, first, second, outside)
    swapped = [first | {"apartment_address": second["apartment_address"]}]
    swapped += [second | {"apartment_address": first["apartment_address"]}]
    assert outcomes(keeper, *swapped, moved(outside, 3)) == ["updated", "updated", "entity_not_found"]
    taken = at(3, 2) | {"apartment_address": first["apartment_address"]}
    assert outcomes(keeper, taken) == ["updated"]
    assert buildings(home) == {taken["link_id"]: 3, first["link_id"]: 4, outside["link_id"]: 5}


def test_of_two_items_with_one_link_id_the_last_is_judged(keeper: Estate) -> None:
    one, other = at(3), at(4)
    assert outcomes(keeper, moved(one, 5), one) == ["created", "updated"]
    assert outcomes(keeper, other, moved(other, 5)) == ["entity_not_found", "entity_not_found"]
    assert buildings(keeper) == {one["link_id"]: 3}


def test_two_items_for_one_address_stay_duplicates(keeper: Estate) -> None:
    assert outcomes(keeper, at(3), at(3), at(5), at(5)) == ["has_dublicates"] * 2 + ["entity_not_found"] * 2


def test_what_is_left_unsaid_is_kept(home: Estate, keeper: Estate) -> None:
    stored = at(3, photo_path="a.png")
    home.post(APARTMENTS, stored)
    unsaid = {name: value for name, value in stored.items() if name != "photo_path"}
    keeper.post(APARTMENTS, unsaid | {"apartment_name": "New"}, at(4, photo_path="b.png"))
    assert Apartment.objects.get(link_id=stored["link_id"]).photo_path == "a.png"


def test_what_says_the_same_is_not_written(home: Estate, keeper: Estate) -> None:
    stored = at(3)
    home.post(APARTMENTS, stored)
    response = keeper.post(APARTMENTS, stored)
    assert response.json()["result"][0]["extended_info"] == "updated"
    assert (ChangeSet.objects.count(), "X-Change-Set" in response) == (1, False)


def test_a_bad_item_refuses_the_request_whichever_building_it_is_of(keeper: Estate) -> None:
    assert keeper.post(APARTMENTS, at(3), at(5, apartment_name=5)).status_code == 400
    assert buildings(keeper) == {}


def test_a_list_shows_and_counts_what_is_inside(home: Estate, keeper: Estate) -> None:
    inside = at(3)
    home.post(APARTMENTS, inside, at(5), at(6))
    assert [*keeper.listed(APARTMENTS)] == [inside["link_id"]]
    assert keeper.client.get(APARTMENTS).json()["list_option"]["pagination"]["total_items"] == 1


def test_what_lies_outside_is_not_deleted(home: Estate, keeper: Estate) -> None:
    inside, outside = at(3), at(5)
    home.post(APARTMENTS, inside, outside)
    answer = keeper.delete(APARTMENTS, [outside["link_id"], inside["link_id"], link_id()]).json()["result"]
    assert [result["extended_info"] for result in answer] == ["entity_not_found", "deleted", "entity_not_found"]
    assert buildings(home) == {outside["link_id"]: 5}


def test_the_state_of_what_lies_outside_is_not_changed(home: Estate, keeper: Estate) -> None:
    inside, outside = at(3), at(5)
    home.post(APARTMENTS, inside, outside)
    answer = change(keeper, [outside["link_id"], inside["link_id"]])
    assert told(answer) == [(1, 1, "ids[0]")]
    assert (states(home, [outside["link_id"]]), states(home, [inside["link_id"]])) == ({1}, {4})
    assert change(keeper, [outside["link_id"], inside["link_id"]], "?atomic=true")["data"]["changed"] == 0


def test_the_history_of_what_lies_outside_is_not_found(home: Estate, keeper: Estate) -> None:
    inside, outside = at(3), at(5)
    home.post(APARTMENTS, inside, outside)
    addresses = [f"/api/v1/apartments/{item['link_id']}/state-history" for item in (inside, outside)]
    assert [keeper.client.get(address).status_code for address in addresses] == [200, 404]
    assert [home.client.get(address).status_code for address in addresses] == [200, 200]


def test_time_profiles_are_read_and_not_written(home: Estate, keeper: Estate) -> None:
    stored = time_profile()
    home.post(TIME_PROFILES, stored)
    assert [*keeper.listed(TIME_PROFILES)] == [stored["link_id"]]
    assert keeper.post(TIME_PROFILES, stored | {"name": "New"}).status_code == 403
    assert keeper.delete(TIME_PROFILES, [stored["link_id"]]).status_code == 403
    assert keeper.call("POST", TIME_PROFILES_DELETE, {"link_ids": [stored["link_id"]]}).status_code == 403
    assert home.listed(TIME_PROFILES)[stored["link_id"]]["name"] == stored["name"]


@pytest.mark.parametrize("path", [CONTACTS_V0, CONTACTS_V1])
def test_contacts_are_neither_read_nor_written(home: Estate, keeper: Estate, path: str) -> None:
    stored = contact()
    home.post(path, stored)
    answers = [keeper.client.get(path), keeper.post(path, contact()), keeper.delete(path, [stored["link_id"]])]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert [*home.listed(path)] == [stored["link_id"]]


def test_the_states_there_are_may_be_read(keeper: Estate) -> None:
    assert keeper.client.get("/api/v1/code-list/apartment_state").status_code == 200


def test_change_sets_are_those_of_the_own_account(home: Estate, keeper: Estate, away: Estate) -> None:
    own = keeper.post(APARTMENTS, at(3))["X-Change-Set"]
    assert keeper.client.get(f"/api/v1/change-sets/{own}").status_code == 200
    ChangeSet.objects.filter(pk=own).update(by=away.membership.user)
    statuses = [each.client.get(f"/api/v1/change-sets/{own}").status_code for each in (keeper, home)]
    assert statuses == [404, 200]


def test_a_dry_run_says_the_same(home: Estate, keeper: Estate) -> None:
    stored = at(5)
    home.post(APARTMENTS, stored)
    items = {"list_items": [at(3), at(6), moved(stored, 4)]}
    answers = [keeper.call("POST", APARTMENTS + query, items).json() for query in ("?dry_run=true", "")]
    assert answers[0] == answers[1]


def test_ten_thousand_items_inside_and_outside(home: Estate) -> None:
    items = [apartment(f"{1 + number // 900}-{number // 90 % 10}-{number % 90}-1") for number in range(9_000)]
    somebody = restricted(home, 3, 4)
    answer = outcomes(somebody, *items)
    assert (answer.count("created"), answer.count("entity_not_found")) == (1_800, 7_200)
    assert set(buildings(home).values()) == {3, 4}


@pytest.mark.parametrize("wrong", [[0], [10_000], [3, -1], [99_999_999_999], ["x"]], ids=str)
def test_buildings_that_cannot_be_make_no_token(home: Estate, wrong: list[Any]) -> None:
    with pytest.raises((ValidationError, TypeError)):
        make_token(home.membership, buildings=wrong)
    assert Token.objects.count() == 1


@pytest.mark.parametrize(("building", "name"), [(0, "token_buildings_low"), (10_000, "token_buildings_high")])
def test_the_database_knows_no_other_buildings(home: Estate, building: int, name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Token.objects.update(buildings=[3, building])


def staged(home: Estate, kind: Kind, *items: Item) -> dict[str, Any]:
    """link_id → refusal, of a stage of any size, by a caller of building 3."""
    by = Caller(home.membership.user, home.site, "api", buildings=frozenset({3}))
    rows = check(kind.item, [Raw(msgspec.json.encode(item)) for item in items], OnFault.REFUSE)
    with signed(by) as signature:
        stage = LargeStage(kind, by)
        stage.add(rows, [10 * index for index in rows.indexes])
        stage.merge()
        return {row.link_id: row.refused for row in stage.rows(signature)}


def by_link_id(stage: Stage) -> None:
    stage.supersede_repeats()
    stage.upsert()


@pytest.mark.parametrize("merge", [APARTMENT.merge, by_link_id], ids=["as apartments", "by link_id"])
def test_the_stage_of_a_file_goes_by_the_same_rules(home: Estate, merge: Any) -> None:
    inside, outside, new, far = at(3, 1), at(5, 2), at(3, 3), at(6, 4)
    home.post(APARTMENTS, inside, outside)
    refused = staged(home, APARTMENT._replace(merge=merge), inside, moved(outside, 3), new, far)
    assert [refused[each["link_id"]] for each in (inside, outside, new, far)] == [None, NOT_FOUND, None, NOT_FOUND]
    assert buildings(home) == {inside["link_id"]: 3, outside["link_id"]: 5, new["link_id"]: 3}


@pytest.mark.parametrize("kind", [TIME_PROFILE, CONTACT_V1, APARTMENT._replace(building=None)], ids=["t", "c", "a"])
def test_a_kind_that_does_not_say_where_its_rows_are_cannot_be_staged(home: Estate, kind: Kind) -> None:
    with pytest.raises(MayNot):
        staged(home, kind)
