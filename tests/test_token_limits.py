"""Rights, buildings and requests per minute of a token, where people set them: the command and the admin."""

from typing import Any

import pytest
from django.core.management import CommandError
from django.http import HttpResponse
from django.test import Client

from linkmgr.accounts.models import DEFAULT_SITE, Role, Site, Token
from tests.make import APARTMENTS, CONTACTS_V0, Estate, apartment, contact, restricted
from tests.operators import errors, operator, page, text
from tests.test_account_commands import said

pytestmark = pytest.mark.any_postgres

CREATE = ("token", "create", "--account", "integration")


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


def made(home: Estate, client: Client, **given: Any) -> HttpResponse:
    data = {"membership": home.membership.pk, "role": Role.ADMINISTRATOR, "label": "Gate", **given}
    return client.post(page(Token, "add"), data)


def bearing(home: Estate, response: HttpResponse) -> Estate:
    token = response.context["token"].text
    return home._replace(client=Client(headers={"authorization": f"Bearer {token}"}))


def test_the_command_sets_them(db: None) -> None:
    words = ["--right", "read", "--right", "write", "--building", "4", "--building", "3", "--building", "4"]
    said(*CREATE, *words, "--requests-per-minute", "600")
    token = Token.objects.get()
    assert (token.rights, token.buildings, token.requests_per_minute) == (["read", "write"], [3, 4], 600)


def test_the_command_alone_makes_a_token_as_before(db: None) -> None:
    said(*CREATE)
    token = Token.objects.get()
    assert (sorted(token.held), token.buildings, token.requests_per_minute) == (
        ["change_state", "read", "write"],
        [],
        None,
    )


WRONG = [
    (("--right", "king"), "invalid choice: 'king'"),
    (("--right", "dry_run_only"), "rights: dry_run_only narrows change_state and write"),
    (("--role", "viewer", "--right", "write"), "rights: A viewer has no right to write"),
    (("--building", "0"), "a building, 1 to 9999"),
    (("--building", "10000"), "a building, 1 to 9999"),
    (("--building", "x"), "a building, 1 to 9999"),
    (("--building", "9" * 5000), "a building, 1 to 9999"),
    (("--requests-per-minute", "-1"), "a number of requests, 0 to 100000"),
    (("--requests-per-minute", "100001"), "a number of requests, 0 to 100000"),
]


@pytest.mark.parametrize(("words", "why"), WRONG, ids=[" ".join(words)[:40] for words, _ in WRONG])
def test_the_command_says_what_cannot_be(db: None, words: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        said(*CREATE, *words)
    assert Token.objects.count() == 0


def test_the_command_lists_them(db: None) -> None:
    said(*CREATE, "--role", "viewer", "--building", "3", "--requests-per-minute", "0", "--label", "gate")
    assert said("token", "list").endswith("\tgate\tread\tbuildings 3; any number a minute\n")


def test_the_form_sets_them(client: Client, home: Estate) -> None:
    given = {"rights": ["read", "write"], "buildings": " 4, 3\n3 ,", "requests_per_minute": "600"}
    shown = made(home, client, **given)
    token = Token.objects.get(label="Gate")
    assert (token.rights, token.buildings, token.requests_per_minute) == (["read", "write"], [3, 4], 600)
    assert "administrator (read, write), buildings 3, 4; 600 a minute, “Gate”" in text(shown)


def test_a_token_of_the_form_is_held_to_them(client: Client, home: Estate) -> None:
    keeper = bearing(home, made(home, client, rights=["write"], buildings="3"))
    assert keeper.outcomes(APARTMENTS, apartment("3-1-1-1"), apartment("5-1-1-1")) == ["created", "entity_not_found"]
    assert [keeper.client.get(APARTMENTS).status_code, keeper.post(CONTACTS_V0, contact()).status_code] == [403, 403]


def test_a_form_left_alone_makes_a_token_as_before(client: Client, home: Estate) -> None:
    made(home, client, rights=[], buildings="", requests_per_minute="")
    made(home, client, role=Role.VIEWER, label="Reports")
    assert [each.rights for each in Token.objects.filter(label__in=["Gate", "Reports"]).order_by("label")] == [
        ["change_state", "read", "write"],
        ["read"],
    ]


REFUSED = [
    ({"rights": ["king"]}, "rights"),
    ({"rights": ["dry_run_only"]}, "rights"),
    ({"rights": ["write"], "role": Role.VIEWER}, "rights"),
    ({"buildings": "3; 4"}, "buildings"),
    ({"buildings": "0"}, "buildings"),
    ({"buildings": "10000"}, "buildings"),
    ({"buildings": "3, x"}, "buildings"),
    ({"buildings": "-3"}, "buildings"),
    ({"buildings": "٣"}, "buildings"),
    ({"buildings": "1" * 10_001}, "buildings"),
    ({"buildings": "3\0"}, "buildings"),
    ({"requests_per_minute": "-1"}, "requests_per_minute"),
    ({"requests_per_minute": "100001"}, "requests_per_minute"),
    ({"requests_per_minute": "many"}, "requests_per_minute"),
]


@pytest.mark.parametrize(("given", "field"), REFUSED, ids=[str(given)[:40] for given, _ in REFUSED])
def test_the_form_says_what_cannot_be(client: Client, home: Estate, given: dict[str, Any], field: str) -> None:
    assert [*errors(made(home, client, **given))] == [field]
    assert Token.objects.count() == 1


def test_the_form_says_which_word_is_no_building(client: Client, home: Estate) -> None:
    told = errors(made(home, client, buildings="3, east, 4"))
    assert told == {"buildings": ["“east” is no building: they are numbers from 1 to 9999."]}


def test_every_choice_of_the_form_has_a_label(client: Client, home: Estate) -> None:
    shown = client.get(page(Token, "add")).content.decode()
    assert shown.count('name="rights"') == shown.count('for="id_rights_') == 4
    assert '<div role="group" aria-label="Only these rights">' in shown


def test_the_list_shows_them(client: Client, home: Estate) -> None:
    restricted(home, 3, 4, rights=["read", "write", "dry_run_only"], requests_per_minute=600, label="keeper")
    shown = text(client.get(page(Token, "changelist")))
    assert "dry_run_only, read, write buildings 3, 4; 600 a minute" in shown


def test_the_site_of_the_command_stays_the_default_one(db: None) -> None:
    said(*CREATE, "--building", "3")
    assert Token.objects.get().membership.site == Site.objects.get(slug=DEFAULT_SITE)
