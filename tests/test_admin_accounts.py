"""Tokens, accounts, memberships and sites in the admin; and secrets, which are shown once or never."""

from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from linkmgr.accounts.models import Membership, Role, Site, Token, User
from linkmgr.accounts.sign_in import set_device_password
from linkmgr.accounts.tokens import make_token
from tests.make import APARTMENTS, Estate, apartment
from tests.operators import errors, operator, page, text

pytestmark = pytest.mark.any_postgres

DEVICE = "a device's own password"


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


def make(client: Client, membership: Membership, **given: Any) -> HttpResponse:
    data = {"membership": membership.pk, "role": Role.ADMINISTRATOR, "label": "Gate", **given}
    return client.post(page(Token, "add"), data)


def test_a_new_token_is_shown_once_and_works(client: Client, home: Estate) -> None:
    shown = make(client, home.membership)
    token = shown.context["token"].text
    assert shown.content.decode().count(f">{token}<") == 1
    bearer = Client(headers={"authorization": f"Bearer {token}"})
    assert bearer.get(APARTMENTS).status_code == 200
    assert token not in client.get(page(Token, "changelist")).content.decode()


def test_a_tokens_text_is_stored_nowhere(client: Client, home: Estate) -> None:
    token = make(client, home.membership).context["token"].text
    logged = [f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all()]
    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    assert logged
    assert not [each for each in logged + sessions if token in each]


def test_a_token_may_do_no_more_than_its_account(client: Client, home: Estate) -> None:
    Membership.objects.filter(pk=home.membership.pk).update(role=Role.VIEWER)
    assert "role" in errors(make(client, home.membership))
    assert make(client, home.membership, role=Role.VIEWER).context["token"].role == Role.VIEWER


@pytest.mark.parametrize("expiry", ["2020-01-01T00:00", "soon", "99999-01-01T00:00"])
def test_a_token_expires_in_the_future_if_at_all(client: Client, home: Estate, expiry: str) -> None:
    assert [*errors(make(client, home.membership, expiry=expiry))] == ["expiry"]


def test_a_token_keeps_its_expiry(client: Client, home: Estate) -> None:
    make(client, home.membership, expiry="2090-05-06T07:08")
    assert f"{Token.objects.get(label='Gate').expiry:%Y-%m-%d %H:%M}" == "2090-05-06 07:08"


def test_a_token_of_another_site_is_neither_made_nor_seen(client: Client, away: Estate) -> None:
    assert "membership" in errors(make(client, away.membership))
    listed = client.get(page(Token, "changelist")).context["cl"].result_list
    assert away.membership not in [token.membership for token in listed]


def test_revoked_tokens_end_at_once(client: Client, home: Estate, away: Estate) -> None:
    ours, theirs = (Token.objects.get(membership=each.membership) for each in (home, away))
    action = {"action": "revoke", "_selected_action": [ours.pk, theirs.pk]}
    client.post(page(Token, "changelist"), action)
    assert home.client.get(APARTMENTS).status_code == 401
    assert away.client.get(APARTMENTS).status_code == 200


def test_the_list_tells_the_state_of_each_token(client: Client, home: Estate) -> None:
    make_token(home.membership, label="old", expires=-timedelta(days=1))
    make_token(home.membership, label="taken")[0].revoke()
    for state, labels in {"valid": [""], "expired": ["old"], "revoked": ["taken"]}.items():
        listed = client.get(page(Token, "changelist"), {"state": state}).context["cl"].result_list
        assert [token.label for token in listed] == labels
    told = text(client.get(page(Token, "changelist")))
    assert all(f"administrator {state}" in told for state in ("valid", "expired", "revoked"))


def test_a_query_does_not_tell_a_tokens_hash(client: Client) -> None:
    assert client.get(page(Token, "changelist"), {"digest__startswith": "a"}).status_code == 400


def test_tokens_are_not_edited_or_deleted(client: Client, home: Estate) -> None:
    token = Token.objects.get(membership=home.membership)
    assert client.post(page(Token, "change", token.pk), {"role": Role.ADMINISTRATOR}).status_code == 403
    assert client.post(page(Token, "delete", token.pk), {"post": "yes"}).status_code == 403


def post_account(client: Client, account: User, *memberships: dict[str, Any]) -> HttpResponse:
    """The page of an account with its memberships; those that have no `id` are new."""
    stored = sum("id" in each for each in memberships)
    data: dict[str, Any] = {"username": account.username, "is_active": "on"}
    data |= {"memberships-TOTAL_FORMS": len(memberships), "memberships-INITIAL_FORMS": stored}
    for number, each in enumerate(memberships):
        data |= {f"memberships-{number}-{name}": value for name, value in each.items()}
    return client.post(page(User, "change", account.pk), data)


