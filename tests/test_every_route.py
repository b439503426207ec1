"""Every address of the API for everybody: without a token, with a wrong one or one that was taken away, a viewer's,
another site's. What may be asked where is in routes.py; an address that is not there fails the first test."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from linkmgr.accounts.models import Role, Token, User
from linkmgr.history.models import ChangeSet
from tests.make import Estate, estate
from tests.operators import operator
from tests.rest import MAKERS, put
from tests.routes import KINDS, ROW, WITH_TOKEN, WITHOUT_TOKEN, Call, addresses, named, rows_of

pytestmark = pytest.mark.any_postgres

OURS = "Ours alone"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
CALLS = [(route, call) for route, several in WITH_TOKEN.items() for call in several]


@pytest.fixture
def ours(home: Estate) -> Estate:
    """A site with one row of each kind, with a name that nobody else's have."""
    for path in KINDS.values():
        assert put(home, path, MAKERS[path](link_id=ROW, **named(path, OURS))).status_code == 201
    return home


def ask(client: Client, ours: Estate, route: str, method: str, body: object = None) -> HttpResponse:
    """The address with what is stored at the site in place of its parameters."""
    change_set = ChangeSet.objects.filter(site=ours.site).earliest("created_at").pk
    key = str(change_set) if "change-sets" in route else ROW
    path = f"/{route}".replace("<guid:key>", key).replace("<guid:link_id>", ROW).replace("<int:key>", "1")
    options = {} if body is None else {"data": body, "content_type": "application/json"}
    asked: Callable[..., HttpResponse] = getattr(client, method.lower())
    return asked(path, **options)


def undone(client: Client, ours: Estate, route: str, call: Call) -> tuple[HttpResponse, list[str]]:
    """The answer, and what the site has then; nothing of it stays."""
    with transaction.atomic():
        response = ask(client, ours, route, call.method, call.body)
        rows = rows_of(ours.site)
        transaction.set_rollback(True)
    return response, rows


def told(route: str, call: Call) -> str:
    return f"{call.method} {route}"


def test_every_address_is_in_a_table() -> None:
    api = {each for each in addresses() if not each.startswith("admin")}
    assert api == WITHOUT_TOKEN | {*WITH_TOKEN}


def test_an_administrator_of_the_site_may_do_all_of_it(ours: Estate) -> None:
    """Or the tests below would prove nothing."""
    before = rows_of(ours.site)
    found = {told(*each): undone(ours.client, ours, *each) for each in CALLS}
    assert {name: response.status_code for name, (response, _) in found.items()} == {
        told(*each): each[1].own for each in CALLS
    }
    assert {name: rows != before for name, (_, rows) in found.items()} == {
        told(*each): each[1].changes for each in CALLS
    }


def gone(somebody: Estate) -> Token:
    return Token.objects.get(membership=somebody.membership)


def bearing(text: str) -> Client:
    return Client(headers={"authorization": f"Bearer {text}"})


def revoked(ours: Estate) -> Client:
    somebody = estate(ours.site.slug)
    gone(somebody).revoke()
    return somebody.client


def expired(ours: Estate) -> Client:
    somebody = estate(ours.site.slug, expires=timedelta(days=1))
    Token.objects.filter(membership=somebody.membership).update(expiry=timezone.now() - timedelta(seconds=1))
    return somebody.client


def disabled(ours: Estate) -> Client:
    somebody = estate(ours.site.slug)
    User.objects.filter(pk=somebody.membership.user_id).update(is_active=False)
    return somebody.client


def dismissed(ours: Estate) -> Client:
    somebody = estate(ours.site.slug)
    somebody.membership.delete()
    return somebody.client


NOBODIES: dict[str, Callable[[Estate], Client]] = {
    "no token": lambda ours: Client(),
    "garbage": lambda ours: bearing("0" * 64),
    "the hash": lambda ours: bearing(gone(ours).digest),
    "what lists show": lambda ours: bearing(gone(ours).token_key),
    "a session of the admin": lambda ours: operator(ours.site, superuser=True),
    "revoked": revoked,
    "expired": expired,
    "account disabled": disabled,
    "membership taken away": dismissed,
}


@pytest.mark.parametrize("who", NOBODIES.values(), ids=NOBODIES)
def test_nobody_gets_anything_by_any_method(ours: Estate, who: Callable[[Estate], Client]) -> None:
    client, before = who(ours), rows_of()
    bodies = {(route, call.method.lower()): call.body for route, call in CALLS}
    found = {
        f"{method} {route}": ask(client, ours, route, method, bodies.get((route, method)))
        for route in WITH_TOKEN
        for method in METHODS
    }
    assert {name: response.status_code for name, response in found.items() if response.status_code != 401} == {}
    assert {response["WWW-Authenticate"] for response in found.values()} == {"Bearer"}
    assert [name for name, response in found.items() if OURS in response.content.decode()] == []
    assert rows_of() == before


def test_a_viewer_reads_everything_and_writes_nothing(ours: Estate) -> None:
    viewer, before = estate(ours.site.slug, Role.VIEWER), rows_of(ours.site)
    found = {told(*each): undone(viewer.client, ours, *each) for each in CALLS}
    assert {name: response.status_code for name, (response, _) in found.items()} == {
        told(*each): each[1].viewer for each in CALLS
    }
    assert [name for name, (_, rows) in found.items() if rows != before] == []


def strangers() -> Iterator[Estate]:
    """Administrators of other sites, the second one of the whole server."""
    yield estate()
    other = estate()
    User.objects.filter(pk=other.membership.user_id).update(is_staff=True, is_superuser=True)
    yield other


def test_another_sites_administrator_sees_and_changes_nothing_of_it(ours: Estate) -> None:
    before = rows_of(ours.site)
    names = (OURS, ours.site.slug, ours.membership.user.username)
    for stranger in strangers():
        found = {told(*each): undone(stranger.client, ours, *each) for each in CALLS}
        assert {name: response.status_code for name, (response, _) in found.items()} == {
            told(*each): each[1].foreign for each in CALLS
        }
        assert [name for name, (_, rows) in found.items() if rows != before] == []
        answers = {name: response.content.decode() for name, (response, _) in found.items()}
        assert [name for name, text in answers.items() if any(each in text for each in names)] == []


@pytest.mark.parametrize("who", ["administrator", "viewer"])
def test_a_method_that_an_address_has_not_is_not_allowed(ours: Estate, who: str) -> None:
    client = estate(ours.site.slug, Role(who)).client
    known = {(route, call.method.lower()) for route, call in CALLS}
    known |= {(route, "head") for route, method in known if method == "get"}
    others = [(route, method) for route in WITH_TOKEN for method in METHODS if (route, method) not in known]
    found = {f"{method} {route}": ask(client, ours, route, method).status_code for route, method in others}
    assert {name: status for name, status in found.items() if status != 405} == {}
