"""The stage of a whole file: any number of rows, copied in pieces, and never held in Python."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection

from linkmgr.accounts.caller import Caller
from linkmgr.bulk import large_statements, statements
from linkmgr.bulk.check import Checked
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.outcome import Outcome
from linkmgr.bulk.stage import Stage
from linkmgr.history.log import logs
from linkmgr.history.signed import Signature, logged

ROWS_A_FETCH = 2_000
OUTCOMES = {outcome.value: outcome for outcome in Outcome}


class Row(NamedTuple):
    """What became of the staged row at a position: refused with an outcome; or superseded by a later row of its
    link_id; or logged with a label (`insert`, `update`) in the entry of this id; or, without one, left as it was."""

    position: int
    link_id: str
    refused: Outcome | None
    superseded: bool
    label: str | None
    entry: int | None


class Counts(NamedTuple):
    """How many rows a later one supersedes, and how many stored rows were made and changed."""

    superseded: int
    created: int
    changed: int


class LargeStage(Stage):
    """The same verbs for the same `merge`. Positions are whatever increases from row to row."""

    def __init__(self, kind: Kind, by: Caller) -> None:
        super().__init__(kind, by, Checked([], [], {}, []))
        self._unsaid: dict[str, bool] = {}
        """Columns that any row gives → does any row leave them unsaid?"""
        self.rows_staged = 0
        self._leaving: dict[str, Any] | None = None
        self.made_way: list[str] = []
        """link_ids of stored rows that were deleted for others to take their places."""

    def add(self, rows: Checked, positions: Sequence[int]) -> None:
        """Stage more rows, at these positions."""
        if not positions:
            return
        given = [name for name in rows.columns if name not in self._optional or _says(rows.columns[name])]
        for name in rows.columns:
            unsaid = name not in given or None in rows.columns[name]
            if name in given or name in self._unsaid:
                before = self._unsaid.get(name, name in self._optional and self.rows_staged > 0)
                self._unsaid[name] = unsaid or before
        self.rows_staged += len(positions)
        self._copy(tuple(given), [positions, rows.link_ids, *(rows.columns[name] for name in given)])

    def analyse(self) -> None:
        """Tell the planner how many they are: a table made a moment ago is taken for a small one."""
        with connection.cursor() as cursor:
            cursor.execute(large_statements.analyse(self._kind.model))

    def supersede_repeats(self) -> None:
        self._supersede()

    def has_repeats(self, *by: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(large_statements.has_repeats(self._kind.model, by))
            return bool(cursor.fetchone()[0])

    def _upsert(self) -> None:
        self._run(statements.upsert(self._kind.model, self._given, self._partly_given, statements.NOTHING))

    def insert(self) -> None:
        self._run(statements.insert(self._kind.model, self._given, statements.NOTHING))

    def sync(self, scope: dict[str, Any] | None) -> None:
        """From now on stored rows of the scope (column → value) that no staged row has make way for others.

        None takes that back: the transaction has been rolled back to before.
        """
        self._leaving = scope
        self.made_way.clear()

    def refuse_taken(self, *by: str, outcome: Outcome) -> None:
        if self._leaving is not None:
            statement = large_statements.make_way(self._kind.model, by, tuple(self._leaving))
            self.made_way += self._run(statement, **self._leaving)
        super().refuse_taken(*by, outcome=outcome)

    @property
    def refuses(self) -> bool:
        """Has any row been refused?"""
        with connection.cursor() as cursor:
            cursor.execute(large_statements.refuses(self._kind.model))
            return bool(cursor.fetchone()[0])

    def counts(self, signature: Signature) -> Counts:
        """Without going through the rows."""
        rows = logged(signature, self._kind.model).rows
        with connection.cursor() as cursor:
            cursor.execute(large_statements.superseded(self._kind.model))
            return Counts(cursor.fetchone()[0], rows.get("insert", 0), rows.get("update", 0))

    def rows(self, signature: Signature) -> Iterator[Row]:
        """What became of each row, in the order of their positions. Within the signed transaction."""
        model = self._kind.model
        entries = logged(signature, model)
        statement = large_statements.outcomes(model, logs[model]._meta.db_table)
        params = {"signature": signature.id, "first": entries.first, "last": entries.last}
        with connection.wrap_database_errors, connection.connection.cursor(name="outcomes") as cursor:
            cursor.itersize = ROWS_A_FETCH
            for position, link_id, refused, superseded, label, entry in cursor.execute(statement, params):
                yield Row(position, link_id, refused and OUTCOMES[refused], superseded, label, entry)

    def missing(self, scope: dict[str, Any]) -> list[int]:
        """Ids of stored rows of a scope (column → value) that no staged row has."""
        with connection.cursor() as cursor:
            cursor.execute(large_statements.missing(self._kind.model, tuple(scope)), {"site": self._site_id, **scope})
            return [row[0] for row in cursor.fetchall()]

    def _held(self, statement: str) -> Iterator[tuple[int, int | None]]:
        with connection.connection.cursor(name="held") as cursor:
            cursor.itersize = ROWS_A_FETCH
            yield from cursor.execute(statement, {"site": self._site_id})

    def _refuse(self, statement: str, outcome: Outcome, **params: Any) -> None:
        self._run(large_statements.quietly(statement), outcome=outcome, **params)

    @property
    def _given(self) -> tuple[str, ...]:
        return tuple(self._unsaid)

    @property
    def _partly_given(self) -> tuple[str, ...]:
        return tuple(name for name, unsaid in self._unsaid.items() if unsaid)


def _says(column: Sequence[Any]) -> bool:
    return any(value is not None for value in column)
