"""The change feed of a site: every entry of its logs in order of commit, for those who keep a copy.

Whoever applies the entries one after the other, by link_id, ends with the rows that are stored. A link_id is never held
by two rows in between; what is unique beside it (an address) is so again at the end of each statement.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, LiteralString, NamedTuple, Self
from uuid import UUID

from django.db import connection, models
from django.db.models import Q
from psycopg.sql import SQL, Identifier

from linkmgr.accounts.models import Site
from linkmgr.history.earlier import entries_before
from linkmgr.history.log import logs
from linkmgr.history.models import ChangeSet, Commit

Model = type[models.Model]
Told = Mapping[Model, Callable[[Any], bool]]
"""Logged models to be told of, and which of their rows: as entries of the log, which have the columns of the model."""
CURSOR = re.compile(r"(0|[1-9][0-9]{0,18})-(0|[1-9][0-9]{0,18})")
LARGEST = 2**63 - 1
LOOKED_AT = 20_000
"""Ids of a log for one page. Between two entries of a transaction that was long under way lie those of many others."""


class UnknownCursor(ValueError):
    """Text that is no cursor, or one that this feed has not given: that of a database which was restored since."""


class Cursor(NamedTuple):
    """How far somebody has read: all commits before `seq`, and of that one all up to `entry`."""

    seq: int = 0
    entry: int = 0

    def encode(self) -> str:
        return f"{self.seq}-{self.entry}"

    @classmethod
    def decode(cls, text: str) -> Self:
        """Raises UnknownCursor for anything that `encode` does not write."""
        numbers = CURSOR.fullmatch(text)
        cursor = cls(*map(int, numbers.groups())) if numbers else None
        if cursor is None or max(cursor) > LARGEST:
            raise UnknownCursor
        return cursor


class Entry(NamedTuple):
    """What `happened` to a row (`insert`, `update`, `delete`), and it before and after, as its log has it.

    `link_id` is that of after, if there is one; `at` is when its transaction began. `change_set` is None for what psql
    did. `before` is None also where the log does not reach back to it.
    """

    model: Model
    link_id: UUID
    happened: str
    at: datetime
    change_set: UUID | None
    before: Any | None
    after: Any | None


class Page(NamedTuple):
    """`next` is the cursor after this page; unless there may be `more`, the feed ends there for now."""

    entries: list[Entry]
    next: Cursor
    more: bool


class _Span(NamedTuple):
    """Ids of one log, among which a commit has entries: those of its change sets."""

    seq: int
    log: str
    first: int
    last: int
    change_sets: list[UUID]


class _Place(NamedTuple):
    """Where an entry stands, and the row it is of."""

    seq: int
    entry: int
    log: str
    row: int


def everything() -> Told:
    """All rows of all logged models."""
    return dict.fromkeys(logs, lambda row: True)


def latest(site: Site) -> Cursor:
    """Behind everything that is committed."""
    numbered = Commit.objects.filter(site=site, seq__isnull=False).order_by("-seq")
    return Cursor((numbered.values_list("seq", flat=True).first() or 0) + 1)


def changes(site: Site, *, after: Cursor | None, limit: int, told: Told | None = None) -> Page:
    """What comes after a cursor, or from the beginning: at most `limit` entries, 1 or more.

    It looks at that many, and leaves out those of rows that are not told; and at LOOKED_AT ids. So a page may be short
    or empty and there be more. A row that comes to be told is told as if inserted, one that ceases to be as if deleted.
    Raises UnknownCursor.
    """
    told, after = everything() if told is None else told, after or Cursor()
    end = latest(site)  # first: what is committed later is of a later page
    if after > end:
        raise UnknownCursor
    commits = _commits(site, after, end, limit, told)
    spans = [*_spans(commits, after)]
    places = sorted(place for name in {span.log for span in spans} for place in _places(site, name, spans, limit))
    entries = _entries(places[:limit], told)
    if len(places) > limit:
        return Page(entries, Cursor(*places[limit - 1][:2]), True)
    looked = Cursor(spans[-1].seq, spans[-1].last) if spans else end
    if commits and (len(commits) > limit or looked != (commits[-1].seq, commits[-1].last)):
        return Page(entries, looked, True)
    return Page(entries, end, False)


def _commits(site: Site, after: Cursor, end: Cursor, limit: int, told: Told) -> list[Commit]:
    """Each has an entry at least, so that no more of them than entries are asked for."""
    tables = [logs[model]._meta.db_table for model in told]
    rest = Q(seq__gt=after.seq) | Q(last__gt=after.entry)
    found = Commit.objects.filter(rest, site=site, seq__gte=after.seq, seq__lt=end.seq, log__in=tables)
    return [*found.order_by("seq")[: limit + 1]]


def _spans(commits: Sequence[Commit], after: Cursor) -> Iterator[_Span]:
    """Of the commits in turn, as many as have LOOKED_AT ids together, the last of them cut short."""
    left = LOOKED_AT
    for commit in commits:
        first = max(commit.first, after.entry + 1) if commit.seq == after.seq else commit.first
        last = min(commit.last or 0, first + left - 1)
        yield _Span(commit.seq or 0, commit.log, first, last, commit.change_sets)
        left -= last - first + 1
        if not left:
            break


def _places(site: Site, log: str, spans: Sequence[_Span], limit: int) -> list[_Place]:
    """The entries of one log in these spans: of the first ones, one more than the page holds."""
    wanted = [(seq, first, last, each) for seq, name, first, last, ids in spans if name == log for each in ids]
    columns = dict(zip(("seqs", "firsts", "lasts", "ids"), map(list, zip(*wanted, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_places_statement(log), {**columns, "site": site.pk, "limit": limit + 1})
        return [_Place(seq, entry, log, row) for seq, entry, row in cursor.fetchall()]


@cache
def _places_statement(log: str) -> str:
    """The inner LIMIT makes each span a search of its own, whatever is believed of tables that were never analysed."""
    return _of_log(
        """
        SELECT span.seq, entry.pgh_id, entry.pgh_obj_id
        FROM unnest(%(seqs)s::bigint[], %(firsts)s::bigint[], %(lasts)s::bigint[], %(ids)s::uuid[])
            AS span (seq, first, last, change_set)
        CROSS JOIN LATERAL (
            SELECT entry.pgh_id, entry.pgh_obj_id
            FROM {log} AS entry
            WHERE entry.pgh_id BETWEEN span.first AND span.last
            AND entry.site_id = %(site)s AND entry.change_set_id = span.change_set
            ORDER BY entry.pgh_id
            LIMIT %(limit)s
        ) AS entry
        ORDER BY span.seq, entry.pgh_id
        LIMIT %(limit)s
        """,
        log,
    )


def _entries(places: Sequence[_Place], told: Told) -> list[Entry]:
    """In the order of the places, without what is not told; the number of queries depends on the number of logs."""
    states: dict[_Place, tuple[Any, Any]] = {}
    models_of = {logs[model]._meta.db_table: model for model in told}
    for name, model in models_of.items():
        if of_log := [place for place in places if place.log == name]:
            states |= _states(logs[model], of_log)
    signed = {row.change_set_id for _, row in states.values()}
    kept = set(ChangeSet.objects.filter(pk__in=signed).values_list("pk", flat=True)) if signed else set()
    read = (_entry(models_of[place.log], *states[place], told, kept) for place in places)
    return [entry for entry in read if entry]


def _states(log: Any, places: Sequence[_Place]) -> dict[_Place, tuple[Any, Any]]:
    """Of places in one log, the entry of the same row before, and the entry."""
    before = entries_before(log, {place.entry: place.row for place in places})
    wanted = {*before, *filter(None, before.values())}
    rows = {row.pk: row for row in log.objects.raw(_rows_statement(log._meta.db_table), [list(wanted)])}
    return {place: (rows.get(before[place.entry]), rows[place.entry]) for place in places}


@cache
def _rows_statement(log: str) -> str:
    """Entries by their ids. OFFSET 0 is for what LIMIT is for above."""
    return _of_log(
        """
        SELECT entry.*
        FROM unnest(%s::bigint[]) AS wanted (id)
        CROSS JOIN LATERAL (SELECT * FROM {log} AS entry WHERE entry.pgh_id = wanted.id OFFSET 0) AS entry
        """,
        log,
    )


def _of_log(statement: LiteralString, log: str) -> str:
    return SQL(statement).format(log=Identifier(log)).as_string(None)


def _entry(model: Model, earlier: Any, row: Any, told: Told, kept: set[UUID]) -> Entry | None:
    before, after = {"insert": (None, row), "delete": (row, None)}.get(row.pgh_label, (earlier, row))
    before, after = (state if state and told[model](state) else None for state in (before, after))
    shown = after or before
    if shown is None:
        return None
    happened = _happened(row.pgh_label, earlier, before, after)
    change_set = row.change_set_id if row.change_set_id in kept else None
    return Entry(model, shown.link_id, happened, row.pgh_created_at, change_set, before, after)


def _happened(label: str, earlier: Any, before: Any, after: Any) -> str:
    """What it looks like to somebody who sees some rows only."""
    if label == "update" and after is None:
        return "delete"
    return "insert" if label == "update" and earlier and before is None else str(label)
