"""What watches over the server asks: /healthz and /readyz; and faults of Django's own in the API's voices."""

import logging

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from tests.make import CONTACTS_V1, Estate

pytestmark = pytest.mark.any_postgres


@pytest.fixture
def anybody() -> Client:
    """Without a token, by a name that is not allowed, and without HTTPS."""
    return Client(headers={"host": "10.0.0.7:8000"})


def test_a_process_that_lives_says_so(anybody: Client) -> None:
    response = anybody.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"lives": True})


@pytest.mark.django_db
def test_a_migrated_database_is_ready(anybody: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = anybody.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "missing": []})


@pytest.mark.django_db
def test_a_database_behind_this_version_is_not_ready_and_says_what_is_missing(anybody: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'contacts' AND name = '0002_fillfactor'")
    response = anybody.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"ready": False, "missing": ["contacts.0002_fillfactor"]})
    assert int(response["Retry-After"]) > 0


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_nobody_logs_them_and_nothing_keeps_them(anybody: Client, path: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert anybody.get(path)["Cache-Control"] == "no-store"
    assert [record.name for record in caplog.records if record.name.startswith(("django_structlog", "linkmgr"))] == []


def test_they_are_only_asked(anybody: Client) -> None:
    response = anybody.post("/healthz")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def told(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, response.content.decode()


def test_a_host_that_is_not_allowed_is_told_in_the_voice_of_the_address(anybody: Client) -> None:
    assert told(anybody.get("/api/info")) == (400, '{"error":"Bad request"}')
    assert told(anybody.get(CONTACTS_V1)) == (400, '{"error":{"code":"not_valid","message":"Bad request"}}')
    assert told(anybody.get("/api/v1/code-list/apartment_state")) == (400, '{"Message":"The request is invalid."}')
    assert anybody.get("/admin/login/")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v9"])
def test_an_unknown_address_of_the_api_is_no_page(home: Estate, path: str) -> None:
    assert told(home.client.get(path)) == (404, '{"error":"Not found"}')
