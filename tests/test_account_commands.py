"""`linkmgr site`, `linkmgr account`, `linkmgr token`: what they print, and what they refuse."""

from datetime import timedelta
from hashlib import md5
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from linkmgr.accounts.models import DEFAULT_SITE, Membership, Role, Site, Token, User
from tests.make import APARTMENTS, Estate, estate, link_id

pytestmark = pytest.mark.django_db

CHANGE_STATE = "/api/v1/apartments/bulk/change_state"


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the default one is slow by design


def said(*words: str) -> str:
    """What a command prints on standard output; standard error has to stay empty."""
    out, err = StringIO(), StringIO()
    call_command(*words, stdout=out, stderr=err)
    assert err.getvalue() == ""
    return out.getvalue()


def status(token: str, method: str = "GET") -> int:
    client = Client(headers={"authorization": f"Bearer {token}"})
    return client.generic(method, APARTMENTS, '{"list_items":[]}', content_type="application/json").status_code


def login(name: str, password: str) -> int:
    sent = {"username": name, "password": md5(password.encode()).hexdigest()}
    return Client().get("/api/v1/login", sent).status_code


def test_token_create_prints_the_token_alone() -> None:
    printed = said("token", "create", "--account", "integration")
    assert len(printed.split()) == 1
    assert (status(printed.strip()), status(printed.strip(), "POST")) == (200, 200)


def test_token_create_makes_the_account_at_the_default_site() -> None:
    said("token", "create", "--account", "integration")
    made = Membership.objects.get(user__username="integration")
    assert (made.site.slug, made.role, made.user.check_password("")) == (DEFAULT_SITE, Role.ADMINISTRATOR, False)


def test_token_create_takes_site_role_and_label(home: Estate) -> None:
    words = ("--site", home.site.slug, "--role", "viewer", "--label", "reports")
    token = said("token", "create", "--account", "reader", *words).strip()
    assert (status(token), status(token, "POST")) == (200, 403)
    assert Token.objects.get(label="reports").membership.site == home.site


def test_token_create_twice_makes_two_tokens_of_one_account() -> None:
    first, second = (said("token", "create", "--account", "integration") for _ in range(2))
    assert first != second
    assert User.objects.filter(username="integration").count() == 1


def test_token_create_expires() -> None:
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False) as traveller:
        token = said("token", "create", "--account", "integration", "--expires", "2").strip()
        traveller.move_to("2026-05-06T11:59:00Z")
        assert status(token) == 200
        traveller.move_to("2026-05-06T12:01:00Z")
        assert status(token) == 401


def test_token_create_refuses_more_than_the_account_may(home: Estate) -> None:
    viewer = estate(home.site.slug, Role.VIEWER)
    name, before = viewer.membership.user.username, Token.objects.count()
    with pytest.raises(CommandError, match="account grant"):
        said("token", "create", "--account", name, "--site", home.site.slug, "--role", "administrator")
    assert Token.objects.count() == before


REFUSED = [
    (("token", "create", "--account", "x", "--site", "nowhere"), "no site nowhere"),
    (("token", "create"), "--account"),
    (("token", "create", "--account", "x", "--role", "king"), "king"),
    (("token", "create", "--account", "x", "--expires", "0"), "1 to 36500"),
    (("token", "create", "--account", "x", "--expires", "soon"), "1 to 36500"),
    (("token", "create", "--account", "x", "--expires", "36501"), "1 to 36500"),
    (("token", "create", "--account", "x", "--expires", "²"), "1 to 36500"),
    (("token", "create", "--account", ""), "account"),
    (("token", "create", "--account", "a b\n"), "account"),
    (("token", "create", "--account", "x" * 151), "account"),
    (("token", "create", "--account", "x", "--label", "x" * 101), "label"),
    (("token", "revoke", "0123456789abcde"), "no such token"),
    (("token", "revoke", ""), "no such token"),
    (("token",), "action"),
    (("account", "create", "x", "--site", "nowhere"), "no site nowhere"),
    (("account", "create", "a b"), "username"),
    (("account", "create", ""), "blank"),
    (("account", "grant", "nobody"), "no account nobody"),
    (("account", "password", "nobody"), "no account nobody"),
    (("account", "device", "nobody"), "no account nobody"),
    (("account", "disable", "nobody"), "no account nobody"),
    (("account", "enable", "nobody"), "no account nobody"),
    (("site", "create", "a b", "--name", "A"), "slug"),
    (("site", "create", "a"), "--name"),
    (("site", "create", "a", "--name", "A", "--time-zone", "Europe/Atlantis"), "time zone"),
    (("site", "create", "a", "--name", "x" * 256), "255"),
    (("site", "create", DEFAULT_SITE, "--name", "A"), "exists"),
]


@pytest.mark.parametrize(("words", "reason"), REFUSED, ids=[" ".join(words)[:50] for words, _ in REFUSED])
def test_a_mistake_is_a_command_error_and_changes_nothing(words: tuple[str, ...], reason: str) -> None:
    before = User.objects.count(), Site.objects.count(), Token.objects.count()
    with pytest.raises(CommandError, match=f"(?i){reason}"):
        said(*words)
    assert (User.objects.count(), Site.objects.count(), Token.objects.count()) == before


@pytest.mark.parametrize("length", [15, 64])
def test_token_revoke_takes_the_token_or_how_it_begins(length: int) -> None:
    token = said("token", "create", "--account", "integration").strip()
    said("token", "revoke", token[:length])
    assert status(token) == 401


def test_token_revoke_twice_is_told() -> None:
    token = said("token", "create", "--account", "integration").strip()
    said("token", "revoke", token)
    with pytest.raises(CommandError, match="revoked already"):
        said("token", "revoke", token)


