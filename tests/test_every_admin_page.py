"""Every page of the admin for everybody: who did not sign in, who may not, a viewer, an administrator of another site.

The pages come from the resolver, so that a new one fails until it is in a table.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client, RequestFactory
from pytest_django import Settings

from linkmgr.accounts.models import Role, User
from tests.admin_routes import ACTIONS, LINKED, Page, Place, pages, place, posts
from tests.make import Estate
from tests.operators import operator, user_of
from tests.routes import rows_of

pytestmark = pytest.mark.any_postgres

OURS = "Ours alone"
LOGIN = "/admin/login/"
Statuses = tuple[int, int, int, int]
"""To a viewer's GET and POST, and to those of an administrator of another site who names the same rows."""
SUPERUSERS: Statuses = (403, 403, 403, 403)
ANYBODYS: Statuses = (302, 302, 302, 302)
"""Leads on to a page that asks who it is."""
UPLOADS = ("preview", "columns", "refused", "again", "apply", "discard")
NOT_HERE: Statuses = (403, 403, 404, 404)
POSTED_ONLY: Statuses = (405, 403, 405, 404)
RECORDS: dict[str, Statuses] = {
    "changelist": (200, 200, 200, 200),
    "add": SUPERUSERS,
    "change": (200, 403, 404, 403),
    "delete": SUPERUSERS,
    "history": (200, 200, 404, 404),
    "redirect": ANYBODYS,
}
"""What nobody writes in the admin."""
OF_KIND: dict[str, Statuses] = {
    **RECORDS,
    "add": (403, 403, 200, 200),
    "change": (200, 403, 404, 404),
    "delete": NOT_HERE,
    "export": (200, 200, 200, 200),
    "import": (403, 403, 200, 200),
    **{f"import_{step}": NOT_HERE for step in UPLOADS},
}
OF_SUPERUSERS = {
    **dict.fromkeys(("changelist", "add", "change", "delete", "history"), SUPERUSERS),
    "redirect": ANYBODYS,
}
TABLES: dict[str, dict[str, Statuses]] = {
    **{model.__name__: OF_KIND for model in LINKED},
    "ChangeSet": RECORDS,
    "Notification": {**RECORDS, "changelist": (200, 200, 200, 302), "retry": POSTED_ONLY},
    "Token": {
        "changelist": (403, 403, 200, 302),
        "add": (403, 403, 200, 200),
        "change": (403, 403, 404, 403),
        "delete": SUPERUSERS,
        "history": (404, 404, 404, 404),
        "redirect": ANYBODYS,
    },
    "ApartmentState": {**RECORDS, "change": (200, 403, 200, 403), "history": (200, 200, 200, 200)},
    "Site": OF_SUPERUSERS,
    "User": {**OF_SUPERUSERS, "auth_user_password_change": SUPERUSERS},
    "": {
        "index": (200, 200, 200, 200),
        "login": (302, 200, 302, 200),
        "logout": (405, 405, 405, 405),
        "password_change": (200, 200, 200, 200),
        "password_change_done": (200, 405, 200, 405),
        "autocomplete": (403, 405, 403, 405),
        "jsi18n": (200, 405, 200, 405),
        "view_on_site": (404, 404, 404, 404),
        "app_list": (404, 404, 200, 200),
        "anything": (404, 404, 404, 404),
    },
}
"""Model → page → statuses."""
WRITTEN = {"add", "change", "delete", "changelist delete_selected", "import", *(f"import_{x}" for x in UPLOADS[3:])}
CHANGES: dict[str, set[str]] = {
    **{model.__name__: WRITTEN for model in LINKED},
    "Apartment": WRITTEN | {"changelist change_state"},
    "ApartmentState": {"add", "change"},
    "Notification": {"changelist retry", "retry"},
    "Site": {"add", "change"},
    "Token": {"add", "changelist revoke"},
    "User": {"add", "change", "auth_user_password_change"},
}
"""Model → what changes something if an administrator of the site, or a superuser, posts it."""


@pytest.fixture
def ours(home: Estate, settings: Settings) -> Place:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the default one is slow by design
    return place(home, OURS)


def stored() -> list[str]:
    """Everything but sessions, which begin and end."""
    return [row for row in rows_of() if not row.startswith("django_session ")]


class Visit(NamedTuple):
    """What was asked, and what it was answered."""

    page: Page
    name: str
    status: int
    location: str
    text: str


