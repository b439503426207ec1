"""Signing in as devices do (contract §6), and that nothing of it can be read afterwards.

What each request is answered is in tests/wire/sign_in/.
"""

import logging
from datetime import UTC, datetime, timedelta
from hashlib import md5
from itertools import chain

import pytest
import time_machine
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from linkmgr.accounts.models import Membership, Role, Token, User
from linkmgr.accounts.sign_in import NotTheDevicePassword, set_device_password
from tests.make import APARTMENTS, CONTACTS_V1, EVERY_LIST, Estate, apartment, estate

PASSWORD, OWN = "let the panel in", "what an operator types"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LOGINS, LOGOUTS = ("/api/v0/login", "/api/v1/login"), ("/api/v0/logout", "/api/v1/logout")


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the default one is slow by design


@pytest.fixture
def panel(home: Estate) -> Membership:
    """An account that may sign in as a device."""
    return device(home, "panel", Role.ADMINISTRATOR)


def device(home: Estate, name: str, role: str) -> Membership:
    user = User.objects.create_user(name, password=OWN)
    membership = Membership.objects.create(user=user, site=home.site, role=role)
    set_device_password(membership, PASSWORD)
    return membership


def digest(password: str) -> str:
    return md5(password.encode()).hexdigest()


def login(name: str = "panel", password: str = PASSWORD, path: str = LOGINS[0]) -> HttpResponse:
    return Client().get(path, {"username": name, "password": digest(password)})


def signed_in(name: str = "panel") -> Client:
    return Client(headers={"authorization": f"Bearer {login(name).json()['token']}"})


def lock(name: str, settings: Settings) -> None:
    for _ in range(settings.SIGN_IN_LIMIT):
        login(name, "wrong")


@pytest.mark.parametrize("path", LOGINS)
def test_the_token_opens_every_list(panel: Membership, path: str) -> None:
    client = Client(headers={"authorization": f"Bearer {login(path=path).json()['token']}"})
    assert [client.get(address).status_code for address in EVERY_LIST] == [200] * len(EVERY_LIST)


def test_the_token_writes_at_the_accounts_site(home: Estate, panel: Membership) -> None:
    item = apartment()
    response = signed_in().post(APARTMENTS, {"list_items": [item]}, content_type="application/json")
    assert response.json()["result"][0]["extended_info"] == "created"
    assert [*home.listed(APARTMENTS)] == [item["link_id"]]


def test_a_viewers_token_only_reads(home: Estate) -> None:
    device(home, "monitor", Role.VIEWER)
    client = signed_in("monitor")
    assert client.get(APARTMENTS).status_code == 200
    assert client.post(APARTMENTS, {"list_items": []}, content_type="application/json").status_code == 403


def test_each_sign_in_gives_a_token_of_its_own(panel: Membership) -> None:
    assert login().json()["token"] != login().json()["token"]


@pytest.mark.parametrize(("minutes", "status"), [(0, 200), (119, 200), (121, 401)])
def test_the_token_lives_two_hours(panel: Membership, minutes: int, status: int) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        client = signed_in()
        traveller.shift(timedelta(minutes=minutes))
        assert client.get(APARTMENTS).status_code == status


@pytest.mark.parametrize("path", LOGOUTS)
def test_logging_out_ends_the_token(panel: Membership, path: str) -> None:
    client = signed_in()
    assert client.get(path).status_code == 200
    assert [client.get(address).status_code for address in EVERY_LIST] == [401] * len(EVERY_LIST)
    assert client.get(path).status_code == 401


def test_logging_out_ends_no_other_token(panel: Membership) -> None:
    stays, goes = signed_in(), signed_in()
    goes.get(LOGOUTS[0])
    assert stays.get(APARTMENTS).status_code == 200


def test_an_account_without_the_right_cannot_sign_in(home: Estate) -> None:
    user = User.objects.create_user("clerk", password=OWN)
    Membership.objects.create(user=user, site=home.site, role=Role.ADMINISTRATOR)
    assert (login("clerk", OWN).status_code, login("clerk", "").status_code) == (400, 400)


def test_a_disabled_account_cannot_sign_in(panel: Membership) -> None:
    panel.user.is_active = False
    panel.user.save()
    assert login().json() == {"error": "Wrong login or password"}


def test_a_right_that_is_taken_away_ends_its_tokens(panel: Membership) -> None:
    client = signed_in()
    set_device_password(panel, "")
    assert (client.get(APARTMENTS).status_code, login().status_code) == (401, 400)


def test_a_device_password_is_never_the_accounts_own(panel: Membership) -> None:
    with pytest.raises(ValidationError):
        set_device_password(panel, OWN)
    assert login(password=OWN).status_code == 400


def test_the_accounts_own_password_is_never_that_of_its_devices(panel: Membership) -> None:
    with pytest.raises(ValidationError):
        NotTheDevicePassword().validate(PASSWORD, panel.user)


def test_an_account_is_a_device_at_one_site_only(panel: Membership, away: Estate) -> None:
    second = Membership.objects.create(user=panel.user, site=away.site)
    with pytest.raises(ValidationError):
        set_device_password(second, "another")


def test_the_md5_does_not_open_the_admin(panel: Membership, client: Client) -> None:
    User.objects.filter(pk=panel.user_id).update(is_staff=True)
    sent = [PASSWORD, digest(PASSWORD), digest(OWN), OWN]
    answers = [client.post("/admin/login/", {"username": "panel", "password": password}) for password in sent]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 302]


def test_a_devices_token_is_no_session(panel: Membership) -> None:
    response = signed_in().get("/admin/")
    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/admin/login/")


