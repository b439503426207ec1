"""Requests per minute of a token: what is told of them, when they end, and when they are back."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.http import HttpResponse
from pytest_django import DjangoAssertNumQueries, Settings

from linkmgr.accounts.models import MOST_REQUESTS, Spending, Token
from linkmgr.accounts.rates import limit_of
from linkmgr.accounts.tokens import make_token
from tests.make import APARTMENTS, CONTACTS_V1, EVERY_LIST, TIME_PROFILES, Estate, apartment, estate
from tests.states import ADDRESS as CHANGE_STATE
from tests.test_two_writers import at_once

STATES = "/api/v1/code-list/apartment_state"
HEADERS = ("RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
TOLD = {
    APARTMENTS: {"error": "Too many requests"},
    CONTACTS_V1: {"error": {"code": "system_error", "message": "Too many requests"}},
    STATES: {"Message": "There were too many requests."},
}


def limited(requests: int | None, **more: Any) -> Estate:
    return estate(requests_per_minute=requests, **more)


def asked(somebody: Estate, path: str = APARTMENTS) -> HttpResponse:
    return somebody.client.get(path)


def told(response: HttpResponse) -> tuple[str, ...]:
    return tuple(response.headers.get(name, "") for name in HEADERS)


def pass_by(seconds: float) -> None:
    """As if the time went by: what is kept is a moment, and the clock is PostgreSQL's."""
    Spending.objects.update(whole_at=F("whole_at") - timedelta(seconds=seconds))


def test_a_token_may_ask_so_often_and_no_more(db: None) -> None:
    somebody = limited(3)
    assert [asked(somebody).status_code for _ in range(5)] == [200, 200, 200, 429, 429]


def test_every_answer_tells_what_is_left(db: None) -> None:
    somebody = limited(3)
    assert [told(asked(somebody)) for _ in range(4)] == [
        ('"token";r=2;t=20', '"token";q=3;w=60', "3", "2", "20"),
        ('"token";r=1;t=40', '"token";q=3;w=60', "3", "1", "40"),
        ('"token";r=0;t=60', '"token";q=3;w=60', "3", "0", "60"),
        ('"token";r=0;t=20', '"token";q=3;w=60', "3", "0", "20"),
    ]


@pytest.mark.parametrize("limit", [1, 2, 7, 60, 101])
def test_a_minute_holds_exactly_the_limit(db: None, limit: int) -> None:
    somebody = limited(limit)
    statuses = [asked(somebody, STATES).status_code for _ in range(limit + 1)]
    assert (statuses.count(200), statuses[-1]) == (limit, 429)


@pytest.mark.parametrize("path", TOLD)
def test_too_many_requests_are_told_in_the_voice_of_the_address(db: None, path: str) -> None:
    somebody = limited(1)
    asked(somebody)
    refused = asked(somebody, path)
    assert (refused.status_code, refused.json(), refused["Retry-After"]) == (429, TOLD[path], "60")


def test_what_is_refused_is_not_stored(db: None) -> None:
    somebody = limited(2)
    answers = [somebody.post(APARTMENTS, apartment()).status_code for _ in range(4)]
    assert answers == [200, 200, 429, 429]
    Spending.objects.all().delete()
    assert len(somebody.listed(APARTMENTS)) == 2


def test_requests_come_back_one_after_the_other(db: None) -> None:
    somebody = limited(3)
    statuses = [asked(somebody).status_code for _ in range(4)]
    for seconds in (19, 1.1, 25, 60, 3600):
        pass_by(seconds)
        statuses.append(asked(somebody).status_code)
    assert statuses == [200, 200, 200, 429, 429, 200, 200, 200, 200]


def test_a_refused_request_costs_nothing(db: None) -> None:
    somebody = limited(1)
    assert [asked(somebody).status_code for _ in range(10)] == [200] + [429] * 9
    pass_by(60)
    assert asked(somebody).status_code == 200


def test_retry_after_is_long_enough(db: None) -> None:
    somebody = limited(7)
    responses = [asked(somebody) for _ in range(8)]
    pass_by(int(responses[-1]["Retry-After"]))
    assert asked(somebody).status_code == 200


def test_a_clock_that_jumps_back_shuts_nobody_out_for_longer_than_a_minute(db: None) -> None:
    somebody = limited(2)
    asked(somebody)
    Spending.objects.update(whole_at=Now() + timedelta(days=3))
    refused = asked(somebody)
    assert (refused.status_code, refused["Retry-After"]) == (429, "30")


