"""A whole estate over HTTP to a running `linkmgr up`: 10 000 apartments, 200 time profiles, 10 000 contacts."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.make import APARTMENTS, CONTACTS_V0, TIME_PROFILES, apartment, contact, custom, link_id, time_profile
from tests.processes import Running, get, linkmgr, newly_started, post

pytestmark = pytest.mark.any_postgres

MANY, FAULTY = 10_000, 37
SPOILED: list[tuple[str, Any]] = [
    ("link_id", "not a uuid"),
    ("name", 5),
    ("name", "x" * 256),
    ("name", "with a \0 inside"),
    ("type", "unheard"),
    ("number", "0001-01-99-01"),
    ("number", None),
    ("auto_answer", "yes"),
    ("in_black_list", 1),
]
"""Nine kinds of faults: the member, and what it is spoiled with."""


@pytest.fixture(scope="module")
def up() -> Iterator[Running]:
    with newly_started("estate") as running:
        yield running


@pytest.fixture(scope="module")
def token(up: Running) -> str:
    line = next(line for line in up.said.splitlines() if line.startswith("API token"))
    return line.split()[-1]


def estate(path: str) -> list[Any]:
    if path == APARTMENTS:
        return [apartment(f"{1 + n // 1000}-{n // 100 % 10}-{n // 10 % 10}-{n % 10}") for n in range(MANY)]
    if path == TIME_PROFILES:
        return [time_profile(custom("week", ["MON"], every=1 + n % 9), name=f"Profile {n}") for n in range(200)]
    return [
        contact(number=f"{1 + n:04d}-01-01-01" if n < 9_999 else "sip:a@b", name=f"Contact {n}") for n in range(MANY)
    ]


@pytest.mark.parametrize("path", [APARTMENTS, TIME_PROFILES, CONTACTS_V0])
def test_an_estate_is_created_and_then_updated(up: Running, token: str, path: str) -> None:
    items = estate(path)
    for outcome in ("created", "updated"):
        told = post(up.port, path, token, items)
        assert [result["link_id"] for result in told] == [item["link_id"] for item in items]
        assert Counter(result["extended_info"] for result in told) == {outcome: len(items)}


def test_of_ten_thousand_items_the_faulty_ones_are_reported_and_the_rest_is_stored(up: Running, token: str) -> None:
    items = [{**item, "link_id": link_id()} for item in estate(CONTACTS_V0)]
    planted = {
        at: SPOILED[turn % len(SPOILED)] for turn, at in enumerate(random.Random(37).sample(range(MANY), FAULTY))
    }
    for at, (member, value) in planted.items():
        items[at] |= {member: value}
    before = total(up, token)
    told = post(up.port, f"{CONTACTS_V0}?partial=true&explain=true", token, items)
    reported = {at: result["errors"][0]["param"] for at, result in enumerate(told) if not result["success"]}
    assert reported == {at: member for at, (member, _) in planted.items()}
    assert total(up, token) - before == MANY - FAULTY == 9_963


def total(up: Running, token: str) -> int:
    pages: dict[str, int] = get(up.port, CONTACTS_V0, token)["list_option"]["pagination"]
    return pages["total_items"]


def test_history_and_tables_agree_afterwards(up: Running, token: str) -> None:
    sql = "SELECT (SELECT count(*) FROM contacts_contact) = (SELECT count(*) FROM contacts_contactchange)"
    shell = f"from django.db import connection as c; k = c.cursor(); k.execute({sql!r}); print(k.fetchone()[0])"
    asked = linkmgr("shell", "--no-imports", "-c", shell, "--data-dir", up.data_dir)
    assert asked.stdout == "True\n", asked.stderr