def test_too_many_wrong_tries_lock_the_account_for_a_while(panel: Membership, settings: Settings) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        lock("panel", settings)
        refused = login()
        assert refused.status_code == 429
        traveller.shift(timedelta(seconds=int(refused["Retry-After"]) + 1))
        assert login().status_code == 200


def test_every_try_is_answered_in_json(panel: Membership, settings: Settings) -> None:
    answers = [login("panel", "wrong") for _ in range(settings.SIGN_IN_LIMIT + 2)]
    assert {answer["Content-Type"] for answer in answers} == {"application/json"}
    assert {answer.status_code for answer in answers} == {400, 429}
    assert all("Retry-After" in answer for answer in answers if answer.status_code == 429)


def test_fewer_wrong_tries_lock_nothing(panel: Membership, settings: Settings) -> None:
    for _ in range(settings.SIGN_IN_LIMIT - 1):
        assert login("panel", "wrong").status_code == 400
    assert login().status_code == 200


def test_a_lock_holds_at_both_addresses(panel: Membership, settings: Settings) -> None:
    lock("panel", settings)
    assert [login(path=path).status_code for path in LOGINS] == [429, 429]


def test_a_locked_account_locks_no_other(home: Estate, panel: Membership, settings: Settings) -> None:
    device(home, "monitor", Role.VIEWER)
    lock("panel", settings)
    assert login("monitor").status_code == 200


def test_a_lock_does_not_tell_whether_the_account_exists(db: None, settings: Settings) -> None:
    lock("nobody", settings)
    assert login("nobody").status_code == 429


def test_a_lock_ends_no_token(panel: Membership, settings: Settings) -> None:
    client = signed_in()
    lock("panel", settings)
    assert client.get(APARTMENTS).status_code == 200


def everything_stored() -> str:
    """The text of every row of every table."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT stored::text FROM "{table}" AS stored')
            texts += [row[0] for row in cursor.fetchall()]
    return "\n".join(texts)


def test_no_secret_is_stored_in_clear(panel: Membership) -> None:
    token = login().json()["token"]
    login("panel", "wrong guess")
    stored = everything_stored()
    assert "panel" in stored
    secrets = [token, PASSWORD, digest(PASSWORD), OWN, digest(OWN), "wrong guess", digest("wrong guess")]
    assert [secret for secret in secrets if secret in stored] == []


def test_what_is_noted_of_wrong_tries_has_no_password(panel: Membership) -> None:
    login("panel", "wrong guess")
    noted = [*chain(AccessAttempt.objects.values(), AccessFailureLog.objects.values(), AccessLog.objects.values())]
    assert noted
    assert digest("wrong guess") not in str(noted)


def test_a_token_is_kept_as_a_hash(panel: Membership) -> None:
    text = login().json()["token"]
    token = Token.objects.get(membership=panel)
    assert text not in (token.digest, token.token_key)
    assert len(token.token_key) < len(text) / 2


def logged(records: list[logging.LogRecord]) -> str:
    """The lines as the console shows them; without the SQL that only a test at level DEBUG sees."""
    console = next(handler for handler in logging.getLogger().handlers if handler.get_name() == "console")
    return "\n".join(console.format(record) for record in records if record.name != "django.db.backends")


@pytest.mark.parametrize("path", [*LOGINS, APARTMENTS, CONTACTS_V1, "/api/elsewhere"])
def test_no_query_string_is_logged(panel: Membership, caplog: pytest.LogCaptureFixture, path: str) -> None:
    with caplog.at_level(logging.DEBUG):
        Client().get(path, {"username": "panel", "password": digest("wrong guess")})
    assert path in logged(caplog.records)
    assert digest("wrong guess") not in logged(caplog.records)


def test_no_token_is_logged(panel: Membership, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        token = login().json()["token"]
        Client(headers={"authorization": f"Bearer {token}"}).get(APARTMENTS)
    told = logged(caplog.records)
    assert LOGINS[0] in told
    assert [secret for secret in (token, digest(PASSWORD)) if secret in told] == []


def test_a_token_must_not_be_cached(panel: Membership) -> None:
    assert login()["Cache-Control"] == "no-store"


def test_the_serial_number_stays_the_same(db: None) -> None:
    first, second = (Client().get("/api/info").json()["device_serial_number"] for _ in range(2))
    assert first == second


def test_logging_out_does_not_end_an_integrations_token(home: Estate) -> None:
    assert home.client.get(LOGOUTS[0]).status_code == 200
    assert home.client.get(APARTMENTS).status_code == 200


def test_a_device_sees_its_own_site_only(panel: Membership) -> None:
    other = estate()
    other.post(APARTMENTS, apartment())
    assert signed_in().get(APARTMENTS).json()["list_items"] == []


def test_a_new_device_password_ends_older_sign_ins(home: Estate) -> None:
    set_device_password(home.membership, "first one")
    token = login(home.membership.user.username, "first one").json()["token"]
    set_device_password(home.membership, "second one")
    assert Client().get(APARTMENTS, headers={"authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize("name", ["x" * 151, "x" * 300])
def test_a_name_longer_than_any_account_has_is_a_wrong_login(db: None, name: str) -> None:
    assert (login(name, "secret").status_code, Token.objects.count()) == (400, 0)


def test_guessing_at_the_devices_door_does_not_shut_the_operators(home: Estate, settings: Settings) -> None:
    User.objects.create_superuser("operator", password="a long enough password")
    lock("operator", settings)
    entered = Client().post("/admin/login/", {"username": "operator", "password": "a long enough password"})
    assert (login("operator", "guess").status_code, entered.status_code) == (429, 302)


def test_a_name_too_long_for_the_admin_is_a_wrong_one(db: None) -> None:
    assert Client().post("/admin/login/", {"username": "u" * 256, "password": "x"}).status_code == 200
