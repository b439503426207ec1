"""Delivery of the outbox: what is due is sent, put off for a while, or given up.

At least once: the row stays locked while it is sent, so any number of deliverers may run, and one that is killed in
the middle gives its row back to the others; what it had sent but not yet written down is sent again. Receivers know a
repeat by its id (`X-Linkmgr-Delivery` and `id` of a webhook, `Message-ID` of an e-mail), the same in every try.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from linkmgr.notifications.faults import Undeliverable, Undelivered
from linkmgr.notifications.mail import Mailer
from linkmgr.notifications.models import Channel, Notification, State, shown
from linkmgr.notifications.webhook import post

log = structlog.get_logger(__name__)

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
"""After the first try, the second and so on; who cannot be reached for 15 hours is given up."""
LONGEST_REASON = 500
TIMEOUTS = ["idle_in_transaction_session_timeout", "transaction_timeout"]  # the latter from PostgreSQL 17 on
"""Where a server sets these, a slow receiver would cost the row its lock, and so be tried for ever."""

Stopped = Callable[[float], bool]
"""Waits so many seconds at most and says whether one is to stop; `threading.Event.wait` is one."""


class Counts(NamedTuple):
    sent: int
    postponed: int
    failed: int


def deliver_due(stopped: Stopped = lambda seconds: False) -> Counts:
    """Deliver everything that is due, each in a transaction of its own, until nothing is or one is to stop.

    Sites take turns, so that slow receivers of one do not hold up those of another for longer than one try.
    """
    counts: Counter[str] = Counter()
    site = 0
    with Mailer() as mailer:
        while not stopped(0) and (done := _deliver_next(mailer, site)):
            site, state = done
            counts[state] += 1
    return Counts(counts[State.SENT], counts[State.PENDING], counts[State.FAILED])


def _deliver_next(mailer: Mailer, after: int) -> tuple[int, str] | None:
    """The site of what was delivered, the next one after that of this id, and the state it is in then; None if nothing
    is due that nobody else is delivering."""
    with transaction.atomic():
        notification = _lock_next(after)
        if notification is None:
            return None
        fault = _try(notification, mailer)
        state = _write_down(notification, fault)
    _tell(notification, state, fault)
    return notification.site_id, state


def _lock_next(after: int) -> Notification | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(name, '0', true) FROM pg_settings WHERE name = ANY (%s)", [TIMEOUTS])
    due = Notification.objects.filter(state=State.PENDING, next_at__lte=Now()).order_by("site_id", "next_at", "id")
    due = due.select_related("site").select_for_update(skip_locked=True, of=("self",))
    return due.filter(site__gt=after).first() or due.first()


def _try(notification: Notification, mailer: Mailer) -> Undelivered | None:
    """Why it was not delivered; None if it was. A fault of our own is no reason to leave the others waiting."""
    try:
        if notification.channel == Channel.EMAIL:
            mailer.send(notification)
        else:
            post(notification)
    except Undelivered as fault:
        return fault
    except Exception as error:
        log.exception("notification broke its delivery", notification=notification.pk)
        return Undelivered(f"a fault of linkmgr itself ({type(error).__name__}), of which its log says more")
    return None


def _write_down(notification: Notification, fault: Undelivered | None) -> State:
    """In its own row and nothing else. The pause is counted from now on, by the clock of the database."""
    state, ended = State.SENT, {"next_at": None, "ended_at": Now()}
    if fault:
        last = notification.attempts >= len(PAUSES) or isinstance(fault, Undeliverable)
        state = State.FAILED if last else State.PENDING
    written: Any = {"next_at": Now() + PAUSES[notification.attempts]} if state == State.PENDING else ended
    row = Notification.objects.filter(pk=notification.pk)
    row.update(state=state, attempts=F("attempts") + 1, reason=_reason(fault), **written)
    return state


def _reason(fault: Undelivered | None) -> str:
    """One line that PostgreSQL can keep, whatever a server has answered."""
    return " ".join(str(fault or "").replace("\0", "").split())[:LONGEST_REASON]


def _tell(notification: Notification, state: State, fault: Undelivered | None) -> None:
    """A webhook's path and query stay out of the log: they may be secrets."""
    told = {
        "notification": notification.pk,
        "site": notification.site.slug,
        "change_set": str(notification.change_set),
        "channel": notification.channel,
        "to": shown(notification.channel, notification.address),
        "tries": notification.attempts + 1,
    }
    if fault:
        event = "notification failed" if state == State.FAILED else "notification postponed"
        log.warning(event, reason=_reason(fault), **told)
    else:
        log.info("notification sent", **told)
