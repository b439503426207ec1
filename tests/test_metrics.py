"""What GET /metrics tells an operator, and whom."""

import logging
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.checks import run_checks
from django.db import DataError, connection
from django.db.models.functions import Now
from django.test import Client
from pytest_django import Settings

from linkmgr.accounts.models import User
from linkmgr.checks import SETTINGS
from linkmgr.notifications.models import Notification, State
from tests.imports import step, upload_items
from tests.make import APARTMENTS, CONTACTS_V0, CONTACTS_V1, Estate, apartment, contact, estate, link_id
from tests.operators import operator
from tests.rest import APARTMENTS as FLATS
from tests.rest import CONTACTS as PEOPLE
from tests.rest import bulk, flat_apartment
from tests.scraped import MIDDLEWARE, TOKEN, Since, labels, scrape, value
from tests.states import ADDRESS as CHANGE_STATE

pytestmark = pytest.mark.any_postgres


@pytest.fixture(autouse=True)
def _watched(db: None, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    place = settings.MIDDLEWARE.index("linkmgr.health.Health") + 1
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:place], MIDDLEWARE, *settings.MIDDLEWARE[place:]]


def test_requests_are_counted_by_route_method_and_status(home: Estate) -> None:
    since = Since()
    home.client.get(f"/api/v1/change-sets/{link_id()}")
    home.client.get(f"/api/v1/change-sets/{link_id()}")
    Client().get(APARTMENTS)
    member = {"route": "api/v1/change-sets/<guid:key>", "method": "GET"}
    assert since("requests_total", **member, status="404") == 2
    assert since("request_seconds_count", **member) == 2
    assert since("requests_total", route=APARTMENTS[1:], status="401") == 1
    assert since("requests_total") == 3


def test_an_answer_takes_as_long_as_its_buckets_say(home: Estate) -> None:
    since = Since()
    home.client.get(APARTMENTS)
    asked = {"route": APARTMENTS[1:], "method": "GET"}
    assert since("request_seconds_bucket", **asked, le="+Inf") == 1
    assert 0 < since("request_seconds_sum", **asked) < 60


def test_whatever_is_asked_for_no_label_is_made_of_it(home: Estate) -> None:
    for number in range(3):
        home.client.get(f"/api/elsewhere/{number}")
        home.client.generic(f"METHOD{number}", f"/elsewhere/{number}")
        home.client.get(f"/admin/elsewhere/{number}/")
    found = {text for _, text in labels(scrape())}
    assert [text for text in found if "elsewhere" in text or "METHOD" in text] == []
    assert {"none", "other"} <= found


def test_items_are_counted_by_kind_and_outcome(home: Estate) -> None:
    since, stored, bad = Since(), contact(), contact(number="x")
    home.post(CONTACTS_V0, stored, contact(), bad)
    home.post(CONTACTS_V0, stored)
    home.delete(CONTACTS_V1, [stored["link_id"], link_id()])
    told = {word: since("items_total", kind="contact", outcome=word) for word in ("created", "updated", "deleted")}
    assert told == {"created": 2, "updated": 1, "deleted": 1}
    assert since("items_total", kind="contact", outcome="invalid_entity_data") == 1
    assert since("items_total", kind="contact", outcome="entity_not_found") == 1


def test_all_items_of_a_refused_call_are_refused(home: Estate) -> None:
    since = Since()
    assert home.post(CONTACTS_V1, contact(), contact(number="x"), contact()).status_code == 400
    assert since("items_total", kind="contact", outcome="refused") == since("items_total") == 3


def test_a_dry_run_counts_no_item(home: Estate) -> None:
    since = Since()
    home.post(f"{APARTMENTS}?dry_run=true", apartment())
    home.post(f"{CONTACTS_V1}?dry_run=true", contact(number="x"))
    bulk(home, FLATS, flat_apartment(), query="?dry_run=true")
    assert since("items_total") == 0


def test_bulk_calls_of_the_resource_api_count_items_too(home: Estate) -> None:
    since = Since()
    good, bad = contact(), contact(number="x")
    bulk(home, PEOPLE, good, bad)
    assert (since("items_total", outcome="created"), since("items_total", outcome="invalid_entity_data")) == (1, 1)
    bulk(home, PEOPLE, good, bad, query="?all_or_nothing=true")
    assert (since("items_total", outcome="refused"), since("items_total")) == (2, 4)


def test_changes_of_state_are_counted(home: Estate) -> None:
    item, since = apartment(), Since()
    home.post(APARTMENTS, item)
    home.call("POST", CHANGE_STATE, {"ids": [item["link_id"], link_id()], "state_id": 2})
    assert since("items_total", kind="apartment", outcome="state_changed") == 1
    assert since("items_total", kind="apartment", outcome="state_refused") == 1


def test_an_import_of_the_admin_counts_what_it_applies(home: Estate) -> None:
    since, client = Since(), operator(home.site)
    stored = apartment()
    home.post(APARTMENTS, stored)
    upload_items(client, home.site, [stored, apartment(), apartment(apartment_name="")])
    assert since("items_total") == 1
    step(client, "apply")
    told = {word: since("items_total", kind="apartment", outcome=word) for word in ("created", "unchanged", "refused")}
    assert told == {"created": 2, "unchanged": 1, "refused": 1}


