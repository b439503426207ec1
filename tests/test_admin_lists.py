"""Lists: what a search and a filter find, what an empty list says, and that their cost does not grow with the rows."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apartments.models import Apartment
from contacts.models import Contact
from linkmgr.accounts.models import Membership, Site, Token, User
from linkmgr.accounts.tokens import make_token
from linkmgr.history.models import ChangeSet
from tests.make import (
    APARTMENTS,
    CONTACTS_V0,
    TIME_PROFILES,
    Estate,
    apartment,
    contact,
    custom,
    estate,
    link_id,
    time_profile,
)
from tests.operators import operator, page, text
from timeprofiles.models import TimeProfile

ADDRESSES = ("1-2-3-4", "1-2-3-14", "12-2-3-4", "120-1-1-1")


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


@pytest.fixture
def flats(home: Estate) -> list[dict[str, Any]]:
    items = [apartment(address, apartment_name=f"Flat {address}") for address in ADDRESSES]
    home.post(APARTMENTS, *items)
    return items


def found(client: Client, model: type[Any], **query: Any) -> list[str]:
    return [str(row) for row in client.get(page(model, "changelist"), query).context["cl"].result_list]


@pytest.mark.parametrize(
    ("word", "addresses"),
    [
        ("1-2-3-4", ("1-2-3-4",)),
        ("0001-02-03-04", ("1-2-3-4",)),
        ("12-", ("12-2-3-4",)),
        ("flat 120", ("120-1-1-1",)),
        ('"flat 12-"', ("12-2-3-4",)),
        ("9-9-9-9", ()),
        ("%", ()),
        ("\\", ()),
        ('"', ()),
        ("'", ()),
        ("\0", ADDRESSES),  # Django tells that it cannot search for this, and shows all
    ],
)
def test_apartments_are_found_by_name_and_address(
    client: Client, flats: list[Any], word: str, addresses: tuple[str, ...]
) -> None:
    assert found(client, Apartment, q=word) == [f"Flat {address}" for address in addresses]


@pytest.mark.parametrize("spelled", [str.lower, str.upper, lambda it: it.replace("-", ""), lambda it: it[:11]])
def test_rows_are_found_by_a_link_id_or_its_beginning(client: Client, flats: list[Any], spelled: Any) -> None:
    wanted = flats[2]
    assert found(client, Apartment, q=spelled(wanted["link_id"])) == [wanted["apartment_name"]]


def test_a_whole_link_id_finds_its_row_alone_and_a_text_where_it_is_none(client: Client, home: Estate) -> None:
    one, unknown = contact(name="One"), link_id()
    home.post(CONTACTS_V0, one, contact(name=f"As {one['link_id']}"), contact(name=f"As {unknown}"))
    assert found(client, Contact, q=one["link_id"]) == ["One"]
    assert found(client, Contact, q=unknown) == [f"As {unknown}"]


def test_contacts_are_found_by_a_part_of_the_number(client: Client, home: Estate) -> None:
    home.post(CONTACTS_V0, contact(name="One", number="0001-01-01-01"), contact(name="Two", number="0001-01-01-02"))
    assert found(client, Contact, q="01-02") == ["Two"]


@pytest.mark.parametrize(("building", "count"), [("1", 2), ("12", 1), ("x", 4), ("99999999999", 0), ("٣", 0)])
def test_apartments_are_filtered_by_building(client: Client, flats: list[Any], building: str, count: int) -> None:
    assert len(found(client, Apartment, building=building)) == count


@pytest.mark.parametrize(("query", "names"), [({"type": "multi"}, ["Multi"]), ({"is_favorite__exact": "1"}, ["Liked"])])
def test_contacts_are_filtered(client: Client, home: Estate, query: dict[str, str], names: list[str]) -> None:
    home.post(
        CONTACTS_V0, contact(name="Multi", type="multi", number="0001-01-01"), contact(name="Liked", is_favorite=True)
    )
    query = {"type__exact": query["type"]} if "type" in query else query
    assert found(client, Contact, **query) == names


@pytest.mark.parametrize(("word", "names"), [("once", ["Once"]), ("week", []), ("custom", ["Mondays"]), ("x", [])])
def test_time_profiles_are_filtered_by_repetition(client: Client, home: Estate, word: str, names: list[str]) -> None:
    home.post(TIME_PROFILES, time_profile(name="Once"), time_profile(custom("week", ["MON"], every=2), name="Mondays"))
    assert found(client, TimeProfile, repeats=word) == names
    assert "every 2 weeks" in text(client.get(page(TimeProfile, "changelist")))


def test_addresses_sort_as_numbers(client: Client, flats: list[Any]) -> None:
    assert found(client, Apartment, o="-2") == [f"Flat {address}" for address in reversed(ADDRESSES)]


def test_a_link_id_can_be_copied_from_the_list(client: Client, flats: list[Any]) -> None:
    listed = client.get(page(Apartment, "changelist")).content.decode()
    link_id = flats[0]["link_id"]
    assert f'data-copy="{link_id}" aria-label="Copy link_id {link_id}"' in listed


def test_an_empty_list_says_what_to_do(client: Client, home: Estate) -> None:
    assert "No apartments yet. Add the first" in text(client.get(page(Apartment, "changelist")))
    viewer = operator(home.site, role="viewer")
    assert "Add the first" not in text(viewer.get(page(Apartment, "changelist")))


def test_a_search_without_result_offers_all(client: Client, flats: list[Any]) -> None:
    assert "No apartments match. Show all" in text(client.get(page(Apartment, "changelist"), {"q": "nothing"}))


def test_a_long_list_has_pages(client: Client, home: Estate) -> None:
    home.post(APARTMENTS, *(apartment() for _ in range(60)))
    assert len(found(client, Apartment)) == 50
    assert len(found(client, Apartment, p=2)) == 10


def test_more_buildings_than_a_filter_can_show_are_left_to_the_search(client: Client, home: Estate) -> None:
    home.post(APARTMENTS, *(apartment(f"{building}-1-1-1") for building in range(1, 103)))
    assert "building=5" not in client.get(page(Apartment, "changelist")).content.decode()
    assert len(found(client, Apartment, q="5-")) == 1


def fill(model: type[Any], home: Estate, rows: int) -> None:
    for number in range(rows):
        match model.__name__:
            case "Apartment":
                home.post(APARTMENTS, apartment())
            case "Contact" | "ChangeSet":
                home.post(CONTACTS_V0, contact())
            case "TimeProfile":
                home.post(TIME_PROFILES, time_profile())
            case "Token":
                make_token(home.membership, label=str(number))
            case _:
                estate()


def queries(client: Client, address: str) -> int:
    client.get(address)  # the first request fills Django's own caches (content types)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("model", [Apartment, Contact, TimeProfile, ChangeSet, Token, User, Site])
def test_the_queries_of_a_list_do_not_grow_with_its_rows(home: Estate, away: Estate, model: type[Any]) -> None:
    client = operator(home.site, away.site, superuser=True)
    fill(model, home, 3)
    few = queries(client, page(model, "changelist"))
    fill(model, home, 27)
    assert queries(client, page(model, "changelist")) == few <= 14


def test_the_queries_of_the_token_form_do_not_grow_with_memberships(home: Estate) -> None:
    client = operator(home.site, superuser=True)
    few = queries(client, page(Token, "add"))
    for _ in range(10):
        estate()
    assert Membership.objects.count() > 10
    assert queries(client, page(Token, "add")) == few


@pytest.mark.parametrize("name", ["via", "type", "repeats", "site", "is_favorite"])
@pytest.mark.parametrize("model", [Contact, TimeProfile, ChangeSet])
def test_a_filter_with_nul_is_no_page(home: Estate, model: type[Model], name: str) -> None:
    response = operator(superuser=True).get(page(model, "changelist"), {name: "\0"})
    assert response.status_code in {302, 404}


@pytest.mark.parametrize(
    "query", ["name__regex=(", "updated_at__year=99999", "site=" + "9" * 4400, "o=99.-1", "p=9999999999"]
)
def test_an_odd_query_is_no_failure(home: Estate, query: str) -> None:
    response = operator(superuser=True).get(f"{page(Site, 'changelist')}?{query}")
    assert response.status_code in {200, 302, 404}


def test_a_page_of_nul_is_not_found(home: Estate) -> None:
    assert operator(superuser=True).get(page(Token, "change", "\0")).status_code == 404


@pytest.mark.parametrize("key", ["\0", "abc", "9" * 4500])
def test_rows_that_cannot_be_are_not_chosen(home: Estate, key: str) -> None:
    chosen = {"action": "delete_selected", "_selected_action": key}
    assert operator(superuser=True).post(page(Apartment, "changelist"), chosen).status_code == 404
