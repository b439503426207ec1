"""Bulk change of state over HTTP (seed 003, contract §7)."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apartments.models import Apartment, ApartmentState, Recipient
from linkmgr.accounts.models import Membership, Role, User
from linkmgr.history.models import ChangeSet
from linkmgr.notifications.models import Notification
from tests.make import APARTMENTS, Estate, estate
from tests.states import SUSPENDED, XML, change, send, states, stored, told


def test_apartments_change_and_the_answer_counts_them(home: Estate) -> None:
    ids = stored(home)
    unknown = str(uuid4())
    response = send(home, {"ids": [*ids, unknown], "state_id": SUSPENDED})
    change_set = response["X-Change-Set"]
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response.content.decode() == (
        '{"messages":[{"type":1,"code":1,"message":"Apartment not found","field":"ids[2]"}],"count_of_errors":1,'
        f'"id":"{change_set}","name":"Suspended",'
        '"data":{"requested":3,"changed":2,"unchanged":0,"failed":1,"notified":0},'
        f'"url":"/api/v1/change-sets/{change_set}","text":"2 of 3 apartments changed to Suspended",'
        '"inner_exception":null}'
    )
    assert states(home) == {SUSPENDED}


@pytest.mark.parametrize(
    ("members", "finding"),
    [
        ({"state_id": 0}, (1, 2, "state_id")),
        ({"state_id": 70_000}, (1, 2, "state_id")),
        ({"user_id": "a11c7c18-354d-4555-9e26-ad26707a9994"}, (1, 4, "user_id")),
        ({"ids": None}, (1, 8, "ids")),
        ({"ids": []}, (1, 8, "ids")),
        ({"ids": ["x"] * 10_001}, (1, 9, "ids")),
        ({"message": "m" * 4_001}, (1, 10, "message")),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_fault_of_the_call_changes_nothing(home: Estate, members: dict[str, Any], finding: Any) -> None:
    answer = change(home, **{"ids": stored(home), **members})
    assert told(answer) == [finding]
    assert (answer["id"], answer["url"], answer["data"]["changed"]) == (None, None, 0)
    assert states(home) == {1}


def test_each_id_has_its_finding(home: Estate) -> None:
    first, second = stored(home)
    change(home, [second])
    answer = change(home, [first, "no guid", second, first.upper(), None, str(uuid4())], send_notifications=True)
    assert told(answer) == [
        (2, 202, "ids[0]"), (1, 7, "ids[1]"), (3, 101, "ids[2]"),
        (2, 200, "ids[3]"), (1, 7, "ids[4]"), (1, 1, "ids[5]"),
    ]  # fmt: skip
    assert answer["data"] == {"requested": 5, "changed": 1, "unchanged": 1, "failed": 3, "notified": 0}
    assert answer["count_of_errors"] == 3


def test_apartments_of_another_site_are_unknown(home: Estate, away: Estate) -> None:
    theirs = stored(away)
    assert {code for _, code, _ in told(change(home, theirs))} == {1}
    assert states(away) == {1}


def test_atomic_changes_all_or_nothing(home: Estate) -> None:
    ids = stored(home)
    answer = change(home, [*ids, "no guid"], "?atomic=true", send_notifications=True)
    assert answer["data"] == {"requested": 3, "changed": 0, "unchanged": 2, "failed": 1, "notified": 0}
    assert (told(answer), answer["id"], states(home)) == ([(1, 7, "ids[2]")], None, {1})
    assert change(home, ids, "?atomic=true")["data"]["changed"] == 2


def test_a_dry_run_answers_the_same_and_changes_nothing(home: Estate) -> None:
    ids = stored(home)
    before = ChangeSet.objects.count()
    assert change(home, ids, "?dry_run=true")["data"]["changed"] == 2
    assert (states(home), ChangeSet.objects.count()) == ({1}, before)


def test_only_named_moves_are_allowed_once_there_are_any(home: Estate) -> None:
    first, second = stored(home)
    change(home, [second], state_id=2)
    ApartmentState.objects.get(pk=2).may_become.add(ApartmentState.objects.get(pk=SUSPENDED))
    assert told(change(home, [first, second])) == [(1, 3, "ids[0]")]


def test_an_inactive_state_is_none(home: Estate) -> None:
    ApartmentState.objects.filter(pk=SUSPENDED).update(active=False)
    assert told(change(home, stored(home))) == [(1, 2, "state_id")]


# ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def colleague(home: Estate) -> User:
    user = User.objects.create(username="colleague")
    Membership.objects.create(user=user, site=home.site, role=Role.VIEWER)
    user.refresh_from_db()
    return user


def test_acting_for_another_account_needs_the_right(home: Estate) -> None:
    ids, other = stored(home), colleague(home)
    body = {"ids": ids, "state_id": SUSPENDED, "user_id": str(other.guid)}
    assert (send(home, body).status_code, states(home)) == (403, {1})
    Membership.objects.filter(pk=home.membership.pk).update(may_act_on_behalf=True)
    made = ChangeSet.objects.get(pk=send(home, body).json()["id"])
    assert (made.by, made.on_behalf_of) == (home.membership.user, other)


def test_an_account_of_another_site_is_unknown(home: Estate, away: Estate) -> None:
    Membership.objects.filter(pk=home.membership.pk).update(may_act_on_behalf=True)
    theirs = User.objects.get(pk=away.membership.user.pk)
    assert told(change(home, stored(home), user_id=str(theirs.guid))) == [(1, 4, "user_id")]


def test_the_callers_own_guid_needs_no_right(home: Estate) -> None:
    own = User.objects.get(pk=home.membership.user.pk)
    assert change(home, stored(home), user_id=str(own.guid).upper())["data"]["changed"] == 2


def test_a_viewer_and_a_stranger_are_refused_in_this_voice(home: Estate) -> None:
    viewer = estate(role=Role.VIEWER)
    answer = send(viewer, {})
    assert (answer.status_code, set(answer.json())) == (403, {"Message"})
    home.client.defaults.pop("HTTP_AUTHORIZATION")
    answer = send(home, {}, accept=XML)
    assert answer.status_code == 401
    assert answer.content == b"<Error><Message>Authorization has been denied for this request.</Message></Error>"


# ── record ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_record_tells_who_what_and_why(home: Estate) -> None:
    link_id, other = stored(home)
    change(home, [link_id], message="Unpaid", parent={"id": "p-1", "name": "Debts"})
    change(home, [link_id])
    history = home.client.get(f"/api/v1/apartments/{link_id}/state-history").json()
    assert history["state"]["code"] == "suspended"
    (entry,) = history["changes"]
    assert (entry["from"]["code"], entry["to"]["code"], entry["message"]) == ("active", "suspended", "Unpaid")
    assert (entry["parent"], entry["via"]) == ({"id": "p-1", "name": "Debts"}, "api")
    assert entry["by"]["name"] == home.membership.user.username
    assert home.client.get(f"/api/v1/apartments/{other}/state-history").json()["changes"] == []


def test_addresses_take_link_ids_in_any_letter_case(home: Estate) -> None:
    (link_id,) = stored(home, 1)
    url = change(home, [link_id])["url"]
    assert home.client.get(f"/api/v1/apartments/{link_id.upper()}/state-history").status_code == 200
    assert home.client.get(url.replace(url[-36:], url[-36:].upper())).status_code == 200


def test_a_state_history_is_of_the_own_site_only(home: Estate, away: Estate) -> None:
    answer = home.client.get(f"/api/v1/apartments/{stored(away)[0]}/state-history")
    assert (answer.status_code, set(answer.json())) == (404, {"Message"})


def test_the_url_of_the_answer_leads_to_its_record(home: Estate, away: Estate) -> None:
    url = change(home, stored(home), message="Unpaid")["url"]
    record = home.client.get(url).json()
    assert (record["message"], record["counts"]) == ("Unpaid", {"apartment": {"update": 2}})
    assert (record["by"], record["via"]) == (home.membership.user.username, "api")
    assert away.client.get(url).status_code == 404


def test_the_code_list_of_states(home: Estate) -> None:
    listed = home.client.get("/api/v1/code-list/apartment_state").json()
    assert [(state["id"], state["code"]) for state in listed] == [
        (1, "active"), (2, "vacant"), (3, "reserved"), (4, "suspended"), (5, "archived"),
    ]  # fmt: skip
    as_xml = home.client.get("/api/v1/code-list/apartment_state", headers={"accept": XML}).content
    assert as_xml.startswith(b"<ArrayOfState xmlns:i=")


# ── notifications ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_recipients_are_notified_with_the_change(home: Estate) -> None:
    first, second = stored(home)
    Recipient.objects.create(apartment=Apartment.objects.get(link_id=first), channel="email", address="a@example.com")
    answer = change(home, [first, second], send_notifications=True, message="Unpaid")
    assert (answer["data"]["notified"], told(answer)) == (1, [(2, 202, "ids[1]")])
    row = Notification.objects.get(site=home.site)
    assert (str(row.link_id), str(row.change_set), row.address) == (first, answer["id"], "a@example.com")
    assert row.told["data"]["to"]["code"] == "suspended"
    assert (row.told["lines"][1], row.told["data"]["message"]) == ("Unpaid", "Unpaid")


@pytest.mark.parametrize("query", ["?dry_run=true", "?atomic=true"])
def test_nobody_is_notified_of_what_did_not_happen(home: Estate, query: str) -> None:
    first, _ = stored(home)
    Recipient.objects.create(apartment=Apartment.objects.get(link_id=first), channel="email", address="a@example.com")
    change(home, [first, "no guid"], query, send_notifications=True)
    assert not Notification.objects.exists()


def test_the_message_is_kept_once_however_many_are_notified(home: Estate) -> None:
    ids = stored(home, 3)
    for apartment in Apartment.objects.filter(site=home.site):
        apartment.recipients.create(channel="email", address="a@example.com")
    change(home, ids, send_notifications=True, message="m" * 4_000)
    assert not [row for row in Notification.objects.all() if "mmm" in str(row.facts)]


def test_recipients_go_with_their_apartment(home: Estate) -> None:
    first, _ = stored(home)
    Recipient.objects.create(apartment=Apartment.objects.get(link_id=first), channel="email", address="a@example.com")
    assert home.delete(APARTMENTS, [first]).json()["result"][0]["success"]
    assert not Recipient.objects.exists()


def test_queries_do_not_depend_on_the_number_of_ids(home: Estate) -> None:
    few, many = stored(home, 3), stored(home, 300)
    counts = []
    for ids in (few, many):
        with CaptureQueriesContext(connection) as queries:
            change(home, ids, send_notifications=True)
        counts.append(len(queries))
    assert counts[0] == counts[1]
