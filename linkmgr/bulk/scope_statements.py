"""The SQL for callers that are restricted to buildings, beside that of `statements`."""

from functools import cache

from psycopg.sql import Identifier

from linkmgr.bulk.statements import Model, text


@cache
def refuse_outside(model: Model, column: str) -> str:
    """Of rows with one link_id the last is judged. The stored rows are locked, so that nobody moves them meanwhile."""
    return text(
        """
        WITH stored AS MATERIALIZED (
            SELECT stored.link_id, stored.{column}
            FROM {table} AS stored
            WHERE stored.site_id = %(site)s AND stored.link_id IN (SELECT link_id FROM {stage})
            ORDER BY stored.link_id
            FOR UPDATE
        ),
        final AS (
            SELECT DISTINCT ON (link_id) link_id, {column} FROM {stage} ORDER BY link_id, position DESC
        )
        UPDATE {stage} AS stage
        SET live = false
        FROM final LEFT JOIN stored ON stored.link_id = final.link_id
        WHERE stage.link_id = final.link_id
        AND (final.{column} <> ALL (%(buildings)s) OR stored.{column} <> ALL (%(buildings)s))
        RETURNING stage.link_id::text
        """,
        model,
        column=Identifier(column),
    )
