"""Problem documents name everything that is wrong with a request, not only what is found first."""

import pytest

from tests.make import Estate, link_id
from tests.rest import APARTMENTS, CONTACTS, TIME_PROFILES, call, errors, member

pytestmark = pytest.mark.any_postgres


def test_all_wrong_parameters_of_a_list_are_told_together(home: Estate) -> None:
    paging, filters = "limit=0&ordering=colour&fields=size&count=perhaps", "building=three&residents_count__gte=many"
    query = f"nmae=x&unit=1&unit=2&{paging}&{filters}"
    assert sorted(errors(call(home, "GET", f"{APARTMENTS}?{query}"), 400)) == [
        ("building", "not_allowed"),
        ("count", "wrong_type"),
        ("fields", "not_one_of"),
        ("limit", "out_of_range"),
        ("nmae", "unknown_parameter"),
        ("ordering", "not_one_of"),
        ("residents_count__gte", "not_allowed"),
        ("unit", "repeated"),
    ]


def test_all_wrong_parameters_of_a_bulk_call_are_told_together(home: Estate) -> None:
    query = "mode=some&dry_run=maybe&all_or_nothing=x&explain=&other=1"
    response = call(home, "POST", f"{CONTACTS}bulk?{query}", {"items": []}, idempotency_key="with space")
    assert sorted(errors(response, 400)) == [
        ("Idempotency-Key", "not_allowed"),
        ("all_or_nothing", "wrong_type"),
        ("dry_run", "wrong_type"),
        ("explain", "empty"),
        ("mode", "not_one_of"),
        ("other", "unknown_parameter"),
    ]


@pytest.mark.parametrize(
    ("method", "query", "told"),
    [
        ("GET", "fields=size", ("fields", "not_one_of")),
        ("PUT", "dry_run=maybe", ("dry_run", "wrong_type")),
        ("PATCH", "dry_run=", ("dry_run", "empty")),
        ("DELETE", "dry_run=maybe", ("dry_run", "wrong_type")),
    ],
)
def test_all_wrong_parameters_of_one_member_are_told_together(
    home: Estate, method: str, query: str, told: tuple[str, str]
) -> None:
    response = call(home, method, f"{member(CONTACTS, link_id())}?{query}&odd=1", {})
    assert sorted(errors(response, 400)) == [told, ("odd", "unknown_parameter")]


@pytest.mark.parametrize(
    ("tail", "told"),
    [
        (
            "/occurrences?from=x&to=y&odd=1",
            [("from", "not_allowed"), ("odd", "unknown_parameter"), ("to", "not_allowed")],
        ),
        (".ics?from=2026-01-02&to=2026-01-01&odd=1", [("odd", "unknown_parameter"), ("to", "out_of_range")]),
        ("/open?at=&odd=1", [("at", "empty"), ("odd", "unknown_parameter")]),
    ],
)
def test_all_wrong_parameters_of_what_a_profile_means_in_time_are_told_together(
    home: Estate, tail: str, told: list[tuple[str, str]]
) -> None:
    assert sorted(errors(call(home, "GET", member(TIME_PROFILES, link_id()) + tail), 400)) == told


def test_all_wrong_parameters_of_the_changes_are_told_together(home: Estate) -> None:
    assert sorted(errors(call(home, "GET", "/api/v1/changes?after=x&limit=0&odd=1"), 400)) == [
        ("after", "not_allowed"),
        ("limit", "out_of_range"),
        ("odd", "unknown_parameter"),
    ]
