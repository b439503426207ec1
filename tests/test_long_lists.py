"""Lists of more rows than are sorted for each page: every page of every order is there, as of the last commit."""

from contextlib import closing
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from linkmgr.accounts.models import Site
from linkmgr.lists.models import Piece, Sorted
from linkmgr.lists.order import LONG, PIECE
from tests.make import APARTMENTS, CONTACTS_V0, Estate, apartment, contact, restricted
from tests.operators import operator, page

pytestmark = pytest.mark.django_db(transaction=True)  # lists are as of a commit

ROWS = LONG + 30
LAST = -(-ROWS // 50)
FILL = """
    INSERT INTO contacts_contact (site_id, link_id, name, type, number)
    SELECT %s, gen_random_uuid(), 'Name ' || md5(n::text), 'regular', lpad((1 + n %% 9000)::text, 4, '0') || '-01-01-01'
    FROM generate_series(1, %s) AS n
"""


def fill(site: Site, rows: int = ROWS) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [site.pk, rows])


def listed(home: Estate, number: int = 1, **query: Any) -> list[str]:
    answer = home.client.get(CONTACTS_V0, {"limit": 50, "page_number": number, **query})
    assert answer.status_code == 200
    return [item["link_id"] for item in answer.json()["list_items"]]


def total(home: Estate) -> int:
    return int(home.client.get(CONTACTS_V0).json()["list_option"]["pagination"]["total_items"])


def expected(site: Site, *order: str) -> list[str]:
    rows = Contact.objects.filter(site=site).order_by(*order, f"{'-' if order[0][0] == '-' else ''}link_id")
    return [str(link_id) for link_id in rows.values_list("link_id", flat=True)]


@pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
@pytest.mark.parametrize("field", ["name", "number", "type"])
def test_every_page_is_where_the_order_has_it(home: Estate, field: str, descending: bool) -> None:
    fill(home.site)
    rows = expected(home.site, f"-{field}" if descending else field)
    query = {"sort_field": field, "sort_type": "desc" if descending else "asc"}
    for number in (1, 2, PIECE // 50, PIECE // 50 + 1, LAST):
        assert listed(home, number, **query) == rows[(number - 1) * 50 : number * 50]
    assert [listed(home, number, **query) for number in (LAST + 1, 10**30)] == [[], []]
    assert total(home) == ROWS


def test_a_page_of_what_is_sorted_goes_through_no_rows(home: Estate) -> None:
    fill(home.site)
    listed(home)
    with CaptureQueriesContext(connection) as seen:
        listed(home, LAST)
    assert [each["sql"] for each in seen if "OFFSET" in each["sql"] or "COUNT" in each["sql"]] == []


def test_pages_are_read_across_pieces(home: Estate) -> None:
    """Pages of 30 do not end where pieces end."""
    fill(home.site)
    rows, number = expected(home.site, "name"), PIECE // 30 + 1
    assert listed(home, number, limit=30) == rows[(number - 1) * 30 : number * 30]


def test_what_the_api_changes_stands_in_its_new_place(home: Estate) -> None:
    fill(home.site)
    listed(home)
    first, last = contact(name="A"), contact(name="Z")
    home.post(CONTACTS_V0, first, last)
    assert (listed(home)[0], listed(home, LAST)[-1], total(home)) == (first["link_id"], last["link_id"], ROWS + 2)
    home.post(CONTACTS_V0, {**first, "name": "Zz"})
    assert listed(home, LAST)[-1] == first["link_id"]
    home.client.delete(CONTACTS_V0, {"link_ids": [first["link_id"]]}, content_type="application/json")
    assert (listed(home, LAST)[-1], total(home)) == (last["link_id"], ROWS + 1)


def test_what_psql_changes_does_too(home: Estate) -> None:
    fill(home.site)
    listed(home)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE contacts_contact SET name = 'A' WHERE id = (SELECT max(id) FROM contacts_contact)")
        cursor.execute("DELETE FROM contacts_contact WHERE id = (SELECT min(id) FROM contacts_contact)")
    assert (listed(home), total(home)) == (expected(home.site, "name")[:50], ROWS - 1)


def test_a_transaction_sees_what_it_changed_itself(home: Estate) -> None:
    fill(home.site)
    listed(home)
    with transaction.atomic():
        Contact.objects.filter(link_id=expected(home.site, "name")[0]).delete()
        assert listed(home) == expected(home.site, "name")[:50]


def test_sites_have_orders_of_their_own(home: Estate, away: Estate) -> None:
    fill(home.site)
    fill(away.site, LONG + 1)
    assert (listed(home), listed(away)) == (expected(home.site, "name")[:50], expected(away.site, "name")[:50])
    away.post(CONTACTS_V0, contact(name="A"))
    with CaptureQueriesContext(connection) as seen:
        listed(home, LAST)
    assert not [each for each in seen if "row_number" in each["sql"]]
    assert (total(home), total(away)) == (ROWS, LONG + 2)


def test_one_order_is_kept_once(home: Estate) -> None:
    fill(home.site)
    for name in ("A", "B", "C"):
        home.post(CONTACTS_V0, contact(name=name))
        listed(home)
    assert (Sorted.objects.count(), Piece.objects.count()) == (1, -(-(ROWS + 3) // PIECE))


def test_lists_that_are_not_long_are_not_kept(home: Estate) -> None:
    fill(home.site, LONG)
    assert (listed(home), Sorted.objects.count()) == (expected(home.site, "name")[:50], 0)


def test_nobody_waits_for_somebody_else_who_sorts(home: Estate) -> None:
    fill(home.site)
    with closing(connections["default"].copy()) as other, other.cursor() as cursor:
        other.set_autocommit(False)
        with CaptureQueriesContext(connection) as seen:
            listed(home)
        (key,) = [each["sql"] for each in seen if "pg_try_advisory_xact_lock" in each["sql"]]
        home.post(CONTACTS_V0, contact(name="A"))
        cursor.execute(key)
        assert listed(home) == expected(home.site, "name")[:50]
        other.rollback()


def test_a_token_for_some_buildings_has_pages_of_those(home: Estate) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO apartments_apartment (site_id, link_id, building, unit, floor, room, apartment_name) "
            "SELECT %s, gen_random_uuid(), 1, n / 1000, n / 100 %% 10, n %% 100, 'F' FROM generate_series(0, %s) AS n",
            [home.site.pk, LONG],
        )
    only = apartment("3-1-1-1")
    home.post(APARTMENTS, only)
    home.client.get(APARTMENTS)
    answer = restricted(home, 3).client.get(APARTMENTS).json()
    assert [item["link_id"] for item in answer["list_items"]] == [only["link_id"]]


# ── the admin ────────────────────────────────────────────────────────────────────────────────────────────────────────


def shown(client: Client, number: int = 1, **query: Any) -> list[str]:
    changes = client.get(page(Contact, "changelist"), {"p": number, **query} if number > 1 else query).context["cl"]
    return [str(row.link_id) for row in changes.result_list]


def test_the_admin_shows_any_page_of_its_sites(home: Estate, away: Estate) -> None:
    fill(home.site)
    fill(away.site, 40)
    client = operator(home.site)
    rows = [
        str(each)
        for each in Contact.objects.filter(site=home.site).order_by("name", "-pk").values_list("link_id", flat=True)
    ]
    assert [shown(client, number) for number in (1, 2, LAST)] == [rows[:50], rows[50:100], rows[(LAST - 1) * 50 :]]


def test_a_superuser_has_the_rows_of_all_sites_in_one_order(home: Estate, away: Estate) -> None:
    fill(home.site)
    fill(away.site, 40)
    client = operator(superuser=True)
    rows = [str(each) for each in Contact.objects.order_by("name", "-pk").values_list("link_id", flat=True)]
    assert (shown(client), shown(client, 120)) == (rows[:50], rows[119 * 50 : 120 * 50])
    away.post(CONTACTS_V0, first := contact(name="A"))
    assert shown(client)[0] == first["link_id"]


def test_a_list_that_is_filtered_is_not_taken_for_the_whole(home: Estate) -> None:
    fill(home.site)
    home.post(CONTACTS_V0, only := contact(name="Only one"))
    client = operator(home.site)
    shown(client)
    assert (shown(client, q="only"), shown(client, is_favorite__exact="1")) == ([only["link_id"]], [])


def test_the_admin_sorts_by_other_columns_too(home: Estate) -> None:
    fill(home.site)
    client = operator(home.site)
    names = [str(each) for each in Contact.objects.order_by("-name", "-pk").values_list("link_id", flat=True)]
    assert names[:50] in [shown(client, o=f"-{column}") for column in range(1, 7)]
