"""Secrets are planted, and looked for in everything that comes out: logs, history, pages, texts of objects."""

from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client
from pytest_django import Settings

from apartments.models import Apartment, Recipient
from linkmgr.accounts.caller import Caller
from linkmgr.accounts.first_run import Credentials
from linkmgr.accounts.models import Membership, Role, Site, Token, User
from linkmgr.accounts.sign_in import SignedIn, set_device_password
from linkmgr.accounts.tokens import make_token
from linkmgr.api.device import Welcome
from linkmgr.error_text import forget_rows, one_line
from linkmgr.notifications.models import Notification
from linkmgr.notifications.webhook import Target
from tests.make import APARTMENTS, CONTACTS_V0, CONTACTS_V1, Estate, apartment, contact
from tests.operators import PASSWORD, operator, page, save, user_of
from tests.rest import CONTACTS, bulk
from tests.routes import rows_of

pytestmark = pytest.mark.any_postgres

PLANTED = "planted-0123456789abcdef"
DIGEST = md5(PLANTED.encode(), usedforsecurity=False).hexdigest()
HOOK = f"https://receiver.example/{PLANTED}?key={PLANTED}"


def texts(home: Estate) -> dict[str, Any]:
    """Objects that hold a secret, by the name of their class."""
    token, _ = make_token(home.membership, label="reports")
    token.text = token.digest = PLANTED
    user = User(username="anna", password=PLANTED)
    site = Site(name="North", slug="north", webhook_key=PLANTED)
    held = Membership(user=user, site=site, role=Role.VIEWER, device_password=PLANTED)
    told = Notification(channel="webhook", address=HOOK, site=site)
    recipient = Recipient(channel="webhook", address=HOOK)
    signed_in, welcome = SignedIn(PLANTED, True), Welcome(PLANTED, "admin")
    target = Target("https", "receiver.example", 443, f"/{PLANTED}")
    every = (token, user, site, held, told, recipient, signed_in, welcome, target)
    every = (*every, Credentials("operator", PLANTED, PLANTED), Caller(user, site, "api"))
    return {type(each).__name__: each for each in every}


def test_no_object_tells_its_secret(home: Estate) -> None:
    told = {name: f"{each!r} {each}" for name, each in texts(home).items()}
    assert len(told) == 11
    assert [name for name, text in told.items() if PLANTED in text] == []


