"""Problem documents name everything that is wrong with a request, not only what is found first."""

import pytest

from tests.make import Estate
from tests.rest import APARTMENTS, CONTACTS, call, errors

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
