"""The outbox and its e-mails: what arrives, when it is tried again, and when it is given up."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Timer

import pytest
from django.db import connection
from pytest_django import Settings

from linkmgr.notifications.deliver import PAUSES, deliver_due
from linkmgr.notifications.models import Notification, State
from tests.make import Estate
from tests.receivers import Mailbox, Receiver, email, mailbox, notification, now_due
from tests.test_two_writers import at_once

MINUTES = (1, 5, 30, 120, 720)


@pytest.fixture
def box(settings: Settings) -> Iterator[Mailbox]:
    with mailbox(settings) as box:
        yield box


@pytest.fixture
def nobody(settings: Settings) -> None:
    """No mail server where there should be one."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1


def outcome(row: Notification) -> tuple[str, int, bool, bool]:
    """state, tries, has a next try, has an end"""
    row.refresh_from_db()
    return row.state, row.attempts, row.next_at is not None, row.ended_at is not None


# ── e-mails ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_email_says_what_is_told(home: Estate, box: Mailbox) -> None:
    row = email(home.site, subject="Byt č. 1: pozdě", lines=["Jedna.", "Zwei ü."])
    assert deliver_due() == (1, 0, 0)
    (mail,) = box.messages
    assert (mail["From"], mail["To"], mail["Subject"]) == ("linkmgr@localhost", "anna@example.com", "Byt č. 1: pozdě")
    assert mail.get_content().splitlines() == ["Jedna.", "Zwei ü."]
    assert (mail["X-Linkmgr-Change-Set"], mail["Auto-Submitted"]) == (str(row.change_set), "auto-generated")
    assert (*outcome(row), row.reason) == (State.SENT, 1, False, True, "")


def test_a_repeat_has_the_message_id_of_the_first(home: Estate, box: Mailbox) -> None:
    row = email(home.site)
    deliver_due()
    Notification.objects.update(state=State.FAILED)
    assert (Notification.objects.all().retry(), deliver_due()) == (1, (1, 0, 0))
    assert [mail["Message-ID"] for mail in box.messages] == [f"<{row.pk}.{row.change_set}@localhost>"] * 2


def test_no_name_makes_headers_of_its_own(home: Estate, box: Mailbox) -> None:
    email(home.site, subject="Flat\r\nBcc: eve@example.com\n\x0b\x85\u2028Oops", lines=["x"])
    deliver_due()
    assert (box.messages[0]["Subject"], box.messages[0]["Bcc"]) == ("Flat Bcc: eve@example.com Oops", None)


def test_many_emails_go_through_one_connection(home: Estate, box: Mailbox) -> None:
    for _ in range(3):
        email(home.site)
    assert deliver_due() == (3, 0, 0)
    assert len(box.messages) == 3
    assert box.sessions == box.sessions[:1] * 3


def test_a_connection_that_was_hung_up_is_opened_again(home: Estate, box: Mailbox) -> None:
    box.hangs_up = True
    rows = [email(home.site), email(home.site)]
    assert deliver_due() == (2, 0, 0)
    assert [row.attempts for row in Notification.objects.all()] == [1, 1]
    assert [mail["X-Linkmgr-Change-Set"] for mail in box.messages] == [str(row.change_set) for row in rows]


@pytest.mark.parametrize(
    ("reply", "state", "reason"),
    [
        ("550 no such user", State.FAILED, "its mail server refuses the address: 550 no such user"),
        ("451 greylisted", State.PENDING, "its mail server refuses the address: 451 greylisted"),
    ],
)
def test_an_address_that_is_refused(home: Estate, box: Mailbox, reply: str, state: str, reason: str) -> None:
    box.replies["anna@example.com"] = reply
    row, other = email(home.site), email(home.site, "bert@example.com")
    deliver_due()
    assert outcome(row)[:2] == (state, 1)
    assert (row.reason, outcome(other)[0]) == (reason, State.SENT)


@pytest.mark.parametrize(("reply", "state"), [("554 spam", State.FAILED), ("452 full", State.PENDING)])
def test_a_message_that_is_refused(home: Estate, box: Mailbox, reply: str, state: str) -> None:
    box.reply = reply
    row = email(home.site)
    deliver_due()
    assert (outcome(row)[0], row.reason) == (state, f"the mail server refuses: {reply}")


