"""The SQL of the stage of a whole file, beside that of `statements`."""

from functools import cache

from psycopg.sql import SQL, Composable, Identifier, Placeholder

from linkmgr.bulk.statements import NOTHING, Columns, Model, each, names, text


@cache
def analyse(model: Model) -> str:
    return text("ANALYZE {stage}", model)


@cache
def has_repeats(model: Model, by: Columns) -> str:
    return text(
        "SELECT EXISTS (SELECT FROM {stage} AS stage WHERE {live} GROUP BY {by} HAVING count(*) > 1)",
        model,
        by=names(by),
    )


@cache
def refuses(model: Model) -> str:
    return text("SELECT EXISTS (SELECT FROM {stage} AS stage WHERE stage.refused IS NOT NULL)", model)


def quietly(statement: str) -> str:
    """The same without its answer, which may be as long as the file."""
    return f"WITH written AS ({statement}) {NOTHING}"


@cache
def outcomes(model: Model, log: str) -> str:
    """(position, link_id, refused, superseded, label, entry): each staged row beside its entry of the log.

    Of what is superseded the row that stands for it says whether it is refused.
    """
    return text(
        """
        SELECT
            stage.position, stage.link_id::text, coalesce(stage.refused, final.refused), stage.later IS NOT NULL,
            entry.pgh_label, entry.pgh_id
        FROM {stage} AS stage
        LEFT JOIN {stage} AS final ON final.position = stage.later
        LEFT JOIN {log} AS entry
        ON entry.link_id = stage.link_id AND entry.pgh_id BETWEEN %(first)s AND %(last)s
        AND entry.change_set_id = %(signature)s
        AND entry.pgh_label <> 'delete' AND stage.later IS NULL
        ORDER BY stage.position
        """,
        model,
        log=Identifier(log),
    )


@cache
def superseded(model: Model) -> str:
    """How many rows a later one stands for that was not refused."""
    return text(
        """
        SELECT count(*)
        FROM {stage} AS stage JOIN {stage} AS final ON final.position = stage.later
        WHERE final.live
        """,
        model,
    )


@cache
def make_way(model: Model, by: Columns, scope: Columns) -> str:
    """Delete what leaves the scope and holds columns that an item wants: link_ids. Nothing that an item has taken."""
    return text(
        """
        DELETE FROM {table} AS stored
        USING {stage} AS stage
        WHERE stored.site_id = %(site)s {within} AND ({stored}) = ({staged})
        AND {live} AND stored.id IS DISTINCT FROM stage.stored_id
        AND NOT EXISTS (SELECT FROM {stage} AS own WHERE own.link_id = stored.link_id)
        AND NOT EXISTS (SELECT FROM {stage} AS taken WHERE taken.stored_id = stored.id)
        RETURNING stored.link_id::text
        """,
        model,
        within=_within(scope),
        stored=each(by, "stored.{0}"),
        staged=each(by, "stage.{0}"),
    )


@cache
def missing(model: Model, scope: Columns) -> str:
    """Ids of stored rows within the scope whose link_id no staged row has."""
    return text(
        """
        SELECT stored.id
        FROM {table} AS stored
        WHERE stored.site_id = %(site)s {within}
        AND NOT EXISTS (SELECT FROM {stage} AS stage WHERE stage.link_id = stored.link_id)
        ORDER BY stored.link_id
        """,
        model,
        within=_within(scope),
    )


def _within(scope: Columns) -> Composable:
    return SQL(" ").join(SQL("AND stored.{} = {}").format(Identifier(name), Placeholder(name)) for name in scope)
