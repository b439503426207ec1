"""The admin's action that changes the state of selected apartments, and the record on an apartment's own page."""

from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apartments.models import Apartment, ApartmentState, Recipient
from linkmgr.accounts.models import Role, Site
from linkmgr.history.models import ChangeSet
from linkmgr.notifications.models import Notification
from tests.make import APARTMENTS, Estate, apartment
from tests.operators import operator, page, text, user_of
from tests.states import SUSPENDED, change, states, stored

LIST = "/admin/apartments/apartment/"


def keys(*sites: Site) -> list[int]:
    return [*Apartment.objects.filter(site__in=sites).order_by("pk").values_list("pk", flat=True)]


def ask(client: Client, chosen: list[int], **filled: Any) -> HttpResponse:
    return client.post(LIST, {"action": "change_state", "_selected_action": chosen, **filled}, follow=True)


def answer(client: Client, chosen: list[int], **filled: Any) -> HttpResponse:
    return ask(client, chosen, **{"post": "yes", "count": len(chosen), "state": SUSPENDED, **filled})


def test_it_asks_for_the_new_state_and_tells_the_present_ones(home: Estate) -> None:
    first, _, _ = stored(home, 3)
    change(home, [first])
    told = text(ask(operator(home.site), keys(home.site)))
    assert "Change the state of 3 apartments? Now 2 are Active, 1 is Suspended." in told
    assert "Archived" in told


def test_it_does_what_the_api_does_and_leaves_the_same_record(home: Estate) -> None:
    client, (first, _) = operator(home.site), stored(home)
    told = text(answer(client, keys(home.site), message="Unpaid\r\nsince May", reason="Debts"))
    assert "2 apartments changed to Suspended." in told
    (entry,) = home.client.get(f"/api/v1/apartments/{first}/state-history").json()["changes"]
    assert (entry["from"]["code"], entry["to"]["code"], entry["via"]) == ("active", "suspended", "admin")
    assert (entry["by"]["name"], entry["message"]) == (user_of(client).username, "Unpaid\nsince May")
    assert entry["parent"] == {"id": "", "name": "Debts"}


def test_recipients_are_notified_if_that_is_ticked(home: Estate) -> None:
    first, _ = stored(home)
    Recipient.objects.create(apartment=Apartment.objects.get(link_id=first), channel="email", address="a@example.com")
    told = text(answer(operator(home.site), keys(home.site), notify="on"))
    assert "2 apartments changed to Suspended, 1 apartment with a notification." in told
    assert "1 apartment changed without a notification: no recipients." in told
    assert Notification.objects.count() == 1


def test_what_does_not_change_is_told(home: Estate) -> None:
    first, second, _ = stored(home, 3)
    change(home, [first])
    change(home, [second], state_id=2)
    ApartmentState.objects.get(pk=1).may_become.add(SUSPENDED)
    told = text(answer(operator(home.site), keys(home.site)))
    assert "1 apartment changed to Suspended." in told
    assert "1 apartment already in state Suspended." in told
    assert "1 apartment not changed: the move to Suspended is not allowed from the state before." in told


@pytest.mark.parametrize("filled", [{"state": ""}, {"state": 99}, {"message": "m" * 4_001}], ids=str)
def test_a_wrong_form_is_told_and_changes_nothing(home: Estate, filled: dict[str, Any]) -> None:
    stored(home)
    told = text(answer(operator(home.site), keys(home.site), **filled))
    assert "Please correct the error below. Nothing was changed." in told
    assert states(home) == {1}


def test_a_line_break_of_a_browser_counts_as_one_character(home: Estate) -> None:
    stored(home)
    answer(operator(home.site), keys(home.site), message="\r\n".join(["m" * 99] * 40))
    assert states(home) == {SUSPENDED}


def test_an_inactive_state_cannot_be_chosen(home: Estate) -> None:
    stored(home)
    ApartmentState.objects.filter(pk=SUSPENDED).update(active=False)
    assert "Nothing was changed." in text(answer(operator(home.site), keys(home.site)))


def test_a_selection_that_has_changed_meanwhile_is_asked_again(home: Estate) -> None:
    stored(home)
    told = text(answer(operator(home.site), keys(home.site), count=3))
    assert "Meanwhile the selection has changed. Nothing was done." in told
    assert states(home) == {1}


