"""States and recipients in the admin."""

from typing import Any

import pytest
from django.test import Client

from apartments.models import Apartment, ApartmentState, Recipient
from linkmgr.accounts.models import Role
from tests.make import APARTMENTS, Estate, apartment
from tests.operators import errors, operator, page, save, text
from tests.states import change


@pytest.fixture
def flat(home: Estate) -> Apartment:
    home.outcomes(APARTMENTS, apartment())
    return Apartment.objects.get(site=home.site)


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


def test_an_apartments_state_is_told_and_not_edited(client: Client, home: Estate, flat: Apartment) -> None:
    change(home, [str(flat.link_id)])
    assert "Suspended" in text(client.get(page(Apartment, "changelist")))
    save(client, page(Apartment, "change", flat.pk), state="1", residents_count=5)
    flat.refresh_from_db()
    assert (flat.state_id, flat.residents_count) == (4, 5)
    history = text(client.get(page(Apartment, "history", flat.pk)))
    assert "Active → Suspended" in " ".join(history.split())


def test_recipients_are_added_to_an_apartment(client: Client, flat: Apartment) -> None:
    added: dict[str, Any] = {"recipients-TOTAL_FORMS": "1", "recipients-0-channel": "webhook"}
    address = page(Apartment, "change", flat.pk)
    wrong = client.get(address).context["inline_admin_formsets"][0].formset
    assert wrong.prefix == "recipients"
    save(client, address, **added, **{"recipients-0-address": "https://example.com/hook"})
    assert [(each.channel, each.address) for each in Recipient.objects.all()] == [
        ("webhook", "https://example.com/hook")
    ]


@pytest.mark.parametrize(("channel", "address"), [("email", "https://a.example"), ("webhook", "ftp://a.example/")])
def test_an_address_must_be_one_of_its_channel(client: Client, flat: Apartment, channel: str, address: str) -> None:
    filled = {"recipients-TOTAL_FORMS": "1", "recipients-0-channel": channel, "recipients-0-address": address}
    response = save(client, page(Apartment, "change", flat.pk), **filled)
    assert errors(response) == {}
    assert not Recipient.objects.exists()


def test_superusers_edit_states_and_members_see_them(client: Client, home: Estate) -> None:
    address = page(ApartmentState, "change", 2)
    assert client.get(address).status_code == 200
    assert client.post(address, {"name": "Empty"}).status_code == 403
    save(operator(superuser=True), address, name="Empty")
    assert ApartmentState.objects.get(pk=2).name == "Empty"


def test_a_state_is_never_deleted(home: Estate) -> None:
    assert operator(superuser=True).get(page(ApartmentState, "delete", 2)).status_code == 403


def test_viewers_change_no_recipients(home: Estate, flat: Apartment) -> None:
    viewer = operator(home.site, role=Role.VIEWER)
    body = {"recipients-TOTAL_FORMS": "1", "recipients-INITIAL_FORMS": "0", "recipients-0-address": "a@example.com"}
    assert viewer.post(page(Apartment, "change", flat.pk), body).status_code == 403
    assert not Recipient.objects.exists()
