"""The SQL of the staging verbs, made once per table and set of columns.

In every statement `stage` is the staging table and `stored` the kind's own. `live` marks staged rows not yet decided:
of a boolean the planner expects half on a table never analysed; of IS NULL one row in 200, and then it joins by loops.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from itertools import chain
from typing import Any, LiteralString

from django.db import connection
from psycopg.sql import SQL, Composable, Identifier, Literal

from linkmgr.bulk.models import Linked

Columns = tuple[str, ...]
Model = type[Linked]
LIVE = SQL("stage.live")
CREATED: LiteralString = "SELECT string_agg(link_id::text, ' ') FROM written WHERE created"
"""As one text: fetching a row for each takes Python longer than finding them takes PostgreSQL."""
NOTHING: LiteralString = "SELECT FROM written LIMIT 0"
MANAGED = {"id", "site", "created_at", "updated_at"}


@cache
def create_stage(model: Model) -> str:
    """The staging table outlives the transaction, so that only a connection's first request makes it.

    It is empty at the start, also for a second batch of one transaction.
    """
    return text(
        "CREATE TEMP TABLE IF NOT EXISTS {stage} ({columns}) ON COMMIT DELETE ROWS; DELETE FROM {stage}",
        model,
        columns=_definition(model),
    )


@cache
def copy_in(model: Model, given: Columns) -> str:
    return text("COPY {stage} (position, link_id, {given}) FROM STDIN", model, given=names(given))


@cache
def supersede(model: Model) -> str:
    return text(
        """
        UPDATE {stage} AS stage
        SET later = final.position, live = false
        FROM (SELECT link_id, max(position) AS position FROM {stage} GROUP BY link_id HAVING count(*) > 1) AS final
        WHERE stage.link_id = final.link_id AND stage.position < final.position
        """,
        model,
    )


def inherit(model: Model, optional: Columns) -> Iterator[str]:
    """Nothing for a kind whose items always say everything."""
    if optional:
        yield _inherit(model, optional)


@cache
def _inherit(model: Model, optional: Columns) -> str:
    return text(
        """
        UPDATE {stage} AS stage
        SET {settings}
        FROM (SELECT later, {latest} FROM {stage} WHERE later IS NOT NULL GROUP BY later) AS earlier
        WHERE stage.position = earlier.later
        """,
        model,
        settings=each(optional, "{0} = coalesce(stage.{0}, earlier.{0})"),
        latest=each(optional, "(array_agg({0} ORDER BY position DESC) FILTER (WHERE {0} IS NOT NULL))[1] AS {0}"),
    )


@cache
def upsert(model: Model, given: Columns, partly: Columns, answer: LiteralString = CREATED, few: int = 0) -> str:
    """ORDER BY link_id is one lock order for everybody: without it, overlapping requests deadlock.

    NOT NULL is judged before ON CONFLICT, so a column that only some items give is filled from the stored row. Of a
    `few` rows the values come with the statement, see `numbered`, and there need not be a staging table.
    """
    values = [
        _filled(model, name, "stage.{0}, known.{0}") if name in partly else each((name,), "stage.{0}") for name in given
    ]
    return text(
        """
        WITH {known} written AS (
            INSERT INTO {table} AS stored (site_id, link_id, {given})
            SELECT %(site)s, link_id, {values}
            FROM {source} {join}
            WHERE {live}
            ORDER BY link_id
            ON CONFLICT (link_id, site_id) DO UPDATE
            SET {settings}, updated_at = statement_timestamp()
            WHERE ({stored}) IS DISTINCT FROM ({excluded})
            RETURNING stored.link_id, xmax = 0 AS created
        )
        {answer}
        """,
        model,
        answer=SQL(answer),
        source=_values(model, given, few) if few else SQL("{} AS stage").format(_stage(model)),
        known=_known(model, partly) if partly else SQL(""),
        given=names(given),
        values=SQL(", ").join(values),
        join=SQL("LEFT JOIN known USING (link_id)") if partly else SQL(""),
        settings=each(given, "{0} = excluded.{0}"),
        stored=each(given, "stored.{0}"),
        excluded=each(given, "excluded.{0}"),
    )


def numbered(columns: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """The values of few rows as parameters of `upsert`: row after row, the link_id first."""
    return {f"value_{at}": value for at, value in enumerate(chain.from_iterable(zip(*columns, strict=True)))}


def _values(model: Model, given: Columns, rows: int) -> Composable:
    """Types without lengths: a cast would cut off in silence what an assignment refuses."""
    columns = ("link_id", *given)
    types = [str(model._meta.get_field(name).db_type(connection)).partition("(")[0] for name in columns]
    typed = [SQL(f"%(value_{row * len(columns) + at})s::{of}") for row in range(rows) for at, of in enumerate(types)]
    lines = (typed[start : start + len(columns)] for start in range(0, len(typed), len(columns)))
    return SQL("(VALUES {}) AS stage (live, {})").format(
        SQL(", ").join(SQL("(true, {})").format(SQL(", ").join(line)) for line in lines), names(columns)
    )


def _known(model: Model, partly: Columns) -> Composable:
    """What is stored of columns that some items do not give, locked until it is written again."""
    return SQL(
        """
        known AS MATERIALIZED (
            SELECT stored.link_id, {partly}
            FROM {table} AS stored JOIN {stage} AS stage USING (link_id)
            WHERE stored.site_id = %(site)s AND {live}
            ORDER BY stored.link_id
            FOR UPDATE OF stored
        ),
        """
    ).format(partly=each(partly, "stored.{0}"), table=_table(model), stage=_stage(model), live=LIVE)


@cache
def match(model: Model, by: Columns, within: str | None = None) -> str:
    """`within` is the column that has to have one of the `buildings`."""
    return text(
        """
        UPDATE {stage} AS stage
        SET stored_id = found.id
        FROM (
            SELECT stored.id, stage.position
            FROM {table} AS stored JOIN {stage} AS stage ON ({stored}) = ({staged})
            WHERE stored.site_id = %(site)s AND stage.stored_id IS NULL AND {live} {within}
            AND (stored.link_id = stage.link_id OR stored.link_id NOT IN (SELECT link_id FROM {stage}))
            ORDER BY stored.link_id
            FOR UPDATE OF stored
        ) AS found
        WHERE stage.position = found.position
        """,
        model,
        stored=each(by, "stored.{0}"),
        staged=each(by, "stage.{0}"),
        within=inside(within),
    )


@cache
def update(model: Model, given: Columns) -> str:
    return text(
        """
        UPDATE {table} AS stored
        SET link_id = stage.link_id, {settings}, updated_at = statement_timestamp()
        FROM {stage} AS stage
        WHERE stored.id = stage.stored_id AND {live}
        AND (stored.link_id, {stored}) IS DISTINCT FROM (stage.link_id, {staged})
        """,
        model,
        settings=each(given, "{0} = coalesce(stage.{0}, stored.{0})"),
        stored=each(given, "stored.{0}"),
        staged=each(given, "coalesce(stage.{0}, stored.{0})"),
    )


@cache
def insert(model: Model, given: Columns, answer: LiteralString = CREATED) -> str:
    return text(
        """
        WITH written AS (
            INSERT INTO {table} (site_id, link_id, {given})
            SELECT %(site)s, link_id, {values}
            FROM {stage} AS stage
            WHERE stage.stored_id IS NULL AND {live}
            ORDER BY link_id
            RETURNING link_id, true AS created
        )
        {answer}
        """,
        model,
        answer=SQL(answer),
        given=names(given),
        values=SQL(", ").join(_filled(model, name, "stage.{0}") for name in given),
    )


def sought(model: Model, within: str | None) -> Composable:
    """For a FROM clause: the `stored` rows of `link_ids`, one text of them, at the `site`, locked in their order.

    Each is looked for by itself: together with their site, in a table never analysed all of the site is read.
    """
    return SQL(
        """
        (SELECT unnest(string_to_array(%(link_ids)s, ',')::uuid[]) AS link_id ORDER BY link_id) AS wanted
        CROSS JOIN LATERAL (
            SELECT *
            FROM {table} AS stored
            WHERE stored.link_id = wanted.link_id AND stored.site_id = %(site)s {within}
            FOR UPDATE
        ) AS stored
        """
    ).format(table=_table(model), within=inside(within))


def inside(column: str | None) -> Composable:
    """A condition on stored rows that is true for those in one of the `buildings`; without a column for all."""
    return SQL("AND stored.{} = ANY (%(buildings)s)").format(Identifier(column)) if column else SQL("")


def text(statement: str, model: Model, **parts: Composable) -> str:
    return SQL(statement).format(table=_table(model), stage=_stage(model), live=LIVE, **parts).as_string(None)


def names(columns: Sequence[str]) -> Composable:
    return SQL(", ").join(map(Identifier, columns))


def each(columns: Sequence[str], form: str) -> Composable:
    return SQL(", ").join(SQL(form).format(Identifier(name)) for name in columns)


def _table(model: Model) -> Composable:
    return Identifier(model._meta.db_table)


def _stage(model: Model) -> Composable:
    """Named after its columns too: behind a connection pooler an older release's table may still be there."""
    shape = sha256(_definition(model).as_string(None).encode()).hexdigest()[:8]
    return Identifier(f"stage_{model._meta.model_name}_{shape}")


def _definition(model: Model) -> Composable:
    columns: list[Any] = [field for field in model._meta.local_fields if field.name not in MANAGED]
    typed = SQL(", ").join(
        SQL("{} " + str(field.db_type(connection))).format(Identifier(field.column)) for field in columns
    )
    return SQL(
        "position integer NOT NULL, {}, "
        "stored_id bigint, later integer, refused text, live boolean NOT NULL DEFAULT true"
    ).format(typed)


def _filled(model: Model, name: str, sources: str) -> Composable:
    """The first of the sources that says something, else the column's default."""
    default = getattr(model._meta.get_field(name), "db_default", None)
    known = SQL(sources).format(Identifier(name))
    has_default = default is not None and isinstance(default, str | bool | int)
    return SQL("coalesce({}, {})").format(known, Literal(default)) if has_default else known
