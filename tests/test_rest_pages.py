"""Pages by cursor, orderings, picked members and counts."""

import json
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apartments.models import Apartment
from apartments.resource import APARTMENTS as APARTMENT_RESOURCE
from contacts.models import Contact
from contacts.resource import CONTACTS as CONTACT_RESOURCE
from tests.make import Estate, Item, contact, link_id
from tests.rest import APARTMENTS, CONTACTS, MAKERS, TIME_PROFILES, call, errors, flat_apartment, member, stored
from timeprofiles.resource import TIME_PROFILES as TIME_PROFILE_RESOURCE

SORTED = [
    (path, down + name)
    for path, resource in (
        (APARTMENTS, APARTMENT_RESOURCE),
        (CONTACTS, CONTACT_RESOURCE),
        (TIME_PROFILES, TIME_PROFILE_RESOURCE),
    )
    for name in resource.sorting
    for down in ("", "-")
]
MIXED = ["building,-floor", "-unit,room,-floor", "apartment_name,-link_id", "-building,-unit,-floor,-room", "link_id"]
ORDERED = "name,-ringtone,number"


def pages(home: Estate, path: str, limit: int = 100, **params: Any) -> list[list[Item]]:
    """All of them, as a client goes through: from `next` to `next`."""
    found, following = [], f"{path}?limit={limit}" + "".join(f"&{name}={value}" for name, value in params.items())
    while following:
        response = home.client.get(following)
        assert response.status_code == 200, response.content
        body = response.json()
        following = body["next"]
        assert response.headers.get("Link") == (f'<{following}>; rel="next"' if following else None)
        found.append(body["items"])
    return found


def rows(home: Estate, path: str, **params: Any) -> list[Item]:
    return [item for page in pages(home, path, **params) for item in page]


def fill(home: Estate, count: int = 30) -> list[Apartment]:
    """Of few different values each, so that most orderings cannot tell them apart."""
    some = random.Random(1)
    places = some.sample(list(product((1, 2, 3), (0, 1), (0, 1, 2), (1, 2))), count)
    return Apartment.objects.bulk_create(
        Apartment(
            site=home.site, link_id=link_id(), apartment_name=some.choice("ab"), **dict(zip(PARTS, each, strict=True))
        )
        for each in places
    )


PARTS = ("building", "unit", "floor", "room")


def by_hand(items: list[Item], ordering: str) -> list[Item]:
    names = ordering.split(",")
    last = "-link_id" if names[-1].startswith("-") else "link_id"
    for name in reversed(names if "link_id" in ordering else [*names, last]):
        items = sorted(items, key=lambda item: item[name.removeprefix("-")], reverse=name.startswith("-"))
    return items


