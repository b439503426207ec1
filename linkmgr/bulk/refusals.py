"""The SQL of the verbs that refuse staged rows, beside that of `statements`. Each answers the link_ids it refused."""

from functools import cache

from psycopg.sql import SQL, Composable, Identifier

from linkmgr.bulk.statements import Columns, Model, each, names, text


@cache
def refuse_repeats(model: Model, by: Columns) -> str:
    return text(
        """
        UPDATE {stage} AS stage
        SET live = false, refused = %(outcome)s
        FROM (SELECT position, count(*) OVER (PARTITION BY {by}) AS items FROM {stage} AS stage WHERE {live}) AS counted
        WHERE stage.position = counted.position AND counted.items > 1
        RETURNING stage.link_id::text
        """,
        model,
        by=names(by),
    )


@cache
def held(model: Model, by: Columns) -> str:
    """(position, mover): items whose columns a stored row holds that is not theirs, and the item that moves it away."""
    return text(
        """
        SELECT stage.position, mover.position
        FROM {stage} AS stage
        JOIN {table} AS stored ON stored.site_id = %(site)s AND ({stored}) = ({staged})
        LEFT JOIN {stage} AS mover ON mover.stored_id = stored.id AND mover.live
        WHERE stored.id IS DISTINCT FROM stage.stored_id AND {live}
        """,
        model,
        stored=each(by, "stored.{0}"),
        staged=each(by, "stage.{0}"),
    )


@cache
def refuse(model: Model) -> str:
    """Of positions as one text, separated by commas."""
    return _refuse_where(model, SQL("position = ANY (string_to_array(%(positions)s, ',')::integer[])"))


@cache
def refuse_matched(model: Model) -> str:
    return _refuse_where(model, SQL("stored_id IS NOT NULL"))


@cache
def refuse_unmatched(model: Model) -> str:
    return _refuse_where(model, SQL("stored_id IS NULL"))


def _refuse_where(model: Model, condition: Composable) -> str:
    return text(
        """
        UPDATE {stage} AS stage
        SET live = false, refused = %(outcome)s
        WHERE {condition} AND {live}
        RETURNING stage.link_id::text
        """,
        model,
        condition=condition,
    )


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
        SET live = false, refused = %(outcome)s
        FROM final LEFT JOIN stored ON stored.link_id = final.link_id
        WHERE stage.link_id = final.link_id
        AND (final.{column} <> ALL (%(buildings)s) OR stored.{column} <> ALL (%(buildings)s))
        RETURNING stage.link_id::text
        """,
        model,
        column=Identifier(column),
    )
