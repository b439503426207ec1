"""One line of the log for each request: enough to find what it did, and no secret."""

import json
from hashlib import md5
from typing import Any

import pytest
from django.test import Client

from linkmgr.accounts.models import Role, Site, User
from tests.make import CONTACTS_V0, EVERY_LIST, MAKERS, Estate, contact, link_id
from tests.operators import PASSWORD, operator, page

pytestmark = pytest.mark.any_postgres

SECRETS = ("a wrong password", "a secret of a query string", "a secret of a header")


def finished(console: Any) -> dict[str, Any]:
    """The line of the last request."""
    return [told for line in console() if (told := json.loads(line))["event"] == "request_finished"][-1]  # type: ignore[no-any-return]


def test_the_line_of_a_write_tells_who_where_how_long_and_what_it_changed(home: Estate, console: Any) -> None:
    response = home.post(CONTACTS_V0, contact())
    line = finished(console)
    assert (line["code"], line["request"]) == (200, f"POST {CONTACTS_V0}")
    assert (line["user_id"], line["site"]) == (home.membership.user_id, home.site.slug)
    assert (line["change_set"], line["milliseconds"] > 0) == (response["X-Change-Set"], True)
    assert {*line} >= {"request_id", "timestamp", "level"}


def test_the_route_is_the_same_whatever_is_asked_for(home: Estate, console: Any) -> None:
    home.client.get(f"/api/v1/change-sets/{link_id()}")
    assert finished(console)["route"] == "api/v1/change-sets/<guid:key>"


def test_what_nobody_asked_with_a_token_has_no_site(home: Estate, console: Any) -> None:
    Client().get("/api/elsewhere")
    assert {"route", "site", "change_set"} & {*finished(console)} == set()


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
