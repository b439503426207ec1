"""How often a token may ask. Counted in PostgreSQL, so that all workers and machines count together.

A token has as many requests as it may make in a minute, and gets them back evenly: one of 600 a minute every 0.1 s.
What is kept is the moment at which all are back. One statement asks and takes; of two at once one waits for the other.
The clock is that of PostgreSQL. If it jumps back, the moment is at most a minute away all the same.
"""

from typing import NamedTuple

from django.conf import settings
from django.db import connection
from rest_framework.exceptions import Throttled

from linkmgr.accounts.models import Spending, Token

SECOND, MINUTE = 1_000_000, 60_000_000
"""In microseconds."""
TABLE = Spending._meta.db_table
TAKE = f"""
    WITH taken AS (
        INSERT INTO {TABLE} AS stored (digest, whole_at)
        VALUES (%(digest)s, now() + %(each)s * interval '1 microsecond')
        ON CONFLICT (digest) DO UPDATE
        SET whole_at = greatest(now(), least(stored.whole_at, now() + interval '1 minute')) +
            %(each)s * interval '1 microsecond'
        WHERE least(stored.whole_at, now() + interval '1 minute') + %(each)s * interval '1 microsecond' <=
            now() + interval '1 minute'
        RETURNING whole_at, xmax = 0 AS is_new
    )
    SELECT true, is_new, whole_at - now() FROM taken
    UNION ALL
    SELECT false, false, least(stored.whole_at - now(), interval '1 minute')
    FROM {TABLE} AS stored
    WHERE stored.digest = %(digest)s AND NOT EXISTS (SELECT FROM taken)
"""  # noqa: S608 a name of our own
PRUNE = f"""
    DELETE FROM {TABLE}
    WHERE digest IN (
        SELECT digest FROM {TABLE} WHERE whole_at < now() - interval '1 minute' FOR UPDATE SKIP LOCKED
    )
"""  # noqa: S608 a name of our own


class TooManyRequests(Throttled):
    """The token has spent its requests; the next one is its own in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Spent(NamedTuple):
    """Where a token stands after a request, in requests and seconds. A refused one says in `reset` when to come again;
    another one when all requests are back."""

    limit: int
    remaining: int
    reset: int
    refused: bool


def limit_of(token: Token) -> int:
    """Requests a minute, 0 for as many as it likes: the token's own, else LINKMGR_RATE_LIMIT."""
    own = token.requests_per_minute
    return int(settings.RATE_LIMIT if own is None else own)


def spend(token: Token) -> Spent | None:
    """Take one of the token's requests, if there is one. None, and no query, for a token without a limit."""
    limit = limit_of(token)
    if not limit:
        return None
    each = MINUTE // limit
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"digest": token.digest, "each": each})
        taken, is_new, until = cursor.fetchone() or (False, False, None)
        if is_new:  # now and then, so that rows of tokens that nobody uses any more do not pile up
            cursor.execute(PRUNE)
    used = MINUTE if until is None else round(until.total_seconds() * SECOND)
    if not taken:
        return Spent(limit, 0, _seconds(used + each - MINUTE), refused=True)
    return Spent(limit, min(max(MINUTE - used, 0) // each, limit), _seconds(used), refused=False)


def _seconds(microseconds: int) -> int:
    """Whole ones, rather too many than too few."""
    return max(-(-microseconds // SECOND), 1)
