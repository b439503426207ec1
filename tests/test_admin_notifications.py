"""Notifications in the admin: who sees them, what is shown, and who may have them tried again."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linkmgr.accounts.models import Membership, Role
from linkmgr.history.models import ChangeSet
from linkmgr.notifications.models import Channel, Notification, State
from tests.make import Estate
from tests.operators import operator, page, text, user_of
from tests.receivers import DATA, email, notification

LIST = reverse("admin:notifications_notification_changelist")
HOOK = "https://receiver.example/hook?key=secret"


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


def failed(estate: Estate, address: str = HOOK) -> Notification:
    row = notification(estate.site, address)
    told = {"state": State.FAILED, "next_at": None, "ended_at": Now(), "attempts": 6, "reason": "it answered 500"}
    Notification.objects.filter(pk=row.pk).update(**told)
    return row


def listed(client: Client, **query: Any) -> list[int]:
    return [row.pk for row in client.get(LIST, query).context["cl"].result_list]


def retry(client: Client, *rows: Notification) -> HttpResponse:
    return client.post(LIST, {"action": "retry", "_selected_action": [row.pk for row in rows]}, follow=True)


def retry_page(row: Notification) -> str:
    return page(Notification, "retry", row.pk)


def queries(ask: Callable[[], object]) -> int:
    """How many it takes."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


def states(*rows: Notification) -> list[str]:
    return [Notification.objects.get(pk=row.pk).state for row in rows]


def test_a_list_tells_what_became_of_each(client: Client, home: Estate) -> None:
    failed(home)
    email(home.site)
    shown = text(client.get(LIST))
    for word in (f"webhook: {HOOK}", "it answered 500", "e-mail: anna@example.com", "Flat 1: late", "6"):
        assert word in shown


def test_an_empty_list_says_so(client: Client) -> None:
    assert "No notifications yet." in text(client.get(LIST))


def test_notifications_are_their_sites_own(client: Client, home: Estate, away: Estate) -> None:
    mine, other = failed(home), failed(away)
    assert listed(client) == [mine.pk]
    assert client.get(page(Notification, "change", other.pk)).status_code == 404
    assert listed(operator(superuser=True)) == [other.pk, mine.pk]
    assert operator().get(LIST).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "receiver.ex"}, Channel.WEBHOOK),
        ({"q": "ANNA@"}, Channel.EMAIL),
        ({"q": "abcdef01"}, Channel.WEBHOOK),
        ({"channel__exact": "email"}, Channel.EMAIL),
        ({"state__exact": "failed"}, Channel.WEBHOOK),
        ({"q": "nothing"}, None),
    ],
)
def test_searches_and_filters(client: Client, home: Estate, query: dict[str, str], found: str | None) -> None:
    email(home.site)
    row = failed(home)
    Notification.objects.filter(pk=row.pk).update(link_id=UUID("abcdef01-0000-4000-8000-000000000000"))
    rows = client.get(LIST, query).context["cl"].result_list
    assert [each.channel for each in rows] == ([found] if found else [])


def test_a_page_tells_everything(client: Client, home: Estate) -> None:
    row = notification(home.site, HOOK, lines=["One <b>.", "Two."])
    shown = client.get(page(Notification, "change", row.pk))
    for word in (HOOK, "apartment.state_changed", "Flat 1: late", "One <b>.", "Two.", DATA["to"]["name"]):  # type: ignore[index]
        assert str(word) in text(shown)
    assert page(ChangeSet, "change", row.change_set) in shown.content.decode()
    assert "One <b>." not in shown.content.decode()


def test_nobody_makes_changes_or_deletes_one(home: Estate) -> None:
    row, client = failed(home), operator(superuser=True)
    assert client.get(page(Notification, "add")).status_code == 403
    assert client.post(page(Notification, "change", row.pk), {"address": "x"}).status_code == 403
    assert client.post(page(Notification, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get(LIST).content.decode()


def test_an_administrator_retries_what_failed(client: Client, home: Estate) -> None:
    first, second, sent = failed(home), failed(home), email(home.site)
    Notification.objects.filter(pk=sent.pk).update(state=State.SENT, next_at=None)
    assert "2 notifications will be tried again." in text(retry(client, first, second, sent))
    assert states(first, second, sent) == [State.PENDING, State.PENDING, State.SENT]
    assert "Nothing to try again" in text(retry(client, sent))


def test_a_history_tells_who_retried_it(client: Client, home: Estate) -> None:
    by_page, by_list, left = failed(home), failed(home), failed(home)
    client.post(retry_page(by_page))
    retry(client, by_list, by_page)
    for row, told in (by_page, 1), (by_list, 1), (left, 0):
        history = client.get(page(Notification, "history", row.pk))
        assert [entry.user for entry in history.context["action_list"]] == [user_of(client)] * told
        assert text(history).count("Retried.") == told
    assert page(Notification, "history", left.pk) in client.get(page(Notification, "change", left.pk)).content.decode()


def test_retries_cost_the_same_however_many(client: Client, home: Estate) -> None:
    first, *rows = [failed(home) for _ in range(33)]
    retry(client, first)  # what Django looks up once and then remembers
    few = queries(lambda: retry(client, *rows[:2]))
    assert queries(lambda: retry(client, *rows[2:])) == few


def test_a_viewer_retries_nothing(home: Estate) -> None:
    row, viewer = failed(home), operator(home.site, role=Role.VIEWER)
    shown = viewer.get(page(Notification, "change", row.pk))
    assert (shown.status_code, retry_page(row) in shown.content.decode()) == (200, False)
    assert "Retry selected" not in text(viewer.get(LIST))
    retry(viewer, row)
    assert (viewer.post(retry_page(row)).status_code, states(row)) == (403, [State.FAILED])


def test_who_only_views_another_site_retries_only_the_own(client: Client, home: Estate, away: Estate) -> None:
    Membership.objects.create(user=user_of(client), site=away.site, role=Role.VIEWER)
    own, viewed = failed(home), failed(away)
    assert "1 notification will be tried again." in text(retry(client, own, viewed))
    assert (client.post(retry_page(viewed)).status_code, states(own, viewed)) == (403, [State.PENDING, State.FAILED])


def test_rows_of_other_sites_cannot_be_named(client: Client, away: Estate) -> None:
    other = failed(away)
    retry(client, other)
    assert (client.post(retry_page(other)).status_code, states(other)) == (404, [State.FAILED])


def test_the_page_of_a_failed_one_has_a_button(client: Client, home: Estate) -> None:
    row = failed(home)
    assert (
        f'<form method="post" action="{retry_page(row)}"'
        in client.get(page(Notification, "change", row.pk)).content.decode()
    )
    shown = client.post(retry_page(row), follow=True)
    assert "1 notification will be tried again." in text(shown)
    assert (states(row), retry_page(row) in shown.content.decode()) == ([State.PENDING], False)


def test_the_button_only_takes_a_forms_post(client: Client, home: Estate) -> None:
    row = failed(home)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user_of(client), backend="django.contrib.auth.backends.ModelBackend")
    assert (client.get(retry_page(row)).status_code, strict.post(retry_page(row)).status_code) == (405, 403)
    assert Client().post(retry_page(row)).status_code == 302  # to sign in
    assert [client.post(f"{LIST}{name}/retry/").status_code for name in ("x", "9" * 30, "%00")] == [404] * 3
    assert states(row) == [State.FAILED]


def test_a_lists_cost_does_not_grow(client: Client, home: Estate) -> None:
    failed(home)
    few = queries(lambda: client.get(LIST))
    for _ in range(30):
        failed(home)
    assert queries(lambda: client.get(LIST)) == few