def visited(client: Client, ours: Place) -> Iterator[Visit]:
    """Each page, with all that may be posted to it."""
    for page in pages(ours):
        for name, form in [(f"GET {page.told}", None), *posts(page, ours)]:
            response = client.get(page.address) if form is None else client.post(page.address, form)
            text = b"".join(response).decode()
            yield Visit(page, name, response.status_code, response.headers.get("Location", ""), text)


def test_every_page_is_in_a_table(ours: Place) -> None:
    found: dict[str, set[str]] = {}
    for page in pages(ours):
        found.setdefault(page.model.__name__ if page.model else "", set()).add(page.name)
    assert found == {model: {*table} for model, table in TABLES.items()}


def test_every_action_is_in_the_table(ours: Place) -> None:
    request: Any = RequestFactory().get("/admin/")
    request.user = user_of(ours.superuser)
    found = {model: {*each.get_actions(request)} for model, each in admin.site._registry.items()}
    known = {model: ACTIONS.get(model, set()) for model in found}
    assert {model for model, actions in found.items() if actions - known[model]} == set()


def test_those_who_may_change_what_the_pages_say(ours: Place) -> None:
    """Or the tests below would prove nothing."""
    before, changed = stored(), set()
    forms = [(page, name, form) for page in pages(ours) for name, form in posts(page, ours)]
    for client in (ours.operator, ours.superuser):
        session = client.cookies["sessionid"].value
        for page, name, form in forms:
            client.cookies["sessionid"] = session  # a new password makes a new one, which does not stay
            with transaction.atomic():
                assert b"".join(client.post(page.address, form)) is not None
                changed |= {name} if stored() != before else set()
                transaction.set_rollback(True)
    assert changed == {f"{model} {what}" for model, several in CHANGES.items() for what in several}


def judged(visits: list[Visit], first: int) -> dict[str, tuple[int, int]]:
    """What was asked → the status there was and the one in the table, where they differ."""
    tables = [TABLES[page.model.__name__ if page.model else ""][page.name] for page, *_ in visits]
    expected = [
        table[first if name.startswith("GET ") else first + 1]
        for table, (_, name, *_) in zip(tables, visits, strict=True)
    ]
    pairs = zip(visits, expected, strict=True)
    return {visit.name: (visit.status, status) for visit, status in pairs if visit.status != status}


def test_a_viewer_looks_and_changes_nothing(ours: Place) -> None:
    viewer, before = operator(ours.home.site, role=Role.VIEWER), stored()
    visits = [*visited(viewer, ours)]
    assert judged(visits, 0) == {}
    assert {visit.page.told for visit in visits if OURS in visit.text} >= {f"{each.__name__} change" for each in LINKED}
    assert stored() == before


def test_an_administrator_of_another_site_sees_and_changes_nothing(ours: Place, away: Estate) -> None:
    stranger, before = operator(away.site), stored()
    visits = [*visited(stranger, ours)]
    assert judged(visits, 2) == {}
    assert [visit.name for visit in visits if OURS in visit.text] == []
    assert stored() == before


def anonymous(ours: Place) -> Client:
    return Client()


def with_a_token(ours: Place) -> Client:
    return ours.home.client


def not_staff(ours: Place) -> Client:
    client = operator(ours.home.site, superuser=True)
    User.objects.filter(pk=user_of(client).pk).update(is_staff=False)
    return client


def disabled(ours: Place) -> Client:
    client = operator(ours.home.site, superuser=True)
    User.objects.filter(pk=user_of(client).pk).update(is_active=False)
    return client


def with_another_password(ours: Place) -> Client:
    client = operator(ours.home.site, superuser=True)
    user = user_of(client)
    user.set_password("another")
    user.save()
    return client


@pytest.mark.parametrize("who", [anonymous, with_a_token, not_staff, disabled, with_another_password])
def test_who_did_not_sign_in_is_led_to_do_it(ours: Place, who: Callable[[Place], Client]) -> None:
    client, before = who(ours), stored()
    visits = [visit for visit in visited(client, ours) if visit.page.name != "login"]
    assert {visit.name: visit.status for visit in visits if visit.status != 302} == {}
    assert {visit.location.partition("?")[0] for visit in visits} == {LOGIN, "/admin/"}
    assert stored() == before


def test_an_operator_who_is_dismissed_finds_nothing_any_more(ours: Place) -> None:
    user_of(ours.operator).memberships.all().delete()
    before, visits = stored(), [*visited(ours.operator, ours)]
    assert {visit.status for visit in visits} <= {200, 302, 403, 404, 405}
    assert [visit.name for visit in visits if OURS in visit.text] == []
    assert stored() == before
