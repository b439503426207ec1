"""The floor: what PostgreSQL itself takes when the rows already lie on the server. No application can be under it.

One INSERT … SELECT … ON CONFLICT DO UPDATE … WHERE something differs, its commit included. Nothing travels, nothing is
checked, nothing is answered, no history is kept, no site is known, and no column is there that only linkmgr has.
"""

from collections.abc import Iterable
from time import perf_counter

from psycopg import sql

from benchmarks.ground import Connection
from benchmarks.items import Item, Kind


class Floor:
    """Tables of one kind on this connection's database."""

    def __init__(self, connection: Connection, kind: Kind, name: str = "") -> None:
        self._connection = connection
        self._kind = kind
        self.table = f"floor_{name or kind.name}"
        self._target, self._staged = sql.Identifier(self.table), sql.Identifier(f"staged_{name or kind.name}")
        self._names = [name for name, _ in kind.columns]
        typed = sql.SQL(", ").join(sql.SQL(f"{{}} {of} NOT NULL").format(sql.Identifier(n)) for n, of in kind.columns)
        self._run(
            "CREATE TABLE {target} (link_id uuid PRIMARY KEY, {typed}, created_at timestamptz NOT NULL DEFAULT now(), "
            f"updated_at timestamptz NOT NULL DEFAULT now() {kind.unique}) WITH (fillfactor = 90)",
            typed=typed,
        )
        self._run("CREATE UNLOGGED TABLE {staged} (link_id uuid, {typed})", typed=typed)

    def stage(self, items: Iterable[Item]) -> None:
        self._run("TRUNCATE {staged}")
        self._copy(items)

    def stage_one(self, item: Item) -> None:
        """In place of one before; TRUNCATE takes longer than all the rest of it."""
        self._run("DELETE FROM {staged}")
        self._copy([item])

    def empty(self) -> None:
        self._run("TRUNCATE {target}")

    def drop(self) -> None:
        self._run("DROP TABLE {target}, {staged}")

    def upsert(self) -> float:
        """Seconds for what was staged."""
        statement = self._statement(
            "INSERT INTO {target} AS stored (link_id, {names}) SELECT link_id, {names} FROM {staged} ORDER BY link_id "
            "ON CONFLICT (link_id) DO UPDATE SET {settings}, updated_at = now() "
            "WHERE ({stored}) IS DISTINCT FROM ({excluded})",
            names=self._columns(""),
            settings=self._columns("{0} = excluded.{0}"),
            stored=self._columns("stored.{0}"),
            excluded=self._columns("excluded.{0}"),
        )
        began = perf_counter()
        self._connection.execute(statement)
        return perf_counter() - began

    def _copy(self, items: Iterable[Item]) -> None:
        copy_in = sql.SQL("COPY {} (link_id, {}) FROM STDIN").format(self._staged, self._columns(""))
        with self._connection.cursor().copy(copy_in) as copy:
            for item in items:
                copy.write_row((item["link_id"], *self._kind.row(item)))

    def _columns(self, form: str) -> sql.Composable:
        return sql.SQL(", ").join(sql.SQL(form or "{0}").format(sql.Identifier(name)) for name in self._names)

    def _run(self, statement: str, **parts: sql.Composable) -> None:
        self._connection.execute(self._statement(statement, **parts))

    def _statement(self, statement: str, **parts: sql.Composable) -> sql.Composed:
        return sql.SQL(statement).format(target=self._target, staged=self._staged, **parts)
