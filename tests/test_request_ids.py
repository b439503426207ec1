"""X-Request-ID: taken from a client where it can be one, and told on every answer, in the logs and the change set."""

import logging
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from linkmgr.history.models import ChangeSet
from tests.make import APARTMENTS, CONTACTS_V1, Estate, apartment
from tests.operators import operator

pytestmark = pytest.mark.any_postgres

GOOD = ["a", "42", "req-7f3a.b:c/d", "x" * 64, "0a1b2c3d-0000-4000-8000-000000000000", "~!@#$%^&*()_+{}|\"'<>?"]
BAD = ["", "x" * 65, "a b", "a\tb", "ů", "a\x7f", "\x1b[31m", "x" * 10_000]
PLACES = [
    ("/api/info", 200),
    (APARTMENTS, 401),
    (CONTACTS_V1, 401),
    ("/api/v1/apartments/bulk/change_state", 401),
    ("/api/elsewhere", 404),
    ("/api/docs", 200),
    ("/admin/", 302),
    ("/admin/login/", 200),
    ("/elsewhere", 404),
    ("/", 302),
]


@pytest.mark.parametrize("given", GOOD, ids=ascii)
def test_an_id_of_the_client_is_its_own(home: Estate, given: str) -> None:
    response = home.client.post(
        APARTMENTS, {"list_items": [apartment()]}, content_type="application/json", headers={"X-Request-ID": given}
    )
    assert response["X-Request-ID"] == given
    assert ChangeSet.objects.get().request_id == given


@pytest.mark.parametrize("given", BAD, ids=lambda given: ascii(given)[:20])
def test_what_can_be_no_id_is_replaced(home: Estate, given: str) -> None:
    response = home.client.generic(
        "POST",
        APARTMENTS,
        b'{"list_items": []}',
        headers={"X-Request-ID": given.encode().decode("latin-1")},
    )
    assert UUID(response["X-Request-ID"]).version == 4


@pytest.mark.parametrize(("path", "status"), PLACES)
def test_every_answer_tells_it(db: None, path: str, status: int) -> None:
    response = Client().get(path, headers={"X-Request-ID": "mine"})
    assert (response.status_code, response["X-Request-ID"]) == (status, "mine")


def test_every_request_without_one_gets_another(db: None) -> None:
    assert len({Client().get("/api/info")["X-Request-ID"] for _ in range(3)}) == 3


def test_pages_of_the_admin_tell_it(home: Estate) -> None:
    assert operator(home.site).get("/admin/", headers={"X-Request-ID": "mine"})["X-Request-ID"] == "mine"


def test_a_static_file_tells_it(db: None) -> None:
    response = Client().get("/static/admin/css/base.css", headers={"X-Request-ID": "mine"})
    response.close()
    assert (response.status_code, response["X-Request-ID"]) == (200, "mine")


def test_a_fault_of_ours_tells_it(home: Estate) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE apartments_apartment ADD CONSTRAINT unwanted CHECK (false)")
    response = home.client.post(
        APARTMENTS, {"list_items": [apartment()]}, content_type="application/json", headers={"X-Request-ID": "mine"}
    )
    assert (response.status_code, response["X-Request-ID"]) == (500, "mine")


def test_a_host_that_is_not_allowed_is_told_it(db: None) -> None:
    response = Client().get("/api/info", headers={"X-Request-ID": "mine", "Host": "evil.example"})
    assert (response.status_code, response["X-Request-ID"]) == (400, "mine")


def test_a_redirect_to_https_tells_it(db: None, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/api/info", headers={"X-Request-ID": "mine"})
    assert (response.status_code, response["X-Request-ID"]) == (301, "mine")


def test_the_log_of_the_request_has_it(db: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        Client().get(APARTMENTS, headers={"X-Request-ID": "mine"})
    said = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert {each["request_id"] for each in said} == {"mine"}


def test_the_next_request_does_not_inherit_it(db: None) -> None:
    client = Client()
    client.get("/api/info", headers={"X-Request-ID": "mine"})
    assert client.get("/api/info")["X-Request-ID"] != "mine"