def test_apartments_of_several_sites_change_with_a_change_set_each(home: Estate, away: Estate) -> None:
    assert stored(home)
    assert stored(away)
    answer(operator(home.site, away.site), keys(home.site, away.site))
    made = ChangeSet.objects.filter(via="admin")
    assert (states(home), states(away)) == ({SUSPENDED}, {SUSPENDED})
    assert {each.site for each in made} == {home.site, away.site}


@pytest.mark.parametrize("role", [Role.VIEWER, None])
def test_only_administrators_of_the_site_change_states(home: Estate, away: Estate, role: str | None) -> None:
    stored(home)
    client = operator(home.site, role=role) if role else operator(away.site)
    answer(client, keys(home.site))
    assert states(home) == {1}


def test_what_one_may_only_see_cannot_be_changed_with_the_rest(home: Estate, away: Estate) -> None:
    assert stored(home)
    assert stored(away)
    client = operator(home.site)
    user_of(client).memberships.create(site=away.site, role=Role.VIEWER)
    assert answer(client, keys(home.site, away.site)).status_code == 403
    assert (states(home), states(away)) == ({1}, {1})


def test_everything_a_search_found_can_be_changed(home: Estate) -> None:
    home.outcomes(APARTMENTS, *(apartment() for _ in range(120)))
    answer(operator(home.site), keys(home.site)[:1], select_across="1", count=120)
    assert states(home) == {SUSPENDED}


def test_queries_do_not_depend_on_the_number_of_apartments(home: Estate) -> None:
    client = operator(home.site)
    stored(home, 60)
    counts = []
    for chosen, state in ((3, 2), (60, 3)):
        with CaptureQueriesContext(connection) as queries:
            answer(client, keys(home.site)[:chosen], state=state)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# ── the record ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_apartments_page_tells_the_changes_of_its_state(home: Estate) -> None:
    client = operator(home.site)
    changed, untouched = (Apartment.objects.get(link_id=link_id) for link_id in stored(home))
    change(home, [str(changed.link_id)], message="Unpaid", parent={"id": "p-1", "name": "Debts"})
    told = text(client.get(page(Apartment, "change", changed.pk)))
    assert f"Active → Suspended {home.membership.user.username} Debts (p-1) Unpaid api" in told
    assert "Its state has not changed yet." in text(client.get(page(Apartment, "change", untouched.pk)))


def test_of_many_changes_the_latest_are_told(home: Estate) -> None:
    client, (link_id,) = operator(home.site), stored(home, 1)
    for at in range(11):
        change(home, [link_id], state_id=2 + at % 2, message=f"no. {at}")
    told = text(client.get(page(Apartment, "change", keys(home.site)[0])))
    assert "no. 10 " in told
    assert "no. 0 " not in told
    assert "Earlier ones are in its history" in told


def test_a_change_made_in_the_database_itself_is_told(home: Estate) -> None:
    stored(home)
    Apartment.objects.filter(pk=keys(home.site)[0]).update(state_id=3)
    told = text(operator(home.site).get(page(Apartment, "change", keys(home.site)[0])))
    assert "Active → Reserved unknown the database itself none" in told


def test_its_page_has_a_button_for_those_who_may(home: Estate) -> None:
    stored(home)
    address = page(Apartment, "change", keys(home.site)[0])
    assert 'value="Change state"' in operator(home.site).get(address).content.decode()
    assert 'value="Change state"' not in operator(home.site, role=Role.VIEWER).get(address).content.decode()


def test_a_change_set_tells_its_reason_and_on_whose_behalf(home: Estate) -> None:
    client, (link_id, _) = operator(home.site), stored(home)
    home.membership.may_act_on_behalf = True
    home.membership.save()
    user = user_of(client)
    change(home, [link_id], user_id=str(user.guid), parent={"id": "p-1", "name": "Debts"})
    told = text(client.get(page(ChangeSet, "change", ChangeSet.objects.latest("created_at").pk)))
    assert f"On behalf of: {user.username}" in told
    assert "Reason: Debts (p-1)" in told
