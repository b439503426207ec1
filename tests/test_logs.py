"""One line of the log for each request: enough to find what it did, and no secret."""

import json
from hashlib import md5
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from knox.settings import CONSTANTS
from pytest_django import Settings

from linkmgr.accounts.models import Role, Site, User
from linkmgr.accounts.sign_in import set_device_password
from tests.make import CONTACTS_V0, EVERY_LIST, MAKERS, Estate, contact, estate, link_id
from tests.operators import PASSWORD, operator, page, user_of

pytestmark = pytest.mark.any_postgres

TOKEN_KEY = CONSTANTS.TOKEN_KEY_LENGTH
SECRETS = ("a wrong password", "a secret of a query string", "a secret of a header")


def finished(console: Any) -> dict[str, Any]:
    """The line of the last request."""
    return [told for line in console() if (told := json.loads(line))["event"] == "request_finished"][-1]  # type: ignore[no-any-return]


def test_the_line_of_a_write_tells_who_where_how_long_and_what_it_changed(home: Estate, console: Any) -> None:
    response = home.post(CONTACTS_V0, contact())
    line = finished(console)
    assert (line["code"], line["request"]) == (200, f"POST {CONTACTS_V0}")
    assert (line["user_id"], line["site"]) == (home.membership.user_id, home.site.slug)
    assert (line["account"], line["token"]) == (home.membership.user.username, home.token[: len(line["token"])])
    assert (line["change_set"], line["milliseconds"] > 0) == (response["X-Change-Set"], True)
    assert {*line} >= {"request_id", "timestamp", "level"}


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "192.0.2.7")])
def test_the_address_is_what_a_trusted_proxy_says_and_no_claim(
    home: Estate, console: Any, settings: Settings, proxies: int, address: str
) -> None:
    settings.PROXY_COUNT = proxies
    home.client.get(CONTACTS_V0, headers={"x-forwarded-for": "198.51.100.1, 192.0.2.7"})
    assert finished(console)["ip"] == address


@pytest.fixture
def panel(home: Estate, settings: Settings) -> str:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the default one is slow by design
    set_device_password(home.membership, PASSWORD)
    return home.membership.user.username


def sign_in(name: str, password: str) -> HttpResponse:
    digest = md5(password.encode(), usedforsecurity=False).hexdigest()
    return Client().get("/api/v1/login", {"username": name, "password": digest})


def test_the_line_of_a_sign_in_tells_who_came_in(home: Estate, panel: str, console: Any) -> None:
    token = sign_in(panel, PASSWORD).json()["token"]
    line = finished(console)
    assert (line["account"], line["site"]) == (panel, home.site.slug)
    assert token.startswith(line["token"])
    assert len(line["token"]) == TOKEN_KEY < len(token) / 4


def test_the_line_of_a_wrong_sign_in_names_nobody(panel: str, console: Any) -> None:
    assert sign_in(panel, SECRETS[0]).status_code == 400
    assert {"account", "token", "site"} & {*finished(console)} == set()
    assert panel not in "".join(console())


def test_the_line_of_the_admin_tells_its_operator(home: Estate, console: Any) -> None:
    client = operator(home.site)
    client.get("/admin/")
    line = finished(console)
    assert (line["account"], line["route"]) == (user_of(client).username, "admin/")
    assert "token" not in line


def test_the_line_of_signing_in_to_the_admin_tells_who_came_in(db: None, console: Any) -> None:
    User.objects.create_superuser("anna", password=PASSWORD)
    Client().post("/admin/login/", {"username": "anna", "password": PASSWORD})
    assert finished(console)["account"] == "anna"


def test_who_asks_too_often_is_named(db: None, console: Any) -> None:
    somebody = estate(requests_per_minute=1)
    statuses = [somebody.client.get(CONTACTS_V0).status_code for _ in range(2)]
    line = finished(console)
    assert (statuses[-1], line["code"]) == (429, 429)
    assert (line["account"], line["site"]) == (somebody.membership.user.username, somebody.site.slug)


def test_one_line_says_nothing_of_the_request_before(home: Estate, console: Any) -> None:
    home.client.get(CONTACTS_V0)
    Client().get(CONTACTS_V0)
    assert {"account", "token", "site"} & {*finished(console)} == set()


def test_the_route_is_the_same_whatever_is_asked_for(home: Estate, console: Any) -> None:
    home.client.get(f"/api/v1/change-sets/{link_id()}")
    assert finished(console)["route"] == "api/v1/change-sets/<guid:key>"


def test_what_nobody_asked_with_a_token_has_no_site(home: Estate, console: Any) -> None:
    Client().get("/api/elsewhere")
    assert {"route", "site", "account", "token", "change_set"} & {*finished(console)} == set()


def test_no_secret_is_in_any_line_whatever_is_asked(home: Estate, console: Any) -> None:
    digest = md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
    User.objects.create_user("anna", password=PASSWORD)
    for path in EVERY_LIST:
        home.post(path, MAKERS[path]())
        home.post(f"{path}?partial={SECRETS[1]}", MAKERS[path]())
        Client(headers={"authorization": f"Bearer {SECRETS[2]}"}).get(path, {"password": SECRETS[1]})
        home.client.get(path, {"token": SECRETS[1]}, headers={"cookie": f"sessionid={SECRETS[2]}"})
    for password in (digest, SECRETS[0]):
        Client().get("/api/v1/login", {"username": "anna", "password": password})
        Client().post("/admin/login/", {"username": "anna", "password": password})
    superuser = operator(home.site, role=Role.ADMINISTRATOR, superuser=True)
    superuser.get(page(Site, "change", home.site.pk), {"q": SECRETS[1]})
    told = "\n".join(console())
    secrets = [*SECRETS, PASSWORD, digest, home.token, home.site.webhook_key, superuser.cookies["sessionid"].value]
    assert [secret for secret in secrets if secret in told] == []
    assert told.count("request_finished") > 20
