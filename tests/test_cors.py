"""Pages of other origins: shut out, unless LINKMGR_CORS_ORIGINS names them."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from pytest_django import Settings

from linkmgr.checks import SETTINGS
from tests.make import APARTMENTS, Estate

pytestmark = pytest.mark.any_postgres

PAGE, OTHER = "https://pages.example", "https://other.example"
MIDDLEWARE = "corsheaders.middleware.CorsMiddleware"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
EXPOSED = {"X-Request-ID", "X-Change-Set", "ETag", "Link", "Location", "Retry-After", "RateLimit-Remaining"}
EXPOSED |= {"Idempotency-Replayed", "RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Reset"}


def cross(response: Any) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.lower().startswith("access-control")}


@pytest.fixture
def opened(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [PAGE]
    first, *others = settings.MIDDLEWARE
    settings.MIDDLEWARE = [first, MIDDLEWARE, *others]


@pytest.mark.parametrize("path", [APARTMENTS, "/api/info", "/admin/login/"])
def test_without_the_setting_nothing_is_allowed(home: Estate, path: str) -> None:
    answers = [home.client.get(path, headers={"Origin": PAGE})]
    answers.append(home.client.options(path, headers={"Origin": PAGE, **PREFLIGHT}))
    assert [cross(each) for each in answers] == [{}, {}]
    assert "origin" not in answers[0].headers.get("Vary", "").lower()


@pytest.mark.usefixtures("opened")
def test_an_origin_that_is_named_reads_answers_and_their_headers(home: Estate) -> None:
    told = cross(home.client.get(APARTMENTS, headers={"Origin": PAGE}))
    assert told.pop("access-control-allow-origin") == PAGE
    assert set(told.pop("access-control-expose-headers").split(", ")) >= EXPOSED
    assert told == {}


@pytest.mark.usefixtures("opened")
def test_a_browser_may_ask_beforehand_without_a_token(db: None) -> None:
    response = Client().options(APARTMENTS, headers={"Origin": PAGE, **PREFLIGHT})
    told = cross(response)
    assert (response.status_code, told["access-control-allow-origin"]) == (200, PAGE)
    wanted = {"authorization", "content-type", "if-match", "idempotency-key"}
    assert wanted <= set(told["access-control-allow-headers"].split(", "))
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= set(told["access-control-allow-methods"].split(", "))


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("status", [401, 404])
def test_faults_can_be_read_too(db: None, status: int) -> None:
    path = {401: APARTMENTS, 404: "/api/elsewhere"}[status]
    response = Client().get(path, headers={"Origin": PAGE})
    assert (response.status_code, cross(response)["access-control-allow-origin"]) == (status, PAGE)


@pytest.mark.usefixtures("opened")
def test_cookies_are_never_allowed(home: Estate) -> None:
    assert "access-control-allow-credentials" not in cross(home.client.get(APARTMENTS, headers={"Origin": PAGE}))


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("origin", [OTHER, "null", f"{PAGE}.evil.example", "http://pages.example", f"{PAGE}:8443", ""])
def test_another_origin_is_not_allowed(home: Estate, origin: str) -> None:
    assert cross(home.client.get(APARTMENTS, headers={"Origin": origin})) == {}


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("path", ["/admin/login/", "/", "/static/admin/css/base.css"])
def test_nothing_but_the_api_is_opened(db: None, path: str) -> None:
    response = Client().get(path, headers={"Origin": PAGE})
    response.close()
    assert cross(response) == {}


def started_with(origins: str) -> subprocess.CompletedProcess[str]:
    """What a start says with this setting: its settings, or why it does not."""
    code = "import json; from django.conf import settings as s; import linkmgr.wsgi; "
    code += "print(json.dumps([s.CORS_ALLOWED_ORIGINS, s.MIDDLEWARE[5]]))"
    environment = {**os.environ, "LINKMGR_CORS_ORIGINS": origins, "DJANGO_SETTINGS_MODULE": "linkmgr.settings"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)


def test_the_setting_is_a_list() -> None:
    started = started_with(f"{PAGE}, HTTP://Localhost:3000,http://[::1]:80")
    assert json.loads(started.stdout) == [[PAGE, "http://localhost:3000", "http://[::1]:80"], MIDDLEWARE]


def test_a_wrong_setting_is_refused_at_the_start() -> None:
    started = started_with("*")
    assert started.returncode == 1
    assert "linkmgr.E006: LINKMGR_CORS_ORIGINS: '*' is no origin." in started.stderr


WRONG = ["*", "pages.example", f"{PAGE}/", f"{PAGE}/path", "https://*.example", "null", "file://", "https://", ""]
WRONG += [f"{PAGE}?x", f"{PAGE}#x", "https://user@pages.example", "https://pages.example:", f"{PAGE};{OTHER}"]


@pytest.mark.parametrize("origin", WRONG)
def test_what_is_no_origin_is_told(settings: Settings, origin: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = [PAGE, origin]
    assert [(each.id, repr(origin) in each.msg) for each in run_checks(tags=[SETTINGS])] == [("linkmgr.E006", True)]


@pytest.mark.parametrize("name", ["RATE_LIMIT", "REQUEST_SECONDS"])
@pytest.mark.parametrize("value", [-1, 1_000_000])
def test_limits_out_of_bounds_are_told(settings: Settings, name: str, value: int) -> None:
    setattr(settings, name, value)
    assert [each.id for each in run_checks(tags=[SETTINGS])] == ["linkmgr.E007"]
