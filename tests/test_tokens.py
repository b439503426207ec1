"""Bearer tokens: whom they let in, how far, and until when (contract §1, §6)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from linkmgr.accounts.models import Membership, Role, Token, User
from linkmgr.accounts.tokens import RoleExceeded, make_token
from tests.make import (
    APARTMENTS,
    CONTACTS_V1,
    EVERY_LIST,
    MAKERS,
    TIME_PROFILES,
    TIME_PROFILES_DELETE,
    Estate,
    estate,
    time_profile,
)

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
every_list = pytest.mark.parametrize("path", EVERY_LIST)


def statuses(somebody: Estate) -> tuple[int, int]:
    """Of a read and of a write that changes nothing."""
    read = somebody.client.get(APARTMENTS)
    return read.status_code, somebody.post(APARTMENTS).status_code


def test_an_administrators_token_reads_and_writes(home: Estate) -> None:
    assert statuses(home) == (200, 200)


def test_a_viewers_token_reads(db: None) -> None:
    assert statuses(estate(role=Role.VIEWER)) == (200, 403)


def test_a_token_may_do_less_than_its_account(db: None) -> None:
    assert statuses(estate(role=Role.ADMINISTRATOR, **{"label": "reports"})) == (200, 200)
    somebody = estate()
    _, text = make_token(somebody.membership, role=Role.VIEWER)
    assert statuses(somebody._replace(client=bearing(text))) == (200, 403)


def bearing(token: str) -> Client:
    return Client(headers={"authorization": f"Bearer {token}"})


def test_a_token_may_not_do_more_than_its_account(db: None) -> None:
    somebody = estate(role=Role.VIEWER)
    with pytest.raises(RoleExceeded):
        make_token(somebody.membership, role=Role.ADMINISTRATOR)


def test_a_token_loses_what_its_account_loses(home: Estate) -> None:
    Membership.objects.filter(pk=home.membership.pk).update(role=Role.VIEWER)
    assert statuses(home) == (200, 403)


def test_a_token_ends_with_the_membership(home: Estate) -> None:
    home.membership.delete()
    assert statuses(home) == (401, 401)


def test_a_token_of_a_disabled_account_is_unknown(home: Estate) -> None:
    User.objects.filter(pk=home.membership.user_id).update(is_active=False)
    assert statuses(home) == (401, 401)


def test_a_revoked_token_is_unknown(home: Estate) -> None:
    Token.objects.get(membership=home.membership).revoke()
    assert statuses(home) == (401, 401)


def test_a_revoked_token_ends_no_other(home: Estate) -> None:
    token, _ = make_token(home.membership)
    token.revoke()
    assert statuses(home) == (200, 200)


@pytest.mark.parametrize(("hours", "expected"), [(23, (200, 200)), (25, (401, 401))])
def test_a_token_expires(db: None, hours: int, expected: tuple[int, int]) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        somebody = estate(expires=timedelta(days=1))
        traveller.shift(timedelta(hours=hours))
        assert statuses(somebody) == expected


def test_a_token_that_does_not_expire_lives_for_years(db: None) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        somebody = estate()
        traveller.shift(timedelta(days=3650))
        assert statuses(somebody) == (200, 200)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_written_in_any_letter_case(home: Estate, scheme: str) -> None:
    client = Client(headers={"authorization": f"{scheme} {home.token}"})
    assert client.get(APARTMENTS).status_code == 200


STRANGE = ["", "Bearer", "Bearer ", "TOKEN", "Token TOKEN", "Basic TOKEN", "Bearer TOKEN TOKEN", "Bearer TOKENx"]
STRANGE += ["Bearer ů", "Bearer \udcff", "Bearer " + "a" * 10_000, "Bearer a\0b", "Bearer " + "0" * 64]


@every_list
@pytest.mark.parametrize("header", STRANGE, ids=ascii)
def test_anything_else_is_no_token(home: Estate, path: str, header: str) -> None:
    text = header.replace("TOKEN", home.token).encode("utf-8", "surrogateescape").decode("latin-1")
    response = Client().get(path, headers={"authorization": text})
    assert response.status_code == 401, response.content
    assert response["WWW-Authenticate"] == "Bearer"


def test_half_a_token_is_no_token(home: Estate) -> None:
    assert bearing(home.token[:-1]).get(APARTMENTS).status_code == 401
    assert bearing(home.token[:15]).get(APARTMENTS).status_code == 401


def test_a_session_of_the_admin_is_no_token(home: Estate, client: Client) -> None:
    client.force_login(home.membership.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(APARTMENTS).status_code == 401


def test_the_time_of_use_is_noted_and_seldom_written(home: Estate) -> None:
    for minutes, noted in [(0, 0), (4, 0), (6, 6)]:
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            home.client.get(APARTMENTS)
        assert Token.objects.get(membership=home.membership).last_used == NOW + timedelta(minutes=noted)


@every_list
def test_another_sites_rows_are_not_listed(home: Estate, away: Estate, path: str) -> None:
    home.outcomes(path, MAKERS[path]())
    assert away.listed(path) == {}


@every_list
def test_another_sites_rows_are_not_updated(home: Estate, away: Estate, path: str) -> None:
    item = MAKERS[path]()
    home.outcomes(path, item)
    before = home.listed(path)
    name = "apartment_name" if path == APARTMENTS else "name"
    assert away.outcomes(path, item | {name: "Another's"}) == ["created"]
    assert home.listed(path) == before


@every_list
def test_another_sites_rows_are_not_deleted(home: Estate, away: Estate, path: str) -> None:
    item = MAKERS[path]()
    home.outcomes(path, item)
    assert away.delete(path, [item["link_id"]]).json()["result"][0]["extended_info"] == "entity_not_found"
    assert [*home.listed(path)] == [item["link_id"]]


def test_another_sites_time_profiles_are_not_deleted_by_post(home: Estate, away: Estate) -> None:
    item = time_profile()
    home.outcomes(TIME_PROFILES, item)
    away.call("POST", TIME_PROFILES_DELETE, {"link_ids": [item["link_id"]]})
    assert [*home.listed(TIME_PROFILES)] == [item["link_id"]]


@every_list
def test_a_viewer_stores_and_deletes_nothing(home: Estate, path: str) -> None:
    viewer = estate(home.site.slug, Role.VIEWER)
    item = MAKERS[path]()
    home.outcomes(path, item)
    assert viewer.post(path, MAKERS[path]()).status_code == 403
    assert viewer.delete(path, [item["link_id"]]).status_code == 403
    assert [*viewer.listed(path)] == [item["link_id"]]


def test_a_viewer_may_not_even_try_in_a_dry_run(home: Estate) -> None:
    viewer = estate(home.site.slug, Role.VIEWER)
    assert viewer.post(f"{CONTACTS_V1}?dry_run=true").status_code == 403
