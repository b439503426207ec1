"""Whether an account exists cannot be told by how long the answer takes: the same work is done for each wrong sign-in.

Work is counted, as clocks of busy machines decide nothing: runs of the password's hash, and queries by their shape.
"""

import re
from hashlib import md5
from typing import NamedTuple

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from linkmgr.accounts.models import Membership, Role, User
from linkmgr.accounts.sign_in import set_device_password
from tests.make import Estate

OWN, DEVICES = "what an operator types", "let the panel in"
ADMIN, DEVICE = "admin", "device"
VALUES = re.compile(r"'[^']*'|\b\d+\b|\bs\d+_x\d+\b")
BOTH = pytest.mark.parametrize("door", [ADMIN, DEVICE])


class Counted(MD5PasswordHasher):
    """Django's hash that costs nothing, which notes that it was asked."""

    algorithm = "counted"
    runs = 0

    def encode(self, password: str, salt: str) -> str:
        Counted.runs += 1
        return str(super().encode(password, salt))


class Work(NamedTuple):
    hashes: int
    queries: list[str]


@pytest.fixture(autouse=True)
def accounts(home: Estate, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.Counted"]
    for name in ("staff", "disabled", "no_staff", "no_device"):
        user = User.objects.create_user(name, password=OWN, is_staff=name != "no_staff")
        membership = Membership.objects.create(user=user, site=home.site, role=Role.ADMINISTRATOR)
        if name != "no_device":
            set_device_password(membership, DEVICES)
    User.objects.filter(username="disabled").update(is_active=False)
    User.objects.create_user("without_password", is_staff=True)


def enter(door: str, name: str, password: str) -> HttpResponse:
    if door == ADMIN:
        return Client().post("/admin/login/", {"username": name, "password": password})
    digest = md5(password.encode(), usedforsecurity=False).hexdigest()
    return Client().get("/api/v1/login", {"username": name, "password": digest})


def work(door: str, name: str, password: str = "wrong") -> Work:
    """For a try that is refused."""
    Counted.runs = 0
    with CaptureQueriesContext(connection) as captured:
        assert enter(door, name, password).status_code in {200, 400, 429}
    return Work(Counted.runs, [VALUES.sub("?", each["sql"]) for each in captured.captured_queries])


WRONG = ["staff", "disabled", "no_staff", "no_device", "without_password", "x" * 150, "ů"]


@BOTH
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_password_costs_what_an_unknown_account_does(door: str, name: str) -> None:
    unknown = work(door, "nobody")
    assert unknown.hashes == 1
    assert work(door, name) == unknown


@BOTH
def test_a_disabled_accounts_right_password_costs_what_an_unknown_account_does(door: str) -> None:
    assert work(door, "disabled", OWN if door == ADMIN else DEVICES) == work(door, "nobody")


@BOTH
def test_the_second_wrong_try_costs_the_same_for_all(door: str) -> None:
    for name in ("nobody", "staff"):
        work(door, name)
    assert work(door, "staff") == work(door, "nobody")


@BOTH
def test_a_locked_account_costs_what_a_locked_name_does(door: str, settings: Settings) -> None:
    for name in ("nobody", "staff"):
        for _ in range(settings.SIGN_IN_LIMIT):
            work(door, name)
    locked = work(door, "staff", OWN if door == ADMIN else DEVICES)
    assert (locked.hashes, locked) == (0, work(door, "nobody"))


@BOTH
def test_what_is_answered_is_the_same_for_all(door: str) -> None:
    pages = {name: enter(door, name, "wrong") for name in ["nobody", *WRONG]}
    plain = {re.sub(r'value="[^"]*"', "", each.content.decode()) for each in pages.values()}
    assert ({each.status_code for each in pages.values()}, len(plain)) == ({200 if door == ADMIN else 400}, 1)


@pytest.mark.parametrize(("role", "writes"), [(Role.ADMINISTRATOR, True), (Role.VIEWER, False)])
def test_an_md5_that_was_read_along_is_good_for_its_role_at_its_site_and_never_for_the_admin(
    home: Estate, away: Estate, role: str, writes: bool
) -> None:
    user = User.objects.create_user("panel", password=OWN, is_staff=True, is_superuser=True)
    membership = Membership.objects.create(user=user, site=home.site, role=role)
    Membership.objects.create(user=user, site=away.site, role=Role.ADMINISTRATOR)
    set_device_password(membership, DEVICES)
    signed_in = enter(DEVICE, "panel", DEVICES)
    told = {"authorization": f"Bearer {signed_in.json()['token']}"}
    token = Client(headers=told).get("/api/v1/capabilities").json()["token"]
    assert (token["site"], token["role"], "write" in token["rights"]) == (home.site.slug, role, writes)
    assert not signed_in.cookies
    digest = md5(DEVICES.encode(), usedforsecurity=False).hexdigest()
    for password in (DEVICES, digest, digest.upper(), signed_in.json()["token"]):
        assert enter(ADMIN, "panel", password).status_code == 200
    assert Client(headers=told).get("/admin/accounts/token/add/").status_code == 302
