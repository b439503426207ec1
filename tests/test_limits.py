"""Faults of contract §1 that need more than one recorded exchange: ten thousand items, a busy or broken database."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from pytest_django import Settings

from linkmgr.bulk.kind import MOST_ITEMS
from tests.make import (
    APARTMENTS,
    CONTACTS_V0,
    CONTACTS_V1,
    EVERY_LIST,
    MAKERS,
    TIME_PROFILES,
    TIME_PROFILES_DELETE,
    Estate,
    apartment,
    contact,
    link_id,
)

TOO_MANY = {"error": "Wrong JSON body"}
TABLES = ("apartments_apartment", "timeprofiles_timeprofile", "contacts_contact", "contacts_contact")
BUSY, BROKEN = "Service unavailable", "Internal error"


def in_voice(path: str, message: str, code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message} if path == CONTACTS_V1 else message}


def faults(response: HttpResponse) -> dict[str, str]:
    assert response.status_code == 400
    data: dict[str, str] = response.json()["error"]["data"]
    return data


@pytest.mark.parametrize("path", EVERY_LIST)
def test_ten_thousand_items_are_stored(home: Estate, path: str) -> None:
    items = [MAKERS[path]() for _ in range(MOST_ITEMS)]
    assert home.outcomes(path, *items) == ["created"] * MOST_ITEMS
    deleted = home.delete(path, [item["link_id"] for item in items]).json()["result"]
    assert [result["extended_info"] for result in deleted] == ["deleted"] * MOST_ITEMS


@pytest.mark.parametrize("path", EVERY_LIST)
def test_one_item_more_is_too_many(home: Estate, path: str) -> None:
    response = home.post(path, *([MAKERS[path]()] * (MOST_ITEMS + 1)))
    assert response.status_code == 400
    if path == CONTACTS_V1:
        assert faults(response) == {"list_items": "must have at most 10000 items"}
    else:
        assert response.json() == TOO_MANY
    assert home.listed(path) == {}


@pytest.mark.parametrize("path", [APARTMENTS, TIME_PROFILES, CONTACTS_V0])
def test_the_size_of_the_list_is_told_before_its_items(home: Estate, path: str) -> None:
    assert home.post(path, *([{}] * (MOST_ITEMS + 1))).json() == TOO_MANY


@pytest.mark.parametrize("path", [APARTMENTS, TIME_PROFILES, CONTACTS_V0])
def test_one_link_id_more_is_too_many_to_delete(home: Estate, path: str) -> None:
    response = home.delete(path, [link_id()] * (MOST_ITEMS + 1))
    assert (response.status_code, response.json()) == (400, TOO_MANY)


def test_one_link_id_more_is_too_many_to_delete_in_the_object_voice(home: Estate) -> None:
    response = home.delete(CONTACTS_V1, [link_id()] * (MOST_ITEMS + 1))
    assert faults(response) == {"link_ids": "must have at most 10000 items"}


def test_one_link_id_more_is_too_many_to_delete_by_post(home: Estate) -> None:
    response = home.call("POST", TIME_PROFILES_DELETE, {"link_ids": [link_id()] * (MOST_ITEMS + 1)})
    assert (response.status_code, response.json()) == (400, TOO_MANY)


def test_the_object_voice_tells_the_first_hundred_faults(home: Estate) -> None:
    response = home.post(CONTACTS_V1, *(contact(name=5) for _ in range(101)))
    assert faults(response) == {f"list_items[{index}].name": "must be an string" for index in range(100)}


def test_the_object_voice_tells_a_hundred_faults_entirely(home: Estate) -> None:
    response = home.post(CONTACTS_V1, *(contact(name=5) for _ in range(100)))
    assert len(faults(response)) == 100


def test_explain_tells_the_first_thousand_faults(home: Estate) -> None:
    response = home.post(f"{APARTMENTS}?explain=true", *(apartment(apartment_name=5) for _ in range(1001)))
    told = response.json()["details"]
    assert [fault["item"] for fault in told] == list(range(1000))


def test_explain_tells_every_fault_of_an_item(home: Estate) -> None:
    response = home.post(f"{APARTMENTS}?explain=true", {})
    told = [fault["param"] for fault in response.json()["details"]]
    assert sorted(told) == ["apartment_address", "apartment_name", "link_id", "residents"]


@pytest.mark.parametrize("path", EVERY_LIST)
def test_all_of_many_items_are_refused_for_the_last_one(home: Estate, path: str) -> None:
    items = [MAKERS[path]() for _ in range(500)]
    assert home.post(path, *items, {"link_id": link_id()}).status_code == 400
    assert home.listed(path) == {}


@pytest.fixture
def busy(home: Estate, settings: Settings) -> Iterator[None]:
    """Somebody else's transaction holds the tables, longer than a request would wait."""
    settings.LOCK_TIMEOUT = 0.1
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {', '.join(sorted(set(TABLES)))}")
    yield
    other.rollback()
    other.close()


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("path", EVERY_LIST)
def test_a_database_that_is_busy_too_long_is_503(home: Estate, path: str) -> None:
    response = home.post(path, MAKERS[path]())
    assert (response.status_code, response.json()) == (503, in_voice(path, BUSY, "system_error"))
    assert int(response["Retry-After"]) > 0


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("path", EVERY_LIST)
def test_a_delete_on_a_busy_database_is_503(home: Estate, path: str) -> None:
    response = home.delete(path, [link_id()])
    assert (response.status_code, response.json()) == (503, in_voice(path, BUSY, "system_error"))


@pytest.mark.parametrize(("path", "table"), [*zip(EVERY_LIST, TABLES, strict=True)])
def test_a_row_that_only_the_database_refuses_is_500(home: Estate, path: str, table: str) -> None:
    good, refused = MAKERS[path](), MAKERS[path]()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT unwanted CHECK (link_id <> '{refused['link_id']}')")
    response = home.post(path, good, refused)
    assert (response.status_code, response.json()) == (500, in_voice(path, BROKEN, "system_error"))
    assert home.listed(path) == {}


OTHERS = (
    TIME_PROFILES_DELETE,
    "/api/info",
    "/api/v1/login",
    "/api/v0/logout",
    "/api/v1/apartments/bulk/change_state",
    "/api/v1/code-list/apartment_state",
)


@pytest.mark.parametrize("path", [*EVERY_LIST, *OTHERS])
def test_every_method_that_allow_names_is_allowed(home: Estate, path: str) -> None:
    allowed = home.call("PUT", path).headers["Allow"].split(", ")
    assert [method for method in allowed if home.call(method, path).status_code == 405] == []


@pytest.mark.parametrize("path", EVERY_LIST)
def test_allow_names_what_the_contract_has(home: Estate, path: str) -> None:
    allowed = home.call("PATCH", path).headers["Allow"].split(", ")
    assert {"GET", "POST", "DELETE"} <= set(allowed)
