"""Statements that PostgreSQL plans once a connection: short ones of every request, whose planning takes the most.

Their plan must be right however many rows there will be.
"""

from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


def planned_once() -> CursorWrapper:
    """A cursor as that of `connection.cursor()`, for a with statement."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor: CursorWrapper = connection._prepare_cursor(_Prepared(connection.connection))  # type: ignore[attr-defined]
        return cursor


class _Prepared(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{**options, "prepare": True})
