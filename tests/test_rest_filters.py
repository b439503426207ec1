"""Filters, search and their faults: every filter of every column against the same filter in plain Python."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db.models import BooleanField, DateTimeField, Field, IntegerField, UUIDField

from apartments.resource import APARTMENTS as APARTMENT_RESOURCE
from contacts.models import Contact
from contacts.resource import CONTACTS as CONTACT_RESOURCE
from tests.make import Estate, Item, contact, custom
from tests.rest import APARTMENTS, CONTACTS, TIME_PROFILES, call, errors, flat_apartment, flat_time_profile, stored
from timeprofiles.resource import TIME_PROFILES as TIME_PROFILE_RESOURCE

pytestmark = pytest.mark.any_postgres

RESOURCES = {APARTMENTS: APARTMENT_RESOURCE, TIME_PROFILES: TIME_PROFILE_RESOURCE, CONTACTS: CONTACT_RESOURCE}
WORDS = ["Anna", "anna", "100%", "1_0", "back\\slash", " b ", "Žofie", 'a"b', "a'b", "a%b", "A B"]
ROWS: dict[str, list[Item]] = {
    APARTMENTS: [
        flat_apartment(f"{at % 3 + 1}-{at % 2}-{at}-{at}", apartment_name=word.strip(), photo_path=word)
        for at, word in enumerate(WORDS)
    ],
    TIME_PROFILES: [
        flat_time_profile(
            custom("week", ["MON"]) if at % 2 else None, name=word, is_all_day=at % 3 == 0, date_from=at, date_to=at + 9
        )
        for at, word in enumerate(WORDS)
    ],
    CONTACTS: [
        contact(name=word, ringtone=word, is_favorite=at % 2 == 0, number=f"0001-01-01-{at:02}", type="regular")
        for at, word in enumerate(WORDS)
    ],
}
LOOKUPS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": lambda value, other: value == other,
    "lt": lambda value, other: value < other,
    "lte": lambda value, other: value <= other,
    "gt": lambda value, other: value > other,
    "gte": lambda value, other: value >= other,
    "in": lambda value, others: value in others,
    "iexact": lambda value, other: value.lower() == other.lower(),
    "contains": lambda value, other: other in value,
    "icontains": lambda value, other: other.lower() in value.lower(),
    "startswith": lambda value, other: value.startswith(other),
    "istartswith": lambda value, other: value.lower().startswith(other.lower()),
    "endswith": lambda value, other: value.endswith(other),
}
OTHERS = {"repeat_enable", "repeat_type", "open_at"}
"""Filters that are not of a column: tested by themselves."""


def column_filters(path: str) -> list[tuple[str, Any, str]]:
    """(parameter, column, lookup)"""
    filters = RESOURCES[path].filters.base_filters
    meta = RESOURCES[path].model._meta
    return [
        (name, meta.get_field(each.field_name), each.lookup_expr)
        for name, each in filters.items()
        if name not in OTHERS
    ]


def read(column: "Field[Any, Any]", value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(column, DateTimeField) else value


def said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def found(home: Estate, path: str, **params: Any) -> list[str]:
    response = home.client.get(path, {"limit": 1000, **params})
    assert response.status_code == 200, response.content
    return [item["link_id"] for item in response.json()["items"]]


@pytest.mark.parametrize("path", RESOURCES)
def test_every_filter_agrees_with_the_same_in_python(home: Estate, path: str) -> None:
    rows = sorted(stored(home, path, *ROWS[path]), key=lambda row: row["link_id"])
    tried = 0
    for name, column, lookup in column_filters(path):
        for other in sorted({row[column.attname] for row in rows} - {""}):
            operand = [read(column, other)] if lookup == "in" else read(column, other)
            wanted = [r["link_id"] for r in rows if LOOKUPS[lookup](read(column, r[column.attname]), operand)]
            assert found(home, path, **{name: said(other)}) == wanted, (name, other)
            tried += 1
    assert tried > 100


@pytest.mark.parametrize("path", RESOURCES)
def test_every_column_but_those_of_other_types_has_filters(path: str) -> None:
    columns = {column.attname for _, column, _ in column_filters(path)}
    shown = {name for name in RESOURCES[path].shown.__struct_fields__ if name != "repeat_options"}
    assert columns == shown


def wrong_values(column: "Field[Any, Any]", lookup: str) -> list[str]:
    values = [""]
    if isinstance(column, BooleanField):
        values += ["1", "True", "yes", " true", "null"]
    elif isinstance(column, IntegerField) or column.is_relation:
        values += ["x", "1.0", " 1", "1e3", "٣", "--1", "9" * 30, "0x1", "+1"]
    elif isinstance(column, DateTimeField):
        values += ["x", " ", "yesterday", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "1767254400"]
    elif isinstance(column, UUIDField):
        values += ["x", " ", "{00000000-0000-4000-8000-000000000000}", "00000000000040008000000000000000"]
    if lookup == "in":
        values += [",", "1,", ",1"]
    return values


@pytest.mark.parametrize("path", RESOURCES)
def test_values_that_cannot_be_read_are_refused_by_their_parameter(home: Estate, path: str) -> None:
    for name, column, lookup in column_filters(path):
        for value in [*wrong_values(column, lookup), "a\0b"]:
            response = home.client.get(path, {name: value})
            assert {where for where, _ in errors(response, 400)} == {name}, (name, value)


@pytest.mark.parametrize("path", RESOURCES)
def test_parameters_unknown_repeated_and_empty_are_all_told(home: Estate, path: str) -> None:
    response = home.client.get(f"{path}?nobody=1&limit=1&limit=2&search=&link_id__gt=x")
    assert errors(response, 400) == [
        ("nobody", "unknown_parameter"),
        ("limit", "repeated"),
        ("search", "empty"),
        ("link_id__gt", "unknown_parameter"),
    ]


def test_several_filters_hold_together(home: Estate) -> None:
    rows = stored(home, APARTMENTS, *ROWS[APARTMENTS])
    wanted = sorted(row["link_id"] for row in rows if row["building"] == 3 and row["floor"] >= 5)
    assert found(home, APARTMENTS, building=3, floor__gte=5) == wanted != []
    assert found(home, APARTMENTS, building__in="1,3", floor__in="0,1,2") == sorted(
        row["link_id"] for row in rows if row["building"] in (1, 3) and row["floor"] in (0, 1, 2)
    )


@pytest.mark.parametrize("value", ["99999999999999999", "-99999999999999999", "32768"])
@pytest.mark.parametrize("lookup", ["", "__in", "__lt", "__gte"])
def test_numbers_out_of_the_range_of_a_column_find_what_they_say(home: Estate, value: str, lookup: str) -> None:
    stored(home, APARTMENTS, flat_apartment())
    everything = (lookup == "__lt" and int(value) > 0) or (lookup == "__gte" and int(value) < 0)
    assert len(found(home, APARTMENTS, **{f"building{lookup}": value})) == everything


def test_spaces_are_looked_for(home: Estate) -> None:
    rows = stored(home, CONTACTS, *ROWS[CONTACTS])
    assert found(home, CONTACTS, name=" ") == []
    assert found(home, CONTACTS, name__startswith=" ") == [row["link_id"] for row in rows if row["name"] == " b "]


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", "%%", "1_0", "0%", "slash", "ANNA", " b", "'", '"', "Žof", "x" * 5000]
)
def test_search_takes_every_character_as_itself(home: Estate, text: str) -> None:
    rows = stored(home, CONTACTS, *ROWS[CONTACTS])
    wanted = sorted(row["link_id"] for row in rows if text.lower() in row["name"].lower() or text in row["number"])
    assert found(home, CONTACTS, search=text) == wanted


def test_what_was_changed_since_is_found(home: Estate) -> None:
    old, new = stored(home, CONTACTS, contact(), contact())
    since = found(home, CONTACTS, updated_at__gt=old["updated_at"])
    assert since == [new["link_id"]]


@pytest.mark.parametrize(("moment", "count"), [("2026-07-01T12:00:00", 0), ("2026-07-01T11:59:59", 1)])
def test_moments_without_an_offset_are_on_the_clock_of_the_site(home: Estate, moment: str, count: int) -> None:
    home.site.time_zone = "Asia/Tokyo"
    home.site.save()
    stored(home, CONTACTS, contact())
    Contact.objects.update(updated_at="2026-07-01T03:00:00Z")
    assert len(found(home, CONTACTS, updated_at__gt=moment)) == count


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "9999-12-31T23:59:59.999999"]
)
def test_moments_at_the_ends_of_time(home: Estate, moment: str) -> None:
    stored(home, CONTACTS, contact())
    assert home.client.get(CONTACTS, {"updated_at__gt": moment}).status_code in (200, 400)


def test_time_profiles_by_their_rules(home: Estate) -> None:
    never, weekly = stored(home, TIME_PROFILES, flat_time_profile(), flat_time_profile(custom("week", ["MON"])))
    assert found(home, TIME_PROFILES, repeat_enable="false") == [never["link_id"]]
    assert found(home, TIME_PROFILES, repeat_enable="true") == [weekly["link_id"]]
    assert found(home, TIME_PROFILES, repeat_type="custom") == [weekly["link_id"]]
    assert found(home, TIME_PROFILES, repeat_type="day") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("repeat_type", "x"), ("repeat_type", "null"), ("repeat_enable", "1"), ("open_at", "x"), ("open_at", " ")],
)
def test_faults_of_filters_by_rule(home: Estate, name: str, value: str) -> None:
    assert errors(home.client.get(TIME_PROFILES, {name: value}), 400) == [(name, "not_allowed")]


def test_records_are_filtered_too(home: Estate, away: Estate) -> None:
    stored(home, CONTACTS, contact())
    stored(away, CONTACTS, contact())
    by = home.membership.user.username
    assert len(found_records(home, by=by, via="api")) == 1
    assert found_records(home, by=away.membership.user.username) == found_records(home, via="admin") == []


def found_records(home: Estate, **params: str) -> list[Item]:
    items: list[Item] = home.client.get("/api/v1/change-sets/", params).json()["items"]
    return items


def test_states_are_those_of_every_site(home: Estate) -> None:
    listed = home.client.get("/api/v1/states/", {"active": "true", "id__lte": 2}).json()["items"]
    assert [(state["id"], state["code"]) for state in listed] == [(1, "active"), (2, "vacant")]
    assert home.client.get("/api/v1/states/2").json() == listed[1]
    for unknown in ("99", "9" * 30):
        assert errors(home.client.get(f"/api/v1/states/{unknown}"), 404) == []
    assert errors(call(home, "POST", "/api/v1/states/", {}), 405) == []