@pytest.mark.parametrize("status", [200, 400, 403, 404, 405])
def test_answers_of_every_kind_count_and_tell(db: None, status: int) -> None:
    somebody = limited(5, role="viewer")
    responses = {
        200: lambda: asked(somebody),
        400: lambda: asked(somebody, f"{APARTMENTS}?limit=x"),
        403: lambda: somebody.post(APARTMENTS, apartment()),
        404: lambda: asked(somebody, "/api/v1/change-sets/00000000-0000-0000-0000-000000000000"),
        405: lambda: somebody.call("PUT", APARTMENTS),
    }
    response = responses[status]()
    assert (response.status_code, response["RateLimit-Remaining"]) == (status, "4")


def test_the_setting_holds_for_tokens_without_a_limit_of_their_own(home: Estate, settings: Settings) -> None:
    settings.RATE_LIMIT = 1
    generous, free = limited(2), limited(0)
    statuses = {each: [asked(each).status_code for _ in range(3)] for each in (home, generous, free)}
    assert [*statuses.values()] == [[200, 429, 429], [200, 200, 429], [200, 200, 200]]


def test_each_token_has_its_own(db: None) -> None:
    first, second = limited(1), limited(1)
    assert [asked(each).status_code for each in (first, second, first, second)] == [200, 200, 429, 429]


def test_a_token_without_a_limit_is_told_of_none_and_not_counted(
    home: Estate, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    asked(home, STATES)
    with django_assert_num_queries(2):
        assert not any(told(asked(home, STATES)))
    assert Spending.objects.count() == 0


def test_a_limit_costs_one_query(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    somebody = limited(9)
    asked(somebody, STATES)
    with django_assert_num_queries(3):
        asked(somebody, STATES)


def test_signing_in_and_the_first_call_are_not_counted(client: Any, db: None, settings: Settings) -> None:
    settings.RATE_LIMIT = 1
    assert [client.get("/api/info").status_code for _ in range(3)] == [200, 200, 200]


def test_a_wrong_token_costs_one_query_and_no_row(
    client: Any, db: None, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.RATE_LIMIT = 1
    with django_assert_num_queries(1):
        assert client.get(APARTMENTS, headers={"authorization": "Bearer nobodys"}).status_code == 401
    assert Spending.objects.count() == 0


def test_rows_of_tokens_that_nobody_uses_go_away(db: None) -> None:
    for _ in range(5):
        asked(limited(3))
    pass_by(3600)
    asked(limited(3))
    assert Spending.objects.count() == 1


def test_rows_that_still_count_stay(db: None) -> None:
    spent = limited(1)
    asked(spent)
    asked(limited(3))
    assert asked(spent).status_code == 429


def test_the_table_is_not_in_the_log_of_postgresql(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'accounts_spending'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.parametrize(("own", "setting", "applies"), [(None, 5, 5), (7, 5, 7), (0, 5, 0), (None, 0, 0), (7, 0, 7)])
def test_which_limit_applies(home: Estate, settings: Settings, own: int | None, setting: int, applies: int) -> None:
    settings.RATE_LIMIT = setting
    assert limit_of(Token(requests_per_minute=own)) == applies


@pytest.mark.parametrize("limit", [-1, MOST_REQUESTS + 1])
def test_a_limit_out_of_bounds_makes_no_token(home: Estate, limit: int) -> None:
    with pytest.raises(ValidationError, match="requests_per_minute"):
        make_token(home.membership, requests_per_minute=limit)


def test_the_highest_limit_works(db: None) -> None:
    assert asked(limited(MOST_REQUESTS))["RateLimit-Remaining"] == str(MOST_REQUESTS - 1)


@pytest.fixture
def crowd(transactional_db: None) -> Estate:
    return limited(2)


def test_twenty_at_once_get_exactly_what_there_is(crowd: Estate) -> None:
    """Another one would be back after half a minute."""
    statuses = at_once(*(lambda: [asked(crowd, TIME_PROFILES).status_code] for _ in range(20)))
    assert sorted(statuses) == [200, 200] + [429] * 18


@pytest.mark.parametrize("path", [*EVERY_LIST, CHANGE_STATE])
def test_every_address_counts(db: None, path: str) -> None:
    somebody = limited(1)
    assert [somebody.call("POST", path, {}).status_code for _ in range(2)][1] == 429
