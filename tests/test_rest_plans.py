"""How PostgreSQL finds a page among a hundred thousand rows: by an index, wherever it is, analysed or not."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linkmgr.api.rest.paging import _cursor
from tests.make import Estate
from tests.rest import APARTMENTS, CONTACTS

ROWS = 100_000
FILL = {
    APARTMENTS: """
        INSERT INTO apartments_apartment (site_id, link_id, building, unit, floor, room, apartment_name)
        SELECT %s, gen_random_uuid(), 1 + n / 10000, n / 100 %% 100, n / 10 %% 10, n %% 10, 'Flat'
        FROM generate_series(0, %s - 1) AS n
    """,
    CONTACTS: """
        INSERT INTO contacts_contact (site_id, link_id, name, type, number)
        SELECT %s, gen_random_uuid(), 'Anna', 'regular', '0001-01-01-01'
        FROM generate_series(0, %s - 1) AS n
    """,
}
ADDRESS = "building,unit,floor,room"


def fill(home: Estate, *, analysed: bool) -> None:
    with connection.cursor() as cursor:
        for statement in FILL.values():
            cursor.execute(statement, [home.site.pk, ROWS])
        if analysed:
            cursor.execute("ANALYZE apartments_apartment; ANALYZE contacts_contact")


def plan_of(home: Estate, address: str) -> str:
    """Of the query that reads the rows of a page."""
    with CaptureQueriesContext(connection) as seen:
        assert home.client.get(address).status_code == 200
    (statement,) = [each["sql"] for each in seen if "ORDER BY" in each["sql"] and "LIMIT 101" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(row[0] for row in cursor.fetchall())


def deep(path: str, ordering: str) -> str:
    """The page after the middle of the list."""
    middle = {"building": 6, "unit": 0, "floor": 0, "room": 0, "link_id": "80000000-0000-4000-8000-000000000000"}
    names = [name for name in ordering.split(",") if name.removeprefix("-") != "link_id"]
    last = "-link_id" if ordering.startswith("-") else "link_id"
    row: Any = type("Row", (), middle)
    return f"{path}?ordering={ordering}&after={_cursor((*names, last), row)}"


@pytest.mark.parametrize("deeply", [False, True], ids=["first page", "deep page"])
@pytest.mark.parametrize("analysed", [False, True], ids=["never analysed", "analysed"])
def test_no_page_reads_the_whole_table(home: Estate, analysed: bool, deeply: bool) -> None:
    """Never analysed, PostgreSQL takes the site for a small one: then it sorts it, and contacts, of which no index
    begins with the site, it reads as a whole. Autovacuum analyses within a minute of a load."""
    fill(home, analysed=analysed)
    for path, ordering in (
        (APARTMENTS, "link_id"),
        (APARTMENTS, "-link_id"),
        (APARTMENTS, ADDRESS),
        (APARTMENTS, "-building,-unit,-floor,-room"),
        (CONTACTS, "link_id"),
    ):
        address = deep(path, ordering) if deeply else f"{path}?ordering={ordering}"
        plan = plan_of(home, address)
        if analysed or path == APARTMENTS:
            assert "Seq Scan" not in plan, f"{address}\n{plan}"
        if analysed:
            assert "->  Sort" not in plan, f"{address}\n{plan}"
            bounded = re.search(r"Index Cond: .*(?:link_id|ROW\(.*\)) [<>]=? ", plan)
            assert bool(bounded) == deeply, f"{address}\n{plan}"