@pytest.mark.parametrize("ordering", [*(name for path, name in SORTED if path == APARTMENTS), *MIXED])
def test_pages_of_any_size_give_every_row_once_and_in_order(home: Estate, ordering: str) -> None:
    fill(home)
    whole = rows(home, APARTMENTS, ordering=ordering)
    assert whole == by_hand(whole, ordering)
    for limit in (1, 7, 29, 30, 31):
        split = pages(home, APARTMENTS, limit=limit, ordering=ordering)
        assert [item for page in split for item in page] == whole
        assert [len(page) for page in split[:-1]] == [limit] * (-(-30 // limit) - 1)


@pytest.mark.parametrize(("path", "ordering"), [pair for pair in SORTED if pair[0] != APARTMENTS])
def test_every_ordering_of_the_others_goes_on(home: Estate, path: str, ordering: str) -> None:
    stored(home, path, *(MAKERS[path](name=name) for name in "aba"))
    whole = rows(home, path, ordering=ordering)
    assert [page[0] for page in pages(home, path, limit=1, ordering=ordering)] == whole == by_hand(whole, ordering)


def test_rows_that_come_and_go_between_pages_move_no_others(home: Estate) -> None:
    stay = {str(row.link_id) for row in fill(home, 20)}
    seen: list[str] = []
    following: str | None = f"{APARTMENTS}?limit=3&ordering=-floor,room"
    turn = 0
    while following:
        body = home.client.get(following).json()
        seen += [item["link_id"] for item in body["items"]]
        following, turn = body["next"], turn + 1
        Apartment.objects.filter(building=9).delete()
        fresh = [flat_apartment(f"9-{turn}-{floor}-1") for floor in (0, 1, 2)]
        stored(home, APARTMENTS, *fresh)
    kept = [one for one in seen if one in stay]
    assert (len(kept), set(kept)) == (20, stay)


def test_the_last_row_of_a_page_may_be_deleted(home: Estate) -> None:
    fill(home, 6)
    first = home.client.get(APARTMENTS, {"limit": 3}).json()
    call(home, "DELETE", member(APARTMENTS, first["items"][-1]["link_id"]))
    assert len(home.client.get(first["next"]).json()["items"]) == 3


def test_long_texts_make_long_cursors_that_are_taken(home: Estate) -> None:
    texts = {"apartment_name": "\x01" * 255, "photo_path": "\x02" * 255, "route_path": "🏠" * 255}
    stored(home, APARTMENTS, *(flat_apartment(**texts) for _ in range(3)))
    assert [len(page) for page in pages(home, APARTMENTS, limit=1, ordering=",".join(texts))] == [1, 1, 1]


def cursor_of(home: Estate, ordering: str = ORDERED) -> str:
    Contact.objects.bulk_create(
        Contact(site=home.site, link_id=link_id(), name="a", type="regular", number="0001-01-01-01", ringtone="r")
        for _ in range(3)
    )
    following: str = home.client.get(CONTACTS, {"limit": 1, "ordering": ordering}).json()["next"]
    return following.split("after=")[1].split("&")[0]


def forged(*content: Any) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


NAMES = ["name", "-ringtone", "number", "link_id"]
KEY = "00000000-0000-4000-8000-000000000000"
TAMPERED = [
    "x", "====", "a" * 40_000, "é", "%00", "..", "AAAA", urlsafe_b64encode(b"\xff\xfe").decode(),
    forged(), forged(NAMES), forged(NAMES, []), forged(NAMES, ["a", "b", "c"]), forged(NAMES, ["a", "b", "c", KEY, 1]),
    forged(NAMES, ["a", "b", "c", "x"]), forged(NAMES, ["a", "b", "c", None]), forged(NAMES, [None, "b", "c", KEY]),
    forged(NAMES, [[], "b", "c", KEY]), forged(NAMES, [{}, "b", "c", KEY]), forged(NAMES, ["\0", "b", "c", KEY]),
    forged(NAMES[::-1], ["a", "b", "c", KEY]), forged("name", ["a"]), forged(NAMES, "abcd"), forged({}, {}),
    forged(["site_id"], [1]), forged(NAMES, ["\ud800", "b", "c", KEY]), urlsafe_b64encode(b"[" * 3000).decode(),
]  # fmt: skip


@pytest.mark.parametrize("cursor", TAMPERED, ids=range(len(TAMPERED)))
def test_a_cursor_that_is_none_is_refused(home: Estate, cursor: str) -> None:
    response = home.client.get(CONTACTS, {"ordering": ORDERED, "after": cursor})
    assert {where for where, _ in errors(response, 400)} == {"after"}


def test_a_cursor_cut_off_anywhere_is_refused_or_a_cursor(home: Estate) -> None:
    cursor = cursor_of(home)
    for end in range(1, len(cursor)):
        assert errors(home.client.get(CONTACTS, {"ordering": ORDERED, "after": cursor[:end]}), 400)


@pytest.mark.parametrize("ordering", ["name", "-name,-ringtone,number", "number", "link_id"])
def test_a_cursor_of_another_ordering_is_refused(home: Estate, ordering: str) -> None:
    cursor = cursor_of(home)
    assert errors(home.client.get(CONTACTS, {"ordering": ordering, "after": cursor}), 400) == [("after", "not_allowed")]


def test_a_cursor_of_another_collection_shows_nothing_of_it(home: Estate) -> None:
    cursor = cursor_of(home, "link_id")
    assert home.client.get(APARTMENTS, {"after": cursor}).json() == {"items": [], "next": None}
    assert errors(home.client.get("/api/v1/states/", {"after": cursor}), 400) == [("after", "not_allowed")]


@pytest.mark.parametrize("value", [2**70, -(2**70), 1e300, "9" * 40, "x", True, [1]])
def test_numbers_of_a_cursor(home: Estate, value: Any) -> None:
    cursor = forged(["building", "link_id"], [value, KEY])
    assert home.client.get(APARTMENTS, {"ordering": "building", "after": cursor}).status_code in (200, 400)


@pytest.mark.parametrize("value", ["2026-01-01T00:00:00", "2026-01-01", "x", 5, True, 1.5, "0001-01-01T00:00:00+14:00"])
def test_moments_of_a_cursor(home: Estate, value: Any) -> None:
    cursor = forged(["updated_at", "link_id"], [value, KEY])
    assert home.client.get(APARTMENTS, {"ordering": "updated_at", "after": cursor}).status_code in (200, 400)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"limit": "0"}, "out_of_range"),
        ({"limit": "1001"}, "out_of_range"),
        ({"limit": "-1"}, "out_of_range"),
        ({"limit": "x"}, "out_of_range"),
        ({"limit": "1.0"}, "out_of_range"),
        ({"limit": "٣"}, "out_of_range"),
        ({"ordering": "nobody"}, "not_one_of"),
        ({"ordering": "site_id"}, "not_one_of"),
        ({"ordering": "--name"}, "not_one_of"),
        ({"ordering": "name,"}, "not_one_of"),
        ({"ordering": "name,-name"}, "repeated"),
        ({"fields": "nobody"}, "not_one_of"),
        ({"fields": ","}, "not_one_of"),
        ({"fields": "site"}, "not_one_of"),
        ({"count": "perhaps"}, "wrong_type"),
    ],
    ids=str,
)
def test_faults_of_paging(home: Estate, params: dict[str, str], code: str) -> None:
    assert errors(home.client.get(CONTACTS, params), 400) == [(next(iter(params)), code)]


