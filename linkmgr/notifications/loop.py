"""Delivery for ever, which PostgreSQL's restarts do not end."""

import structlog
from django.db import InterfaceError, InternalError, OperationalError, close_old_connections
from django.db.models import F
from django.db.models.functions import Now

from linkmgr.notifications.deliver import Stopped, deliver_due
from linkmgr.notifications.models import Notification, State

log = structlog.get_logger(__name__)

LONGEST_WAIT = 5.0
"""Seconds in which new notifications are found."""


def deliver_until(stopped: Stopped) -> None:
    """Deliver what is due, wait for more, and so on; ends between two deliveries when `stopped`."""
    while not stopped(0):
        stopped(_round(stopped))


def _round(stopped: Stopped) -> float:
    """Seconds to wait for the next."""
    close_old_connections()
    try:
        deliver_due(stopped)
        return _seconds_to_next()
    except (OperationalError, InterfaceError, InternalError) as error:
        log.warning("no delivery without PostgreSQL", reason=" ".join(str(error).split()))
        return LONGEST_WAIT


def _seconds_to_next() -> float:
    """What is overdue is being delivered by somebody else, so it is nothing to wait for."""
    later = Notification.objects.filter(state=State.PENDING, next_at__gt=Now()).order_by("next_at")
    wait = later.values_list(F("next_at") - Now(), flat=True).first()
    return LONGEST_WAIT if wait is None else min(wait.total_seconds(), LONGEST_WAIT)
