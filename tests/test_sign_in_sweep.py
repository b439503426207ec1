"""Sign-ins of devices end after two hours; what is left of them is swept away by later ones of the same account."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings

from linkmgr.accounts.models import Membership, Role, Token
from linkmgr.accounts.sign_in import DEVICE_LABEL
from linkmgr.accounts.tokens import make_token
from linkmgr.history.models import ChangeSet
from tests.make import APARTMENTS, Estate, apartment, estate
from tests.operators import operator, page
from tests.test_sign_in import NOW, device, login, signed_in
from tests.test_two_writers import at_once

pytestmark = pytest.mark.any_postgres


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def panel(home: Estate) -> Membership:
    return device(home, "panel", Role.ADMINISTRATOR)


def test_expired_sign_ins_are_gone_with_a_later_one(home: Estate, panel: Membership) -> None:
    device(home, "other", Role.VIEWER)
    make_token(panel, label="an integration's", expires=timedelta(hours=2))
    with time_machine.travel(NOW, tick=False) as clock:
        for name in ("panel", "panel", "other"):
            login(name)
        clock.shift(timedelta(hours=2, minutes=59))
        login()
        assert Token.objects.filter(membership=panel, label=DEVICE_LABEL).count() == 3
        clock.shift(timedelta(minutes=2))
        last = login().json()["token"]
    left = Token.objects.exclude(membership=home.membership).order_by("created")
    assert [token.user.username for token in left.filter(label=DEVICE_LABEL)] == ["other", "panel", "panel"]
    assert last.startswith(left.filter(label=DEVICE_LABEL).last().token_key)
    assert left.filter(label="an integration's").exists()


def test_what_a_sign_in_has_written_is_still_told_of_its_account(home: Estate, panel: Membership) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=4), tick=False):
        written = home._replace(client=signed_in()).post(APARTMENTS, apartment())
    login()
    shown = operator(home.site).get(page(ChangeSet, "change", written["X-Change-Set"]))
    assert Token.objects.filter(membership=panel).count() == 1
    assert (shown.status_code, "panel" in shown.content.decode()) == (200, True)


@pytest.mark.django_db(transaction=True)
def test_sign_ins_at_once_sweep_without_a_clash(settings: Settings) -> None:
    panel = device(estate(), "panel", Role.VIEWER)
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=4), tick=False):
        for _ in range(50):
            make_token(panel, label=DEVICE_LABEL, expires=timedelta(hours=2))
    answers = at_once(*[lambda: [login().status_code]] * 4)
    assert answers == [200] * 4
    assert Token.objects.filter(membership=panel).count() == 4
