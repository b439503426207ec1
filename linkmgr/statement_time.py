"""How long one statement may take where somebody waits for the answer."""

from typing import Any

from django.conf import settings
from django.db.backends.signals import connection_created


def limit_statements() -> None:
    """From now on every connection of this process gives up a statement after LINKMGR_REQUEST_SECONDS.

    Behind PgBouncer it would be set for whoever gets the connection next, so there it is PgBouncer's to say.
    """
    if not settings.PGBOUNCER:
        connection_created.connect(_limit, dispatch_uid="linkmgr.statement_time")


def _limit(connection: Any, **_: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{settings.REQUEST_SECONDS}s"])