def test_what_is_no_address_fails_at_once(home: Estate, box: Mailbox) -> None:
    row = email(home.site, "anna@example.com, eve@example.com")
    assert deliver_due() == (0, 0, 1)
    assert (outcome(row), row.reason) == ((State.FAILED, 1, False, True), "this is no e-mail address")
    assert box.sessions == []


# ── tries ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("nobody")
def test_pauses_grow_and_then_it_is_given_up(home: Estate) -> None:
    row, pauses = email(home.site), []
    for tries in range(1, 6):
        assert deliver_due() == (0, 1, 0)
        assert outcome(row) == (State.PENDING, tries, True, False)
        pauses.append(round(now_due(row) / timedelta(minutes=1)))
    assert tuple(pauses) == MINUTES == tuple(pause / timedelta(minutes=1) for pause in PAUSES)
    assert deliver_due() == (0, 0, 1)
    assert outcome(row) == (State.FAILED, 6, False, True)
    assert row.reason == "the mail server cannot be reached: Connection refused"


@pytest.mark.usefixtures("nobody")
def test_what_is_not_due_is_left_alone(home: Estate) -> None:
    email(home.site)
    assert [deliver_due(), deliver_due()] == [(0, 1, 0), (0, 0, 0)]


def test_what_is_sent_at_last_has_no_reason_left(home: Estate, web: Receiver) -> None:
    row, web.status = notification(home.site, web.address()), 503
    deliver_due()
    assert (outcome(row)[0], row.reason) == (State.PENDING, "it answered 503 Service Unavailable")
    web.status = 200
    now_due(row)
    deliver_due()
    assert (*outcome(row), row.reason) == (State.SENT, 2, False, True, "")


def test_a_retry_begins_anew(home: Estate, web: Receiver) -> None:
    row, web.status = notification(home.site, web.address()), 410
    deliver_due()
    assert (outcome(row), Notification.objects.all().retry()) == ((State.FAILED, 1, False, True), 1)
    assert outcome(row) == (State.PENDING, 0, True, False)


def test_a_row_that_breaks_our_own_code_is_put_off_and_blocks_nobody(home: Estate, box: Mailbox) -> None:
    row, good = email(home.site, subject=17), email(home.site)
    assert deliver_due() == (1, 1, 0)
    assert (outcome(row)[0], outcome(good)[0]) == (State.PENDING, State.SENT)
    assert row.reason == "a fault of linkmgr itself (AttributeError), of which its log says more"


def test_those_due_first_come_first(home: Estate, web: Receiver) -> None:
    late, early = (notification(home.site, web.address(path)) for path in ("/late", "/early"))
    Notification.objects.filter(pk=early.pk).update(next_at=late.created_at - timedelta(days=1))
    deliver_due()
    assert [each.path for each in web.received] == ["/early", "/late"]


def test_delivery_ends_between_two_when_asked_to(home: Estate, web: Receiver) -> None:
    for _ in range(2):
        notification(home.site, web.address())
    assert deliver_due(lambda seconds: bool(web.received)) == (1, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_deliverers_at_once_deliver_each_once(home: Estate, web: Receiver) -> None:
    rows = [notification(home.site, web.address()) for _ in range(30)]

    def deliver() -> list[int]:
        return [deliver_due().sent]

    shares = at_once(deliver, deliver, deliver)
    assert sum(shares) == len(rows)
    assert sorted(int(each.headers["X-Linkmgr-Delivery"]) for each in web.received) == [row.pk for row in rows]


@pytest.mark.django_db(transaction=True)
def test_a_slow_receiver_costs_no_row_its_lock(home: Estate, web: Receiver) -> None:
    """Where PostgreSQL ends transactions that idle."""
    row = notification(home.site, web.address())
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 50")
    web.release.clear()
    Timer(0.3, web.release.set).start()
    assert deliver_due() == (1, 0, 0)
    assert outcome(row)[:2] == (State.SENT, 1)
    connection.close()


# ── turns ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sites_take_turns(home: Estate, away: Estate, web: Receiver) -> None:
    for site in (home.site, home.site, home.site, away.site):
        notification(site, web.address(f"/{site.slug}"))
    deliver_due()
    assert {received.path for received in web.received[:2]} == {f"/{home.site.slug}", f"/{away.site.slug}"}
    assert len(web.received) == 4