def refuse(table: str, column: str, value: str) -> None:
    """As a fault of ours would: what the checker lets pass, the database refuses."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT unwanted CHECK ({column} <> '{value}')")


@pytest.mark.parametrize("path", [CONTACTS_V0, CONTACTS_V1, "bulk", "admin"])
def test_a_row_that_the_database_refuses_is_in_no_log(home: Estate, console: Any, path: str) -> None:
    refuse("contacts_contact", "name", PLANTED)
    client = operator(home.site)
    client.raise_request_exception = False
    if path == "admin":
        given = {
            "site": home.site.pk,
            "link_id": uuid4(),
            "name": PLANTED,
            "type": "regular",
            "number": "0001-01-01-01",
        }
        with transaction.atomic():
            status = client.post("/admin/contacts/contact/add/", given).status_code
            transaction.set_rollback(True)
    else:
        item = contact(name=PLANTED)
        status = (bulk(home, CONTACTS, item) if path == "bulk" else home.post(path, item)).status_code
    told = "\n".join(console())
    assert (status, "violates check constraint" in told, PLANTED in told) == (500, True, False)


def copied(rows: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copied (number integer)")
        with cursor.cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write(rows.encode())


def test_a_fault_of_the_database_is_told_by_its_first_line(db: None) -> None:
    with pytest.raises(psycopg.Error) as raised:
        copied(f"1\t{PLANTED}\n")
    assert PLANTED in str(raised.value)
    assert one_line(raised.value) == "extra data after last expected column"
    forget_rows(raised.value)
    assert PLANTED not in f"{raised.value} {raised.value!r}"


def test_what_django_makes_of_it_tells_no_more(home: Estate) -> None:
    with pytest.raises(DatabaseError) as raised, transaction.atomic():
        Site.objects.create(slug=home.site.slug, name=PLANTED)
    assert home.site.slug in str(raised.value)
    forget_rows(raised.value)
    assert home.site.slug not in f"{raised.value} {raised.value.__cause__}"
    assert one_line(OperationalError("no host\nat all")) == "no host at all"


def test_the_log_of_our_own_postgresql_has_neither_statements_nor_rows(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        log = Path(cursor.fetchone()[0]).parent / "postgres.log"
    with pytest.raises(psycopg.Error):
        copied(f"1\t{PLANTED}\n")
    assert "extra data after last expected column" in log.read_text()
    assert [word for word in (PLANTED, "COPY copied") if word in log.read_text()] == []


@pytest.fixture
def panel(home: Estate, settings: Settings) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the default one is slow by design
    user = User.objects.create_user("panel", password=PASSWORD, is_staff=True)
    set_device_password(Membership.objects.create(user=user, site=home.site), PLANTED)
    return user


def rename(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO gone")


def test_a_sign_in_that_breaks_tells_no_password(panel: User, console: Any) -> None:
    rename("axes_accessattempt")
    anybody = Client(raise_request_exception=False)
    statuses = []
    for ask in (
        lambda: anybody.get("/api/v1/login", {"username": "panel", "password": DIGEST}),
        lambda: anybody.post("/admin/login/", {"username": "panel", "password": PLANTED}),
    ):
        with transaction.atomic():
            statuses.append(ask().status_code)
            transaction.set_rollback(True)
    told = "\n".join(console())
    assert (statuses, "axes_accessattempt" in told) == ([500, 500], True)
    assert [secret for secret in (PLANTED, DIGEST) if secret in told] == []


def test_the_page_of_a_fault_tells_no_secret_to_a_developer_either(panel: User, settings: Settings) -> None:
    settings.DEBUG = True
    rename("axes_accessattempt")
    header = {"authorization": f"Bearer {PLANTED}-token", "cookie": f"sessionid={PLANTED}-session; other={PLANTED}-x"}
    anybody = Client(raise_request_exception=False, headers=header)
    shown = anybody.post(
        f"/admin/login/?token={PLANTED}%2F+%C3%BC%3C", {"username": "panel", "password": f"{PLANTED}<'ü"}
    )
    text = shown.content.decode()
    assert (shown.status_code, "axes_accessattempt" in text, "Traceback" in text) == (500, True, True)
    assert [secret for secret in (PLANTED, settings.SECRET_KEY) if secret in text] == []


def test_what_operators_do_leaves_no_secret_in_any_history(home: Estate, panel: User) -> None:
    home.post(APARTMENTS, apartment())
    flat = Apartment.objects.get()
    superuser = operator(home.site, superuser=True)
    account = page(User, "change", panel.pk)
    passwords = {"usable_password": "true", **dict.fromkeys(("password1", "password2"), f"{PLANTED} own")}
    inline = {"recipients-TOTAL_FORMS": "1", "recipients-0-channel": "webhook", "recipients-0-address": HOOK}
    token = {"membership": panel.memberships.get().pk, "role": "viewer", "label": "reports"}
    answers = [
        save(superuser, account, **{"memberships-0-new_device_password": f"{PLANTED} new"}),
        superuser.post(f"/admin/accounts/user/{panel.pk}/password/", {**passwords, "set-password": ""}),
        save(superuser, page(Apartment, "change", flat.pk), **inline),
        save(superuser, page(Site, "change", home.site.pk), name="Renamed"),
        superuser.post(page(Token, "add"), token),
    ]
    assert [each.status_code for each in answers] == [302, 302, 302, 302, 200]
    text = answers[-1].context["token"].text
    kept = [row for row in rows_of() if row.startswith("django_admin_log ") or "history" in row or "event" in row]
    shown = [superuser.get(page(type(row), "history", row.pk)) for row in (panel, flat, home.site)]
    told = "\n".join([*kept, *(each.content.decode() for each in shown), superuser.get("/admin/").content.decode()])
    assert told.count("django_admin_log ") == 5
    session, key = superuser.cookies["sessionid"].value, Site.objects.get(pk=home.site.pk).webhook_key
    assert [secret for secret in (PLANTED, text, session, key) if secret in told] == []
    assert user_of(superuser).is_superuser
