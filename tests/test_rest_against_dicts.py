"""Random bulk requests of the resource API, in every mode, against plain dicts: both must always agree."""

import json
from random import Random
from typing import Any

import pytest

from tests.make import Estate, Item, custom
from tests.plain import CONTACT_DEFAULTS, coupled
from tests.rest import APARTMENTS, COLLECTIONS, CONTACTS, TIME_PROFILES, bulk

MODES = ("merge", "create_only", "update_only")
LINK_IDS = [f"00000000-0000-4000-8000-00000000000{digit}" for digit in range(8)]
ADDRESS = ("building", "unit", "floor", "room")
REQUESTS = 60
DEFAULTS = {
    APARTMENTS: {"residents_count": 0, "photo_path": "", "route_path": ""},
    CONTACTS: CONTACT_DEFAULTS,
    TIME_PROFILES: {},
}
Stored = dict[str, Item]


def some(chance: Random, **members: list[Any]) -> Item:
    return {name: chance.choice(values) for name, values in members.items() if chance.random() < 0.5}


def drawn(chance: Random, path: str) -> Item:
    item: Item = {"link_id": chance.choice(LINK_IDS)}
    if path == APARTMENTS:
        address = {"building": 1, "unit": 1, "floor": 1, "room": chance.randrange(7)}
        optional = some(chance, residents_count=[0, 1], photo_path=["", "a\tb"], route_path=["x"])
        return item | address | {"apartment_name": chance.choice(["Flat", "Квартира"])} | optional
    if path == CONTACTS:
        optional = some(chance, auto_answer=[True, False], is_p2p=[True], ringtone=["", "a.wav"], is_default=[True])
        blocked = {} if optional.get("auto_answer") else some(chance, in_black_list=[True, False])
        return item | {"name": chance.choice("ab"), "type": "regular", "number": "0001-01-01-01"} | optional | blocked
    rule = {"repeat_enable": True, "repeat_format": custom("week", [chance.choice(["MON", "SUN"])])}
    times = {"is_all_day": True, "date_from": 0, "date_to": chance.randrange(2)}
    return item | {"name": "a"} | times | {"repeat_options": chance.choice([rule, {"repeat_enable": False}])}


def place(item: Item) -> tuple[int, ...]:
    return tuple(item[name] for name in ADDRESS)


def merge(stored: Stored, items: list[Item], mode: str, path: str) -> list[str]:
    """What becomes of each item, said the slow and obvious way; `stored` is changed."""
    told: dict[int, str] = {}
    for at, item in enumerate(items):
        known = item["link_id"] in stored
        if sum(other["link_id"] == item["link_id"] for other in items) > 1:
            told[at] = "repeated"
        elif mode != "merge" and known == (mode == "create_only"):
            told[at] = "exists" if known else "not_found"
    if path == APARTMENTS:
        refuse_places(stored, items, told)
    for at, item in enumerate(items):
        if at not in told:
            before = stored.get(item["link_id"])
            laid = (before or DEFAULTS[path]) | coupled(item)
            told[at] = "created" if before is None else "unchanged" if laid == before else "updated"
            stored[item["link_id"]] = laid
    return [told[at] for at in range(len(items))]


def refuse_places(stored: Stored, items: list[Item], told: dict[int, str]) -> None:
    live = [at for at in range(len(items)) if at not in told]
    for at in live:
        if sum(place(items[at]) == place(items[other]) for other in live) > 1:
            told[at] = "taken"
    while True:
        moving = {items[at]["link_id"] for at in live if at not in told}
        held = {place(item) for link_id, item in stored.items() if link_id not in moving}
        stuck = [at for at in live if at not in told and place(items[at]) in held]
        if not stuck:
            return
        told.update(dict.fromkeys(stuck, "taken"))


@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize("seed", range(3))
def test_the_server_agrees_with_plain_dicts_in_every_mode(home: Estate, path: str, seed: int) -> None:
    chance, stored = Random(seed), Stored()
    for _ in range(REQUESTS):
        items = [drawn(chance, path) for _ in range(chance.randrange(1, 7))]
        mode, dry, whole = chance.choice(MODES), chance.random() < 0.15, chance.random() < 0.2
        expected_rows = dict(stored)
        expected = merge(expected_rows, items, mode, path)
        refused = whole and bool({*expected} - {"created", "updated", "unchanged"})
        query = f"?mode={mode}&dry_run={dry}&all_or_nothing={whole}"
        response = bulk(home, path, *items, query=query, Accept="application/x-ndjson")
        assert response.status_code == (422 if refused else 200)
        assert outcomes(response) == expected
        stored = stored if dry or refused else expected_rows
        assert listed(home, path, stored) == stored


def outcomes(response: Any) -> list[str]:
    *answers, _ = [json.loads(line) for line in response.getvalue().splitlines()]
    return [answer["errors"][0]["code"] if "errors" in answer else answer["outcome"] for answer in answers]


def listed(home: Estate, path: str, expected: Stored) -> Stored:
    """Everything stored, with the members that are written."""
    rows = {row["link_id"]: row for row in home.client.get(path).json()["items"]}
    return {key: {name: row[name] for name in expected.get(key, row)} for key, row in rows.items()}
