"""The description of the API is valid, whole, and shown without a foreign host."""

import pytest
from django.core.management import call_command
from django.test import Client

from tests.make import CONTACTS_V0, EVERY_LIST, TIME_PROFILES_DELETE


@pytest.fixture(scope="module")
def schema() -> dict[str, dict[str, dict[str, object]]]:
    answer: dict[str, dict[str, dict[str, object]]] = Client().get("/api/schema").json()
    return answer


def test_it_is_valid_and_generated_without_a_warning() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null")


@pytest.mark.parametrize("path", EVERY_LIST)
def test_every_list_is_described(schema: dict[str, dict[str, dict[str, object]]], path: str) -> None:
    assert set(schema["paths"][path]) == {"get", "post", "delete"}


def test_the_other_addresses_are_described(schema: dict[str, dict[str, dict[str, object]]]) -> None:
    others = {"/api/info", TIME_PROFILES_DELETE} | {
        f"/api/{v}/{name}" for v in ("v0", "v1") for name in ("login", "logout")
    }
    states = {
        "/api/v1/apartments/bulk/change_state",
        "/api/v1/apartments/{link_id}/state-history",
        "/api/v1/code-list/apartment_state",
        "/api/v1/change-sets/{id}",
    }
    assert others | states | set(EVERY_LIST) == set(schema["paths"])


def test_limits_are_told(schema: dict[str, dict[str, dict[str, object]]]) -> None:
    listed = schema["components"]["schemas"]["ContactV0s"]["properties"]["list_items"]  # type: ignore[index]
    assert (listed["minItems"], listed["maxItems"]) == (1, 10_000), CONTACTS_V0


def test_the_page_of_it_needs_no_other_host() -> None:
    page = Client().get("/api/docs")
    assert page.status_code == 200
    assert b"http://" not in page.content
    assert b"https://" not in page.content