def test_fields_pick_members_in_the_order_of_the_resource(home: Estate) -> None:
    (item,) = stored(home, CONTACTS, contact())
    picked = {"link_id": item["link_id"], "name": item["name"]}
    assert home.client.get(CONTACTS, {"fields": "name,link_id"}).content.startswith(
        b'{"items":[' + json.dumps(picked, separators=(",", ":")).encode()
    )
    assert home.client.get(member(CONTACTS, item["link_id"]), {"fields": "name"}).json() == {"name": item["name"]}
    assert errors(home.client.get(member(CONTACTS, item["link_id"]), {"fields": "x"}), 400) == [
        ("fields", "not_one_of")
    ]


def test_count_tells_how_many_the_filters_find(home: Estate) -> None:
    found = fill(home)
    body = home.client.get(APARTMENTS, {"count": "true", "limit": 1, "building": 2}).json()
    assert body["total"] == sum(row.building == 2 for row in found)
    assert "total" not in home.client.get(APARTMENTS).json()
    assert home.client.get(body["next"]).json()["total"] == body["total"]


def test_next_keeps_every_parameter(home: Estate) -> None:
    fill(home)
    first = home.client.get(
        APARTMENTS, {"limit": 2, "building": 2, "fields": "building", "search": "a", "floor__gte": 0}
    )
    second = home.client.get(first.json()["next"]).json()
    assert {tuple(item.items()) for item in second["items"]} == {(("building", 2),)}


@pytest.mark.parametrize("path", [APARTMENTS, CONTACTS, TIME_PROFILES, "/api/v1/change-sets/"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(home: Estate, path: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            home.client.get(path)
        return len(seen)

    kind = path if path in MAKERS else CONTACTS
    stored(home, kind, MAKERS[kind]())
    few = queries()
    stored(home, kind, *(MAKERS[kind]() for _ in range(10)))
    assert queries() == few


def test_the_cursor_says_nothing_but_what_the_page_said(home: Estate) -> None:
    cursor = cursor_of(home, "link_id")
    names, values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    assert (names, len(values)) == (["link_id"], 1)
