"""The entry before an entry of a log, of the same row: what it was before it became what the entry says."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import connection
from psycopg.sql import SQL, Identifier


def entries_before(log: Any, entries: Mapping[int, int]) -> dict[int, int | None]:
    """`entries` are ids of a log's entries → ids of the rows that they are of; entry → the one before, None if there
    is none."""
    if not entries:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_statement(log._meta.db_table), [list({*entries.values()}), max(entries), list(entries)])
        return dict(cursor.fetchall())


@cache
def _statement(log: str) -> str:
    """(pgh_id, that of the entry before it of the same row). Each row's entries are read once, by the index of the log;
    asked for with max() or ORDER BY … LIMIT 1 the planner goes through the ids of all rows, backwards."""
    return (
        SQL(
            """
            SELECT known.pgh_id, known.before
            FROM unnest(%s::bigint[]) AS wanted (row)
            CROSS JOIN LATERAL (
                SELECT entry.pgh_id, lag(entry.pgh_id) OVER (ORDER BY entry.pgh_id) AS before
                FROM {log} AS entry
                WHERE entry.pgh_obj_id = wanted.row AND entry.pgh_id <= %s
            ) AS known
            WHERE known.pgh_id = ANY (%s::bigint[])
            """
        )
        .format(log=Identifier(log))
        .as_string(None)
    )
