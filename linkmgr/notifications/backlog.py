"""How the outbox stands, asked for every few seconds by what watches over the server."""

from typing import NamedTuple

from django.db import connection

from linkmgr.accounts.models import Site
from linkmgr.notifications.models import Notification, State

MOST_COUNTED = 10_000
"""Of each state; counting a million costs 100 ms and tells nobody more."""
OUTBOX = Notification._meta.db_table
ASK = f"""
    SELECT
        (SELECT count(*) FROM (SELECT FROM {OUTBOX} WHERE state = '{State.PENDING}' LIMIT {MOST_COUNTED}) AS pending),
        (SELECT count(*) FROM (SELECT FROM {OUTBOX} WHERE state = '{State.FAILED}' LIMIT {MOST_COUNTED}) AS failed),
        greatest(extract(epoch FROM statement_timestamp() - min(first.next_at)), 0)
    FROM {Site._meta.db_table} AS site
    CROSS JOIN LATERAL (
        SELECT next_at FROM {OUTBOX} AS waiting
        WHERE waiting.site_id = site.id AND waiting.state = '{State.PENDING}'
        ORDER BY waiting.next_at
        LIMIT 1
    ) AS first
"""  # noqa: S608 names and words of our own


class Backlog(NamedTuple):
    """`pending` and `failed` count no further than MOST_COUNTED. `overdue` is for how many seconds the one that waits
    the longest might have been tried: where deliverers keep up it is about 0, whoever cannot be reached."""

    pending: int
    failed: int
    overdue: float


def backlog() -> Backlog:
    """By two partial indexes, so it does not matter how many were sent."""
    with connection.cursor() as cursor:
        cursor.execute(ASK)
        pending, failed, overdue = cursor.fetchone()
    return Backlog(pending, failed, float(overdue or 0))