def test_token_list_tells_nothing_secret() -> None:
    token = said("token", "create", "--account", "integration", "--label", "reports").strip()
    printed = said("token", "list")
    assert all(word in printed for word in ("integration", "reports", DEFAULT_SITE, "administrator", "valid"))
    assert token not in printed
    assert Token.objects.get().digest not in printed


def test_token_list_tells_which_are_valid() -> None:
    said("token", "revoke", said("token", "create", "--account", "gone").strip())
    said("token", "create", "--account", "soon", "--expires", "1")
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        said("token", "create", "--account", "fresh")
        listed = [line.split("\t") for line in said("token", "list").splitlines()]
    assert {line[1]: line[4] for line in listed} == {"gone": "revoked", "soon": "expired", "fresh": "valid"}


def test_account_create_prints_the_password_alone() -> None:
    password = said("account", "create", "anna").strip()
    made = User.objects.get(username="anna")
    assert made.check_password(password)
    assert (made.is_staff, made.is_superuser, made.memberships.get().role) == (True, False, Role.VIEWER)


def test_account_create_makes_superusers_and_administrators_on_request() -> None:
    said("account", "create", "anna", "--superuser", "--role", "administrator")
    made = User.objects.get(username="anna")
    assert (made.is_superuser, made.memberships.get().role) == (True, Role.ADMINISTRATOR)


def test_account_create_refuses_a_name_that_is_taken() -> None:
    said("account", "create", "anna")
    with pytest.raises(CommandError, match="already"):
        said("account", "create", "anna")


def test_account_password_replaces_the_old_one() -> None:
    old = said("account", "create", "anna").strip()
    new = said("account", "password", "anna").strip()
    assert (User.objects.get().check_password(old), User.objects.get().check_password(new)) == (False, True)


def test_account_grant_adds_a_site_and_changes_a_role(home: Estate) -> None:
    said("account", "create", "anna")
    said("account", "grant", "anna", "--site", home.site.slug)
    said("account", "grant", "anna", "--role", "administrator")
    granted = Membership.objects.filter(user__username="anna").values_list("site__slug", "role")
    assert dict(granted) == {home.site.slug: "viewer", DEFAULT_SITE: "administrator"}


def test_account_grant_leaves_what_is_not_given_as_it_is() -> None:
    said("account", "create", "anna", "--role", "administrator")
    assert said("account", "grant", "anna", "--act-on-behalf") == (
        f"anna is administrator of {DEFAULT_SITE} and may act on behalf of others.\n"
    )
    said("account", "grant", "anna", "--role", "viewer")
    assert f"\t{DEFAULT_SITE} (viewer, on behalf)\t" in said("account", "list")


@pytest.mark.parametrize(("right", "status"), [((), 403), (("--act-on-behalf",), 200), (("--no-act-on-behalf",), 403)])
def test_account_grant_gives_and_takes_the_right_to_act_on_behalf(
    home: Estate, right: tuple[str, ...], status: int
) -> None:
    Membership.objects.update(may_act_on_behalf="--no-act-on-behalf" in right)
    said("account", "create", "other", "--site", home.site.slug)
    said("account", "grant", home.membership.user.username, "--site", home.site.slug, *right)
    guid = next(line for line in said("account", "list").splitlines() if line.startswith("other\t")).split("\t")[-1]
    answer = home.call("POST", CHANGE_STATE, {"ids": [link_id()], "state_id": 4, "user_id": guid})
    assert answer.status_code == status


def test_account_disable_shuts_tokens_out_until_it_is_enabled() -> None:
    token = said("token", "create", "--account", "integration").strip()
    said("account", "disable", "integration")
    assert status(token) == 401
    said("account", "enable", "integration")
    assert status(token) == 200


def test_account_device_prints_a_password_that_devices_can_use() -> None:
    own = said("account", "create", "panel").strip()
    password = said("account", "device", "panel").strip()
    assert (login("panel", password), login("panel", own)) == (200, 400)


def test_account_device_off_takes_the_right_away() -> None:
    said("account", "create", "panel")
    password = said("account", "device", "panel").strip()
    said("account", "device", "panel", "--off")
    assert login("panel", password) == 400


def test_account_device_refuses_a_stranger_and_a_second_site(home: Estate) -> None:
    said("account", "create", "panel")
    with pytest.raises(CommandError, match="no member"):
        said("account", "device", "panel", "--site", home.site.slug)
    said("account", "device", "panel")
    said("account", "grant", "panel", "--site", home.site.slug)
    with pytest.raises(CommandError):
        said("account", "device", "panel", "--site", home.site.slug)


def test_account_list_tells_accounts_with_their_sites() -> None:
    said("account", "create", "anna", "--superuser")
    said("account", "disable", "anna")
    guid = User.objects.get().guid
    assert said("account", "list") == f"anna\tsuperuser\t{DEFAULT_SITE} (viewer)\tdisabled\t{guid}\n"


def test_site_create_makes_a_site_that_list_shows() -> None:
    said("site", "create", "north-park", "--name", "North Park", "--time-zone", "Europe/Prague")
    assert "north-park\tNorth Park\tEurope/Prague\n" in said("site", "list")


def test_no_password_is_told_of_an_account_that_is_not_made() -> None:
    told = StringIO()
    with pytest.raises(CommandError, match="no site typo"):
        call_command("account", "create", "anna", "--site", "typo", stdout=told)
    assert (told.getvalue(), User.objects.filter(username="anna").exists()) == ("", False)


def test_a_disabled_account_gets_no_token() -> None:
    said("account", "create", "anna")
    said("account", "disable", "anna")
    with pytest.raises(CommandError, match="disabled"):
        said("token", "create", "--account", "anna")
