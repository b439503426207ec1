"""Headers of every sort of answer: what a browser must not do with it, and who may keep it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from contacts.models import Contact
from tests.make import CONTACTS_V0, CONTACTS_V1, EVERY_LIST, Estate
from tests.operators import PASSWORD, operator, page, user_of
from tests.rest import COLLECTIONS

pytestmark = pytest.mark.any_postgres

SECURE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = (
    "default-src 'self'",
    "frame-ancestors 'none'",
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
)
LIST = page(Contact, "changelist")
PRIVATE = ("no-store", "private, no-cache")
"""What a shared cache keeps nothing of."""
KEPT_BY_ALL = {"/static/admin/css/base.css": "max-age=60, public", "/api/schema": "no-cache"}
"""The same for everybody."""


def is_secure(response: HttpResponse) -> bool:
    """All of the headers; nothing in the policy that lets in code of the page itself."""
    assert b"".join(response) is not None  # or a static file stays open
    policy = response.headers["Content-Security-Policy"]
    assert {name: response.headers.get(name) for name in SECURE} == SECURE
    assert [part for part in POLICY if part not in policy] == []
    return "unsafe" not in policy


@pytest.fixture
def broken(home: Estate) -> None:
    """Nothing can be read from a table any more, which is a fault of the server."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE contacts_contact RENAME TO gone")


@pytest.fixture
def busy(home: Estate) -> Iterator[None]:
    """Somebody else's transaction holds a table, longer than a request would wait."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as theirs, connection.cursor() as ours:
        theirs.execute("LOCK TABLE contacts_contact")
        ours.execute("SET LOCAL lock_timeout = '50ms'")
    yield
    other.rollback()
    other.close()


ANYBODYS = {
    "/admin/login/": 200,
    "/admin/": 302,
    "/api/docs": 200,
    "/api/info": 200,
    "/api/v0/login": 400,
    "/healthz": 200,
    "/readyz": 200,
    CONTACTS_V0: 401,
    "/api/v1/contacts/": 401,
    "/api/nothing": 404,
    "/nothing": 404,
    **dict.fromkeys(KEPT_BY_ALL, 200),
}


@pytest.mark.parametrize(("path", "status"), ANYBODYS.items(), ids=[*ANYBODYS])
def test_what_anybody_is_answered_has_every_header(db: None, path: str, status: int) -> None:
    response = Client().get(path)
    assert (response.status_code, is_secure(response)) == (status, True)
    kept = response["Cache-Control"]
    assert kept == KEPT_BY_ALL[path] if path in KEPT_BY_ALL else (kept in PRIVATE or "no-store" in kept)


@pytest.mark.parametrize("path", [*EVERY_LIST, *COLLECTIONS, "/api/v1/changes", "/api/v1/code-list/apartment_state"])
def test_what_a_token_may_read_is_kept_by_no_shared_cache(home: Estate, path: str) -> None:
    response = home.client.get(path)
    assert (response.status_code, is_secure(response)) == (200, True)
    assert response["Cache-Control"] in PRIVATE


@pytest.mark.parametrize("path", ["/admin/", LIST, page(Contact, "add"), page(Contact, "export", "csv")])
def test_a_page_of_the_admin_is_kept_by_nobody(home: Estate, path: str) -> None:
    response = operator(home.site).get(path)
    assert (response.status_code, is_secure(response)) == (200, True)
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/admin/", CONTACTS_V0, "/healthz", "/static/admin/css/base.css"])
def test_a_host_that_is_not_allowed_and_a_wrong_method_have_every_header(db: None, path: str) -> None:
    assert is_secure(Client(headers={"host": "elsewhere.example"}).get(path))
    assert is_secure(Client().generic("TRACE", path))


def test_a_form_that_another_page_has_sent_has_every_header(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x"})
    assert (response.status_code, is_secure(response)) == (403, True)


@pytest.mark.usefixtures("broken")
def test_a_fault_of_the_server_has_every_header(home: Estate) -> None:
    home.client.raise_request_exception = False
    response = home.client.get(CONTACTS_V1)
    assert (response.status_code, is_secure(response), response["Cache-Control"]) == (500, True, "no-store")


def test_the_page_of_a_fault_has_every_header(home: Estate, request: pytest.FixtureRequest) -> None:
    client = operator(home.site)
    client.raise_request_exception = False
    request.getfixturevalue("broken")
    response = client.get(LIST)
    assert (response.status_code, is_secure(response)) == (500, True)
    assert "no-store" in response["Cache-Control"]


@pytest.mark.usefixtures("busy")
def test_what_has_to_wait_too_long_has_every_header(home: Estate) -> None:
    response = home.client.get(CONTACTS_V1)
    assert (response.status_code, is_secure(response)) == (503, True)


def test_the_page_of_a_busy_database_has_every_header(home: Estate, request: pytest.FixtureRequest) -> None:
    client = operator(home.site)
    client.raise_request_exception = False
    request.getfixturevalue("busy")
    response = client.get(LIST)
    assert (response.status_code, is_secure(response)) == (503, True)


def test_a_server_that_is_not_ready_has_every_header(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'contacts'")
    response = Client().get("/readyz")
    assert (response.status_code, is_secure(response)) == (503, True)


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(home: Estate, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the default one is slow by design
    user = user_of(operator(home.site))
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    client.get("/admin/login/")
    client.post("/admin/login/", {"username": user.username, "password": PASSWORD})
    told = {name: (each["httponly"], each["samesite"]) for name, each in client.cookies.items()}
    assert told == {"csrftoken": (True, "Lax"), "sessionid": (True, "Lax")}


def test_no_answer_of_the_api_sets_a_cookie(home: Estate) -> None:
    assert [path for path in (*EVERY_LIST, *COLLECTIONS, "/api/info") if home.client.get(path).cookies] == []


OVER_HTTPS = """
import django, json; django.setup()
from django.conf import settings; from django.test import Client
page = Client().get("/admin/login/", secure=True)
plain, well = Client().get("/admin/login/"), Client().get("/healthz")
told = [page["Strict-Transport-Security"], page.cookies["csrftoken"]["secure"], settings.SESSION_COOKIE_SECURE]
print(json.dumps([*told, plain.status_code, plain["Location"], well.status_code]))
"""


def test_with_https_cookies_stay_on_it_and_browsers_come_back_by_it() -> None:
    environ = {**os.environ, "LINKMGR_HTTPS": "true", "DJANGO_SETTINGS_MODULE": "linkmgr.settings"}
    done = subprocess.run([sys.executable, "-c", OVER_HTTPS], env=environ, capture_output=True, text=True, check=True)
    hsts = "max-age=31536000; includeSubDomains; preload"
    assert json.loads(done.stdout) == [hsts, True, True, 301, "https://testserver/admin/login/", 200]
