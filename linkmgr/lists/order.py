"""Pages of long lists by their numbers.

An index for each order that a list may have would cost every bulk write half as much again, and OFFSET goes through all
rows before a page. So the ids of a long list are sorted when a page is asked for, and kept: until the next commit that
changes a row of it, each page is looked up in them. Commits are numbered by the feed (`history`), those of psql too, so
nothing is shown in an order of before.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple
from zlib import crc32

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from psycopg.sql import SQL, Composable, Identifier

from linkmgr.history.log import logs
from linkmgr.lists.models import Piece, Sorted

LONG = 10_000
"""Rows from which on it pays to keep their order; fewer are sorted in some milliseconds."""
PIECE = 1_000
SORT_MEMORY = "64MB"


class Order(NamedTuple):
    """Of the rows of a logged model at some sites, None for all, by these fields (`-name` for descending)."""

    model: type[Model]
    sites: tuple[int, ...] | None
    fields: tuple[str, ...]

    @property
    def key(self) -> str:
        sites = "all" if self.sites is None else ",".join(map(str, sorted(self.sites)))
        return f"{self.model._meta.db_table} of {sites} by {','.join(self.fields)}"


class Slice(NamedTuple):
    """Some rows of a list, and how many there are in all of it."""

    rows: list[Any]
    total: int


def rows_between(rows: QuerySet[Any], order: Order, start: int, stop: int) -> Slice:
    """Of all `rows` that the order is of, those from `start` up to `stop`. More may be asked of the queryset than ids
    and order, such as select_related, but it has to have the very rows of the order."""
    found = _looked_up(order, start, stop)
    if found is None:
        total = rows.count()
        if total > LONG:
            found = _sorted_and_looked_up(order, start, stop)
        if found is None:
            return _gone_through(rows, order.fields, start, stop, total)
    ids, total = found
    stored = _by_ids(rows, ids)
    return Slice([stored[each] for each in ids if each in stored], total)


def rows_gone_through(rows: QuerySet[Any], fields: Sequence[str], start: int, stop: int) -> Slice:
    """The same of any queryset."""
    return _gone_through(rows, fields, start, stop, rows.count())


def length(rows: QuerySet[Any], order: Order) -> int:
    """How many rows an order has."""
    found = _looked_up(order, 0, 0)
    return found[1] if found else rows.count()


def _gone_through(rows: QuerySet[Any], fields: Sequence[str], start: int, stop: int, total: int) -> Slice:
    return Slice([*rows.order_by(*fields)[start:stop]] if start < total else [], total)


def _by_ids(rows: QuerySet[Any], ids: Sequence[int]) -> dict[int, Any]:
    """Not asked for with their site, which a row never changes: in a table never analysed all of it would be read."""
    found = rows.model._default_manager.all()
    found.query.select_related = rows.query.select_related
    by_id: dict[int, Any] = found.in_bulk(ids)
    return by_id


def _looked_up(order: Order, start: int, stop: int) -> tuple[list[int], int] | None:
    """The ids of a page and the length of the list; None if it is not sorted, or changed since."""
    params = {**_params(order), "first": start // PIECE, "last": max(stop - 1, 0) // PIECE}
    with connection.cursor() as cursor:
        cursor.execute(_look_up(order.sites is None), params)
        pieces = cursor.fetchall()
    if not pieces:
        return None
    ids = [each for _, ids in pieces for each in ids or ()]
    skipped = start - start // PIECE * PIECE
    return ids[skipped : skipped + stop - start], pieces[0][0]


def _sorted_and_looked_up(order: Order, start: int, stop: int) -> tuple[list[int], int] | None:
    """None while somebody else sorts the same: waiting for him would not be faster than to go through the rows."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, crc32(order.key.encode()) - 2**31])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT set_config('work_mem', %s, true)", [SORT_MEMORY])
        cursor.execute(_sort(order), _params(order))
        (latest,) = cursor.fetchone()
        Sorted.objects.filter(of=order.key).exclude(pk=latest).delete()
    return _looked_up(order, start, stop)


_LOCK = crc32(b"sort") - 2**31


def _params(order: Order) -> dict[str, Any]:
    log = logs[order.model]._meta.db_table
    return {"of": order.key, "log": log, "sites": [*(order.sites or ())]}


def _commits(everywhere: bool) -> Composable:
    """The last commit of each site that changed a row of the model. Whoever sees it sees all before it (`history`)."""
    return SQL(
        """
        (
            SELECT string_agg(coalesce(last.seq, 0)::text, ',' ORDER BY site.id)
            FROM accounts_site AS site
            LEFT JOIN LATERAL (
                SELECT seq
                FROM history_commit
                WHERE site_id = site.id AND log = %(log)s AND seq IS NOT NULL
                ORDER BY seq DESC
                LIMIT 1
            ) AS last ON true
            {which}
        )
        """
    ).format(which=SQL("" if everywhere else "WHERE site.id = ANY (%(sites)s)"))


@cache
def _look_up(everywhere: bool) -> str:
    """(total, ids) of each piece from `first` to `last`; without a piece, past the end, one row of (total, null).

    Nothing for a transaction that has changed rows itself: its commit has no number yet.
    """
    return (
        SQL(
            """
            SELECT list.total, piece.ids
            FROM {lists} AS list
            LEFT JOIN {pieces} AS piece ON piece.list_id = list.id AND piece.number BETWEEN %(first)s AND %(last)s
            WHERE list.of = %(of)s AND list.as_of = {commits}
            AND NOT EXISTS (
                SELECT FROM history_commit WHERE transaction = pg_current_xact_id_if_assigned()::text::bigint
            )
            ORDER BY piece.number
            """
        )
        .format(**_tables(), commits=_commits(everywhere))
        .as_string(None)
    )


@cache
def _sort(order: Order) -> str:
    """Sorts and keeps, and answers the id of the list. One statement, so that all of it sees the same commits."""
    return (
        SQL(
            """
            WITH placed AS MATERIALIZED (
                SELECT id, row_number() OVER (ORDER BY {fields}) - 1 AS place
                FROM {table}
                {which}
            ), list AS (
                INSERT INTO {lists} (of, as_of, total)
                SELECT %(of)s, {commits}, (SELECT count(*) FROM placed)
                RETURNING id
            ), kept AS (
                INSERT INTO {pieces} (list_id, number, ids)
                SELECT list.id, place / {piece}, array_agg(placed.id ORDER BY place)
                FROM placed CROSS JOIN list
                GROUP BY list.id, place / {piece}
            )
            SELECT id FROM list
            """
        )
        .format(
            **_tables(),
            table=Identifier(order.model._meta.db_table),
            fields=SQL(", ").join(map(_direction, order.fields)),
            which=SQL("" if order.sites is None else "WHERE site_id = ANY (%(sites)s)"),
            commits=_commits(order.sites is None),
            piece=SQL(str(PIECE)),
        )
        .as_string(None)
    )


def _tables() -> dict[str, Composable]:
    return {"lists": Identifier(Sorted._meta.db_table), "pieces": Identifier(Piece._meta.db_table)}


def _direction(field: str) -> Composable:
    """Fields are named as their columns are."""
    return SQL("{} DESC" if field.startswith("-") else "{}").format(Identifier(field.removeprefix("-")))
