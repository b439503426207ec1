"""The backend as settings.DATABASES names it (`linkmgr.database`); Django looks for this module and class."""

import select
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base, operations
from psycopg.pq import TransactionStatus

NEVER = 2**31
"""Executions after which psycopg prepares a statement by itself. None forbids it altogether, as behind PgBouncer, where
the next statement may reach another connection."""


class Operations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """psycopg does not keep the text of a statement that was planned before."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = Operations

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "prepare_threshold": None if settings.PGBOUNCER else NEVER}

    def is_usable(self) -> bool:
        """Django asks with a statement, before the first one of every request: a round trip more for each.

        PostgreSQL says nothing to a connection that waits, but that it ends. So it is asked only if it said something,
        or if something went wrong before.
        """
        return self._waits_quietly() or super().is_usable()

    def _waits_quietly(self) -> bool:
        if self.errors_occurred or self.connection is None or self.connection.closed:
            return False
        if self.connection.pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        poll = select.poll()  # select() knows files up to 1024 alone
        poll.register(self.connection.pgconn.socket, select.POLLIN)
        return not poll.poll(0)
