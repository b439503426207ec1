"""Pages around the admin: signing in and being locked out, not found, not allowed, broken; and what they may load."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from apartments.models import Apartment
from linkmgr.accounts.models import User
from linkmgr.api.errors import internal_error
from tests.make import Estate
from tests.operators import PASSWORD, operator, page, text

INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\son[a-z]+=|\sstyle=", re.IGNORECASE)


def sign_in(client: Client, password: str) -> int:
    return client.post("/admin/login/", {"username": "operator", "password": password}).status_code


@pytest.mark.django_db
def test_an_operator_signs_in_by_password() -> None:
    User.objects.create_user("operator", password=PASSWORD, is_staff=True)
    assert sign_in(Client(), PASSWORD) == 302


@pytest.mark.django_db
def test_too_many_wrong_passwords_lock_the_account() -> None:
    User.objects.create_user("operator", password=PASSWORD, is_staff=True)
    client = Client()
    for _ in range(settings.SIGN_IN_LIMIT):
        sign_in(client, "wrong")
    locked = client.post("/admin/login/", {"username": "operator", "password": PASSWORD})
    assert locked.status_code == 429
    assert "Too many tries" in text(locked)


def test_what_is_not_there_is_told_kindly(home: Estate) -> None:
    missing = operator(home.site).get("/admin/nothing/")
    assert missing.status_code == 404
    assert "Not found" in text(missing)


def test_what_is_not_allowed_is_told_kindly(home: Estate) -> None:
    refused = operator(home.site, role="viewer").get(page(Apartment, "add"))
    assert refused.status_code == 403
    assert "Not allowed" in text(refused)


def test_the_page_of_a_failure_needs_no_database() -> None:
    """This test may not use one."""
    broken = internal_error(RequestFactory().get("/admin/"))
    assert broken.status_code == 500
    assert "Something went wrong" in text(broken)


@pytest.mark.parametrize(
    "address", ["/admin/", "/admin/nothing/", page(Apartment, "changelist"), page(Apartment, "add")]
)
def test_no_page_needs_what_the_policy_forbids(home: Estate, address: str) -> None:
    shown = operator(home.site).get(address)
    assert "default-src 'self'" in shown.headers["Content-Security-Policy"]
    assert INLINE.findall(shown.content.decode()) == []


def test_no_template_of_ours_has_inline_code() -> None:
    ours = Path(settings.BASE_DIR, "templates").rglob("*.html")
    assert [path.name for path in ours if INLINE.search(path.read_text())] == []


def test_the_admin_says_whose_it_is(home: Estate) -> None:
    assert text(operator(home.site).get("/admin/")).startswith("Overview | linkmgr")