def as_posted(membership: Membership, **more: Any) -> dict[str, Any]:
    stored = {"id": membership.pk, "user": membership.user_id, "site": membership.site_id, "role": membership.role}
    return stored | more


def signs_in(account: User) -> bool:
    digest = md5(DEVICE.encode()).hexdigest()
    return Client().get("/api/v1/login", {"username": account.username, "password": digest}).status_code == 200


def test_a_new_account_comes_without_a_password_and_gets_its_sites_next(home: Estate) -> None:
    client = operator(superuser=True)
    made = client.post(page(User, "add"), {"username": "gate", "usable_password": "false"})
    account = User.objects.get(username="gate")
    assert made.headers["Location"] == page(User, "change", account.pk)
    assert not account.has_usable_password()
    post_account(client, account, {"user": account.pk, "site": home.site.pk, "role": Role.VIEWER})
    assert account.memberships.get().role == Role.VIEWER


def test_a_device_password_lets_in_and_can_be_taken_away(home: Estate) -> None:
    client, account = operator(superuser=True), home.membership.user
    assert post_account(client, account, as_posted(home.membership, new_device_password=DEVICE)).status_code == 302
    assert signs_in(account)
    shown = client.get(page(User, "change", account.pk)).content.decode()
    assert Membership.objects.get(pk=home.membership.pk).device_password not in shown
    post_account(client, account, as_posted(home.membership, no_device="on"))
    assert not signs_in(account)


def test_a_device_password_is_not_the_accounts_own(home: Estate) -> None:
    account = home.membership.user
    account.set_password(DEVICE)
    account.save()
    told = post_account(operator(superuser=True), account, as_posted(home.membership, new_device_password=DEVICE))
    assert "must not be the account's own" in text(told).replace("&#x27;", "'")


def test_an_account_is_a_device_at_one_site_only(home: Estate, away: Estate) -> None:
    account = home.membership.user
    new = {"user": account.pk, "site": away.site.pk, "role": Role.VIEWER, "new_device_password": DEVICE}
    both = post_account(operator(superuser=True), account, as_posted(home.membership, new_device_password="x y z"), new)
    assert "at one site only" in text(both)


def test_the_right_of_a_device_moves_to_another_site(home: Estate, away: Estate) -> None:
    account = home.membership.user
    set_device_password(home.membership, "another one")
    new = {"user": account.pk, "site": away.site.pk, "role": Role.VIEWER, "new_device_password": DEVICE}
    post_account(operator(superuser=True), account, as_posted(home.membership, no_device="on"), new)
    assert signs_in(account)
    assert Membership.objects.exclude(device_password="").get().site == away.site


def test_a_membership_and_its_tokens_stay_at_their_site(home: Estate, away: Estate) -> None:
    moved = as_posted(home.membership, role=Role.VIEWER) | {"site": away.site.pk}
    assert post_account(operator(superuser=True), home.membership.user, moved).status_code == 302
    home.membership.refresh_from_db()
    assert (home.membership.site, home.membership.role) == (home.site, Role.VIEWER)


def test_a_membership_is_held_once(home: Estate) -> None:
    account = home.membership.user
    again = {"user": account.pk, "site": home.site.pk, "role": Role.VIEWER}
    assert post_account(operator(superuser=True), account, as_posted(home.membership), again).status_code == 200
    assert account.memberships.count() == 1


def test_who_left_traces_is_not_deleted(home: Estate) -> None:
    home.post(APARTMENTS, apartment())
    client = operator(superuser=True)
    for stored in (home.site, home.membership.user):
        assert client.post(page(type(stored), "delete", stored.pk), {"post": "yes"}).status_code == 403


def test_an_unused_account_is_deleted_and_a_site_never(away: Estate) -> None:
    client = operator(superuser=True)
    account = away.membership.user
    assert client.post(page(User, "delete", account.pk), {"post": "yes"}).status_code == 302
    assert client.post(page(Site, "delete", away.site.pk), {"post": "yes"}).status_code == 403
    assert (User.objects.filter(pk=account.pk).count(), Site.objects.filter(pk=away.site.pk).count()) == (0, 1)


def test_a_site_needs_a_time_zone_that_exists(home: Estate) -> None:
    data = {"slug": "x", "name": "X", "time_zone": "Mars/Base"}
    told = errors(operator(superuser=True).post(page(Site, "add"), data))
    assert [*told] == ["time_zone"]


def test_no_page_shows_the_hash_of_an_accounts_password(home: Estate) -> None:
    client = operator(superuser=True)
    account = User.objects.create_user("somebody", password=DEVICE, last_login=timezone.now())
    shown = client.get(page(User, "change", account.pk)).content.decode()
    assert account.password not in shown
    assert account.password.rsplit("$", 1)[1] not in shown