def test_the_steps_of_a_call_have_their_time(home: Estate) -> None:
    since = Since()
    answer = home.post(APARTMENTS, apartment())
    spent = {each: since("step_seconds_total", step=each) for each in ("decode", "check", "merge", "commit", "answer")}
    assert all(0 < seconds < 60 for seconds in spent.values()), spent
    assert "Server-Timing" not in answer


def test_rate_limits_and_lockouts_are_told_apart(db: None, settings: Settings) -> None:
    since, somebody = Since(), estate(requests_per_minute=1)
    for _ in range(3):
        somebody.client.get(APARTMENTS)
    User.objects.create_user("anna", password="a long enough password")
    for _ in range(settings.SIGN_IN_LIMIT + 1):
        Client().post("/admin/login/", {"username": "anna", "password": "wrong"})
    assert (since("turned_away_total", why="rate_limit"), since("turned_away_total", why="lockout")) == (2, 2)


def test_what_only_watches_is_not_counted(home: Estate) -> None:
    since = Since()
    for path in ("/healthz", "/readyz", "/metrics"):
        Client().get(path)
    assert since("requests_total") == 0


@pytest.mark.parametrize("header", ["", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ", "Bearer é", "Bearer"])
def test_nobody_else_is_told(header: str) -> None:
    response = Client(headers={"authorization": header}).get("/metrics")
    assert (response.status_code, response["WWW-Authenticate"], response.content) == (401, "Bearer", b"")


def test_a_token_of_the_api_does_not_open_it(home: Estate) -> None:
    assert [home.client.get("/metrics").status_code, operator(home.site).get("/metrics").status_code] == [401, 401]


def test_it_is_only_asked_by_any_name_and_neither_kept_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    watcher = Client(headers={"authorization": f"Bearer {TOKEN}", "host": "10.0.0.7"})
    with caplog.at_level(logging.DEBUG):
        assert watcher.get("/metrics")["Cache-Control"] == "no-store"
        assert (watcher.post("/metrics").status_code, watcher.head("/metrics").status_code) == (405, 200)
    assert [record.name for record in caplog.records if record.name.startswith(("django_structlog", "linkmgr"))] == []


def test_without_the_setting_there_is_no_such_address(home: Estate, settings: Settings) -> None:
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != MIDDLEWARE]
    assert Client(headers={"authorization": f"Bearer {TOKEN}"}).get("/metrics").status_code == 404


def test_postgresql_and_the_version_are_told(home: Estate) -> None:
    found = scrape()
    assert value(found, "postgresql_up") == value(found, "build_info") == 1
    assert 1 <= value(found, "postgresql_connections") <= value(found, "postgresql_connections_max")


def test_without_postgresql_the_rest_is_told(home: Estate) -> None:
    since = Since()
    home.client.get(APARTMENTS)
    with connection.cursor() as cursor, pytest.raises(DataError):
        cursor.execute("SELECT 1 / 0")  # from now on it refuses whatever this connection asks
    found = scrape()
    assert value(found, "postgresql_up") == 0
    assert not [name for name, _ in found if name.startswith("linkmgr_notifications")]
    assert since("requests_total") == 1


def waiting(home: Estate, state: str, overdue: float = 0) -> None:
    due = {} if state != State.PENDING else {"next_at": Now() - timedelta(seconds=overdue)}
    more: Any = {"next_at": None, **due, "change_set": uuid4(), "link_id": uuid4(), "facts": {}}
    Notification.objects.create(site=home.site, channel="email", address="a@b.example", state=state, **more)


def test_what_is_still_to_be_delivered_is_told(home: Estate, away: Estate) -> None:
    assert value(scrape(), "notifications_overdue_seconds") == 0
    for site, state, overdue in ((home, State.PENDING, 30), (away, State.PENDING, 1000), (home, State.FAILED, 0)):
        waiting(site, state, overdue)
    waiting(home, State.SENT)
    found = scrape()
    assert [value(found, f"notifications_{state}") for state in ("pending", "failed")] == [2, 1]
    assert 1000 <= value(found, "notifications_overdue_seconds") < 1100


def test_one_that_is_put_off_is_not_overdue(home: Estate) -> None:
    waiting(home, State.PENDING, overdue=-600)
    found = scrape()
    assert (value(found, "notifications_pending"), value(found, "notifications_overdue_seconds")) == (1, 0)


@pytest.mark.parametrize(("token", "told"), [("", []), ("x" * 15, ["E008"]), ("é" * 20, ["E008"]), ("x" * 16, [])])
def test_a_token_that_is_guessed_is_refused(settings: Settings, token: str, told: list[str]) -> None:
    settings.METRICS_TOKEN = token
    assert [each.id.removeprefix("linkmgr.") for each in run_checks(tags=[SETTINGS]) if each.id] == told
