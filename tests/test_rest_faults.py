"""The resource API, faults of one member: every one of them told, by its path and a code."""

import pytest

from tests.make import Estate, Item, custom
from tests.rest import (
    APARTMENTS,
    COLLECTIONS,
    CONTACTS,
    MAKERS,
    TIME_PROFILES,
    call,
    errors,
    flat_apartment,
    flat_time_profile,
    member,
    put,
    stored,
)

pytestmark = pytest.mark.any_postgres


@pytest.mark.parametrize("path", COLLECTIONS)
def test_every_fault_is_told_at_once(home: Estate, path: str) -> None:
    (item,) = stored(home, path, MAKERS[path]())
    name = "apartment_name" if path == APARTMENTS else "name"
    faulty = {"link_id": "x", "created_at": None, name: 5, "odd": 1}
    told = errors(call(home, "PATCH", member(path, item["link_id"]), faulty), 422)
    assert sorted(told) == sorted(
        [("link_id", "read_only"), ("created_at", "read_only"), (name, "wrong_type"), ("odd", "unknown_member")]
    )


@pytest.mark.parametrize("path", COLLECTIONS)
def test_every_member_that_is_missing_is_told(home: Estate, path: str) -> None:
    item = MAKERS[path]()
    needed = {
        APARTMENTS: {"building", "unit", "floor", "room", "apartment_name"},
        TIME_PROFILES: {"name", "is_all_day", "date_from", "date_to", "repeat_options"},
        CONTACTS: {"name", "type", "number"},
    }[path]
    told = errors(call(home, "PUT", member(path, item["link_id"]), {}), 422)
    assert sorted(told) == sorted((name, "required") for name in needed)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
def test_an_address_that_is_taken_is_a_conflict(home: Estate, method: str) -> None:
    taken, other = flat_apartment("1-1-1-1"), flat_apartment("1-1-1-2")
    stored(home, APARTMENTS, taken, *([other] if method == "PATCH" else []))
    clashing = flat_apartment("1-1-1-1") | {"link_id": other["link_id"]}
    address = APARTMENTS if method == "POST" else member(APARTMENTS, other["link_id"])
    before = home.client.get(APARTMENTS).json()
    assert errors(call(home, method, address, clashing), 409) == [("", "taken")]
    assert home.client.get(APARTMENTS).json() == before


FAULTS: list[tuple[str, Item, list[tuple[str, str]]]] = [
    (APARTMENTS, {"building": 0}, [("building", "out_of_range")]),
    (APARTMENTS, {"floor": 99, "room": -1}, [("floor", "out_of_range"), ("room", "out_of_range")]),
    (APARTMENTS, {"unit": 1.0}, [("unit", "wrong_type")]),
    (APARTMENTS, {"unit": "1"}, [("unit", "wrong_type")]),
    (APARTMENTS, {"unit": True}, [("unit", "wrong_type")]),
    (APARTMENTS, {"residents_count": 32_768}, [("residents_count", "out_of_range")]),
    (APARTMENTS, {"residents_count": None}, [("residents_count", "wrong_type")]),
    (APARTMENTS, {"apartment_name": ""}, [("apartment_name", "wrong_length")]),
    (APARTMENTS, {"apartment_name": " x"}, [("apartment_name", "not_allowed")]),
    (APARTMENTS, {"apartment_name": "a\nb"}, [("apartment_name", "not_allowed")]),
    (APARTMENTS, {"photo_path": "x" * 256}, [("photo_path", "wrong_length")]),
    (APARTMENTS, {"photo_path": "\0"}, [("photo_path", "not_allowed")]),
    (TIME_PROFILES, {"date_to": 0}, [("date_to", "not_allowed")]),
    (TIME_PROFILES, {"date_from": -1}, [("date_from", "out_of_range")]),
    (TIME_PROFILES, {"repeat_options": {}}, [("repeat_options.repeat_enable", "required")]),
    (TIME_PROFILES, {"time_options": {}}, [("time_options", "unknown_member")]),
    (CONTACTS, {"type": "nobody"}, [("type", "not_one_of")]),
    (CONTACTS, {"number": "1"}, [("number", "not_allowed")]),
    (CONTACTS, {"auto_answer": True, "in_black_list": True}, [("auto_answer", "not_allowed")]),
    (CONTACTS, {"name": "x" * 256}, [("name", "wrong_length")]),
    (CONTACTS, {"name": "\ud800"}, [("name", "not_allowed")]),
    (CONTACTS, {"\ud800": 1}, [("\\ud800", "unknown_member")]),
    (CONTACTS, {"site": 1}, [("site", "unknown_member")]),
]


@pytest.mark.parametrize(("path", "change", "told"), FAULTS, ids=[f"{path[8:-1]} {c}"[:60] for path, c, _ in FAULTS])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
def test_faults_of_members(home: Estate, method: str, path: str, change: Item, told: list[tuple[str, str]]) -> None:
    item = MAKERS[path]()
    if method == "PATCH":
        stored(home, path, item)
    address = path if method == "POST" else member(path, item["link_id"])
    response = call(home, method, address, change if method == "PATCH" else item | change)
    assert errors(response, 422) == told
    assert not any("an string" in error["text"] for error in response.json()["errors"])


def test_faults_deep_in_a_rule_are_named_by_their_path(home: Estate) -> None:
    rule = custom("month", {"format": "dayNumbers", "range": [1, 32, "x"]}, every=0)
    where = "repeat_options.repeat_format.repeat_custom"
    assert sorted(errors(put(home, TIME_PROFILES, flat_time_profile(rule)), 422)) == [
        (f"{where}.repeat_looper", "out_of_range"),
        (f"{where}.repeat_options.range[1]", "out_of_range"),
        (f"{where}.repeat_options.range[2]", "wrong_type"),
    ]
