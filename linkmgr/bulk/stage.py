"""The staging table: the items of one request beside the stored rows, and the verbs that bring them together.

Each verb is one set-based statement. A staged row that was refused, or for which a later item of the same link_id
stands, is decided; no verb touches it again. Verbs note what they decided as they go, so the report needs no query.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from django.db import IntegrityError, connection, transaction
from psycopg import errors

from linkmgr.accounts.caller import Caller
from linkmgr.bulk import refusals, statements
from linkmgr.bulk.check import Checked
from linkmgr.bulk.copy import copy_lines
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.outcome import Outcome, Result
from linkmgr.bulk.scope import writable
from linkmgr.database.planned import planned_once

FEW = 20
"""Rows for which a staging table is made only if a verb needs one: to make and to empty it takes longer than to upsert
them."""


class Stage:
    """Staged rows of one kind and caller, alive until the transaction ends. Shapes of the SQL are in `statements`.

    Raises scope.MayNot for a caller that may not write any row of the kind.
    """

    def __init__(self, kind: Kind, by: Caller, rows: Checked) -> None:
        self._within = writable(kind, by)
        self._rows = rows
        self._kind = kind
        self._site_id = by.site.pk
        self._created: set[str] = set()
        self._refused: dict[str, Outcome] = {}
        self._few = 0 < len(rows.indexes) <= FEW
        self._made = False
        if not self._few:
            self._make()

    def merge(self) -> None:
        """Bring items and stored rows together as the kind says, without those that do not exist for the caller."""
        if self._within:
            self._refuse_outside()
        self._kind.merge(self)

    def _refuse_outside(self) -> None:
        """Refuse items that lie, or whose stored rows lie, where the caller may not write; lock those rows.

        Of items with one link_id the last is judged, as it is the one that stands.
        """
        assert self._within
        self._refuse(refusals.refuse_outside(self._kind.model, self._within.column), Outcome.ENTITY_NOT_FOUND)

    def supersede_repeats(self) -> None:
        """Of items with one link_id the last stands; what it does not give it takes from those before it."""
        if len(set(self._rows.link_ids)) < len(self._rows.link_ids):
            self._supersede()

    def _supersede(self) -> None:
        self._run(statements.supersede(self._kind.model))
        for statement in statements.inherit(self._kind.model, self._optional):
            self._run(statement)

    def upsert(self) -> None:
        """Insert what is new by link_id, update what differs, leave the rest unwritten."""
        if self._within:
            self._upsert_within()
        else:
            self._upsert()

    def _upsert(self) -> None:
        if self._made or self._partly_given:
            self._create(statements.upsert(self._kind.model, self._given, self._partly_given))
        else:
            few = statements.upsert(self._kind.model, self._given, (), few=len(self._rows.indexes))
            self._created_by(self._execute(few, **statements.numbered(self._columns[1:])))

    def _upsert_within(self) -> None:
        """A row that somebody stored after the judgement has not been judged: it must clash, not be updated."""
        self.match("link_id")
        self.update()
        self.insert()

    def has_repeats(self, *by: str) -> bool:
        """Have any two items these columns in common?"""
        values = list(zip(*(self._rows.columns[name] for name in by), strict=True))
        return len(set(values)) < len(values)

    def try_upsert(self) -> bool:
        """Upsert by link_id, unless another key stands in the way: then nothing has happened, and False."""
        made = self._made
        try:
            with transaction.atomic():
                self.upsert()
        except IntegrityError as error:
            if not isinstance(error.__cause__, errors.UniqueViolation):
                raise
            self._made = made  # what was made since is undone too
            return False
        return True

    def refuse_repeats(self, *by: str, outcome: Outcome) -> None:
        """Refuse all items that have these columns in common with another item of the request."""
        self._refuse(refusals.refuse_repeats(self._kind.model, by), outcome)

    def match(self, *by: str) -> None:
        """Give each item its stored row by these columns, and lock it.

        A row that the request names by link_id belongs to that item: no other item gets it by another key.
        """
        self._run(statements.match(self._kind.model, by, self._within and self._within.column))

    def refuse_matched(self, outcome: Outcome) -> None:
        """Refuse items that have a stored row."""
        self._refuse(refusals.refuse_matched(self._kind.model), outcome)

    def refuse_unmatched(self, outcome: Outcome) -> None:
        """Refuse items that have none."""
        self._refuse(refusals.refuse_unmatched(self._kind.model), outcome)

    def refuse_taken(self, *by: str, outcome: Outcome) -> None:
        """Refuse items whose columns a stored row holds that is neither theirs nor moving away in this request.

        A row whose own item is refused does not move away, so a refusal brings those that would follow it. The chain is
        walked here: as a recursive query it took the square of its length.
        """
        stuck = _stuck(self._held(refusals.held(self._kind.model, by)))
        if stuck:
            self._refuse(refusals.refuse(self._kind.model), outcome, positions=",".join(map(str, stuck)))

    def update(self) -> None:
        """Update the matched rows that differ, the link_id included."""
        self._run(statements.update(self._kind.model, self._given))

    def insert(self) -> None:
        """Insert the items without a stored row."""
        self._create(statements.insert(self._kind.model, self._given))

    def report(self) -> list[Result]:
        """One result an item, in request order; faulty ones in their places."""
        results = {
            faulty.position: Result(faulty.link_id, Outcome.INVALID, faulty.faults) for faulty in self._rows.faulty
        }
        created, refused = set(self._created), self._refused
        staged = []
        for link_id in self._rows.link_ids:
            if link_id in created:
                created.remove(link_id)  # the first of a repeated link_id made the row
                staged.append(Result(link_id, Outcome.CREATED))
            else:
                staged.append(Result(link_id, refused.get(link_id, Outcome.UPDATED)))
        if not results:
            return staged
        results.update(zip(self._rows.indexes, staged, strict=True))
        return [results[index] for index in range(len(results))]

    def _make(self) -> None:
        """The staging table, with the rows in it."""
        self._made = True
        with connection.cursor() as cursor:
            cursor.execute(statements.create_stage(self._kind.model))
        if self._rows.indexes:
            self._copy(self._given, self._columns)

    @property
    def _columns(self) -> list[Sequence[Any]]:
        return [self._rows.indexes, self._rows.link_ids, *(self._rows.columns[name] for name in self._given)]

    def _copy(self, given: tuple[str, ...], columns: Sequence[Sequence[Any]]) -> None:
        """Rows into the staging table: positions, link_ids, and a column for each name.

        What comes at the end of a COPY, such as a full disk or a lost connection, only psycopg sees: Django is told.
        """
        copy_in = statements.copy_in(self._kind.model, given)
        with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(copy_in) as copy:
            for lines in copy_lines(columns):
                copy.write(lines)

    def _run(self, statement: str, **params: Any) -> list[str]:
        """Execute what speaks of the staging table; the first column of the rows it answers, if it answers any."""
        if not self._made:
            self._make()
        return self._execute(statement, **params)

    def _execute(self, statement: str, **params: Any) -> list[str]:
        with planned_once() if self._few else connection.cursor() as cursor:
            cursor.execute(statement, {"site": self._site_id, "buildings": self._buildings, **params})
            return [row[0] for row in cursor.fetchall()] if cursor.description else []

    def _held(self, statement: str) -> Iterator[tuple[int, int | None]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"site": self._site_id})
            yield from cursor.fetchall()

    def _refuse(self, statement: str, outcome: Outcome, **params: Any) -> None:
        """By a statement that answers the link_ids of those it refuses."""
        self._refused.update(dict.fromkeys(self._run(statement, outcome=outcome, **params), outcome))

    def _create(self, statement: str) -> None:
        """Execute a statement that answers which link_ids it made rows of."""
        self._created_by(self._run(statement))

    def _created_by(self, answer: list[str]) -> None:
        (created,) = answer
        self._created.update((created or "").split())

    @cached_property
    def _given(self) -> tuple[str, ...]:
        """Columns that at least one item gives."""
        return tuple(
            name
            for name, column in self._rows.columns.items()
            if name not in self._optional or any(value is not None for value in column)
        )

    @cached_property
    def _partly_given(self) -> tuple[str, ...]:
        """Columns that some items give and some do not."""
        return tuple(name for name in self._given if name in self._optional and None in self._rows.columns[name])

    @property
    def _buildings(self) -> list[int]:
        return self._within.buildings if self._within else []

    @property
    def _optional(self) -> tuple[str, ...]:
        return self._kind.item.optional


def _stuck(held: Iterable[tuple[int, int | None]]) -> Sequence[int]:
    """Items that wait for a row which nobody moves away, and those that wait for them; a closed ring can turn."""
    stuck, followers = array("i"), defaultdict[int, list[int]](list)
    for position, mover in held:
        if mover is None:
            stuck.append(position)
        else:
            followers[mover].append(position)
    for position in stuck:  # grows while it is walked
        stuck.extend(followers.get(position, ()))
    return stuck
