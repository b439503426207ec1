"""What the server says of itself is so: every limit that it announces is enforced, where it says and not before."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linkmgr.accounts.models import Role
from linkmgr.api.models import KeptAnswer
from tests.make import Estate, contact, estate
from tests.rest import (
    APARTMENTS,
    CONTACTS,
    NDJSON,
    TIME_PROFILES,
    bulk,
    call,
    errors,
    flat_apartment,
    flat_time_profile,
)
from tests.rest import put as put_one
from tests.states import ADDRESS as CHANGE_STATE
from tests.states import change, send, told

pytestmark = pytest.mark.any_postgres

CAPABILITIES = "/api/v1/capabilities"
SMALL = 20_000
Judge = Callable[[Estate, int], None]


def padded(body: Any, size: int) -> bytes:
    """JSON of exactly so many bytes."""
    return json.dumps(body).encode().ljust(size)


def items_per_request(home: Estate, most: int) -> None:
    assert bulk(home, CONTACTS, *[{}] * most).status_code == 200
    assert errors(bulk(home, CONTACTS, *[{}] * (most + 1)), 400) == [("items", "wrong_length")]


def ids_per_change_state(home: Estate, most: int) -> None:
    ids = [contact()["link_id"] for _ in range(most + 1)]
    assert (1, 9, "ids") in told(change(home, ids))
    assert (1, 9, "ids") not in told(change(home, ids[:-1]))


def body_bytes(home: Estate, most: int) -> None:
    assert call(home, "POST", f"{CONTACTS}bulk", padded({"items": []}, most)).status_code == 200
    assert call(home, "POST", f"{CONTACTS}bulk", padded({"items": []}, most + 1)).status_code == 413


def member_body_bytes(home: Estate, most: int) -> None:
    item = contact()
    assert call(home, "PUT", f"{CONTACTS}{item['link_id']}", padded(item, most)).status_code == 201
    assert call(home, "PUT", f"{CONTACTS}{item['link_id']}", padded(item, most + 1)).status_code == 413


def change_state_body_bytes(home: Estate, most: int) -> None:
    assert send(home, padded({"ids": []}, most)).status_code == 200
    assert send(home, padded({"ids": []}, most + 1)).status_code == 413, CHANGE_STATE


def stream_bytes(home: Estate, most: int) -> None:
    assert call(home, "POST", f"{CONTACTS}bulk", b"\n" * most, content_type=NDJSON).status_code == 200
    assert call(home, "POST", f"{CONTACTS}bulk", b"\n" * (most + 1), content_type=NDJSON).status_code == 413


def stream_line_bytes(home: Estate, most: int) -> None:
    fitting, longer = (padded(contact(), size) for size in (most, most + 1))
    assert call(home, "POST", f"{CONTACTS}bulk", fitting, content_type=NDJSON).status_code == 200
    assert call(home, "POST", f"{CONTACTS}bulk", longer, content_type=NDJSON).status_code == 413


def message_characters(home: Estate, most: int) -> None:
    ids = [contact()["link_id"]]
    assert (1, 10, "message") in told(change(home, ids, message="x" * (most + 1)))
    assert (1, 10, "message") not in told(change(home, ids, message="x" * most))


def page_items(home: Estate, most: int) -> None:
    assert call(home, "GET", f"{CONTACTS}?limit={most}").status_code == 200
    assert errors(call(home, "GET", f"{CONTACTS}?limit={most + 1}"), 400) == [("limit", "out_of_range")]


def daily(home: Estate) -> str:
    rule = {"repeat_type": "day", "repeat_end": {"format": "never"}}
    return f"{TIME_PROFILES}{put_one(home, TIME_PROFILES, flat_time_profile(rule)).json()['link_id']}"


def occurrences(home: Estate, most: int) -> None:
    profile = daily(home)
    found = call(home, "GET", f"{profile}/occurrences?from=2027-01-01&to=2033-01-01").json()
    assert (len(found["items"]), found["more"]) == (most, True)


def occurrences_window_days(home: Estate, most: int) -> None:
    profile, begin = daily(home), 1_800_000_000
    for days, status in ((most, 200), (most + 1, 400)):
        window = f"from={begin}&to={begin + days * 86_400}"
        assert call(home, "GET", f"{profile}/occurrences?{window}").status_code == status
        assert call(home, "GET", f"{profile}.ics?{window}").status_code == status


def idempotency_key_characters(home: Estate, most: int) -> None:
    assert bulk(home, CONTACTS, idempotency_key="k" * most).status_code == 200
    assert errors(bulk(home, CONTACTS, idempotency_key="k" * (most + 1)), 400) == [("Idempotency-Key", "not_allowed")]


def idempotency_hours(home: Estate, most: int) -> None:
    for hours, replayed in ((most - 1, True), (most + 1, False)):
        bulk(home, CONTACTS, idempotency_key="once")
        KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=hours))
        assert ("Idempotency-Replayed" in bulk(home, CONTACTS, idempotency_key="once")) is replayed


JUDGES: tuple[Judge, ...] = (
    items_per_request,
    ids_per_change_state,
    body_bytes,
    member_body_bytes,
    change_state_body_bytes,
    stream_bytes,
    stream_line_bytes,
    message_characters,
    page_items,
    occurrences,
    occurrences_window_days,
    idempotency_key_characters,
    idempotency_hours,
)


def announced(home: Estate) -> dict[str, Any]:
    answer: dict[str, Any] = call(home, "GET", CAPABILITIES).json()
    return answer


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.__name__)
def test_an_announced_limit_is_enforced(home: Estate, settings: Any, judge: Judge) -> None:
    if judge in (body_bytes, stream_bytes):
        settings.MAX_BODY_BYTES, settings.MAX_STREAM_BYTES = SMALL, 2 * SMALL
    judge(home, announced(home)["limits"][judge.__name__])


def test_no_limit_is_announced_without_being_tried_here(home: Estate) -> None:
    assert set(announced(home)["limits"]) == {judge.__name__ for judge in JUDGES}


def test_kinds_are_told_with_members_that_can_be_written(home: Estate) -> None:
    kinds = {kind["name"]: kind for kind in announced(home)["kinds"]}
    assert set(kinds) == {"apartments", "time-profiles", "contacts"}
    for collection, item in ((APARTMENTS, flat_apartment()), (CONTACTS, contact())):
        kind = kinds[collection.split("/")[-2]]
        assert set(kind["members"]) - set(kind["optional"]) <= set(item)
        assert call(home, "PUT", f"{kind['path']}{item['link_id']}", item).status_code == 201
        assert bulk(home, kind["bulk_path"].removesuffix("bulk"), item).status_code == 200


def test_modes_and_states_are_told(home: Estate) -> None:
    answer = announced(home)
    assert answer["modes"] == ["merge", "create_only", "update_only"]
    assert [state["id"] for state in answer["states"]] == [1, 2, 3, 4, 5]


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_the_caller_is_told_who_it_is(role: str) -> None:
    visitor = estate(role=role)
    who = announced(visitor)["token"]
    assert (who["account"], who["site"], who["role"]) == (visitor.membership.user.username, visitor.site.slug, role)


def test_without_a_token_nothing_is_told(home: Estate) -> None:
    home.client.defaults.pop("HTTP_AUTHORIZATION")
    assert errors(call(home, "GET", CAPABILITIES), 401) == []
