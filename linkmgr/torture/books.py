"""What has to be so of the tables, the logs and the change sets, whatever happened to the processes."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier

from linkmgr.history.log import REDUNDANT, logs
from linkmgr.history.models import ChangeSet

CHANGE_SETS = ChangeSet._meta.db_table
MOST_TOLD = 5


def disagreements(connection: psycopg.Connection) -> Iterator[str]:
    """One line for each rule that does not hold, with some of the rows it does not hold of."""
    for model, log in logs.items():
        names: dict[str, Any] = {
            "kind": str(model._meta.model_name),
            "table": Identifier(model._meta.db_table),
            "log": Identifier(log._meta.db_table),
            "change_sets": Identifier(CHANGE_SETS),
            "stored": _columns("stored", model),
            "latest": _columns("latest", model),
        }
        for rule, query in RULES.items():
            found = connection.execute(SQL(query).format(**names)).fetchmany(MOST_TOLD)
            if found:
                yield f"{names['kind']}: {rule}: {', '.join(str(row[0]) for row in found)}"


def _columns(alias: str, model: Any) -> Composable:
    fields = [field.column for field in model._meta.local_fields if field.name not in REDUNDANT]
    return SQL(", ").join(SQL("{}.{}").format(Identifier(alias), Identifier(name)) for name in fields)


RULES = {
    "a row is not what its log says last": """
        SELECT stored.link_id
        FROM {table} AS stored
        LEFT JOIN LATERAL (
            SELECT *
            FROM {log} AS entry
            WHERE entry.pgh_obj_id = stored.id
            ORDER BY entry.pgh_id DESC
            LIMIT 1
        ) AS latest ON true
        WHERE latest.pgh_label IS NULL
           OR latest.pgh_label = 'delete'
           OR ROW({stored}) IS DISTINCT FROM ROW({latest})
    """,
    "a row is gone, and its log does not say so": """
        SELECT DISTINCT ON (entry.pgh_obj_id) entry.link_id
        FROM {log} AS entry
        WHERE NOT EXISTS (SELECT FROM {table} AS stored WHERE stored.id = entry.pgh_obj_id)
          AND NOT EXISTS (
            SELECT FROM {log} AS last WHERE last.pgh_obj_id = entry.pgh_obj_id AND last.pgh_label = 'delete'
          )
        ORDER BY entry.pgh_obj_id
    """,
    "the log of a row does not begin with its creation, or has two of one": """
        SELECT min(entry.link_id::text)
        FROM {log} AS entry
        GROUP BY entry.pgh_obj_id
        HAVING count(*) FILTER (WHERE entry.pgh_label = 'insert') <> 1
            OR count(*) FILTER (WHERE entry.pgh_label = 'delete') > 1
            OR min(entry.pgh_id) <> min(entry.pgh_id) FILTER (WHERE entry.pgh_label = 'insert')
    """,
    "an entry without a kept change set": """
        SELECT entry.pgh_id
        FROM {log} AS entry
        LEFT JOIN {change_sets} AS kept ON kept.id = entry.change_set_id
        WHERE kept.id IS NULL
    """,
    "a change set does not count its entries": """
        SELECT coalesce(kept.id, counted.id)
        FROM (
            SELECT made.id, label.key AS label, label.value::bigint AS rows
            FROM {change_sets} AS made, jsonb_each_text(made.counts -> {kind}) AS label
        ) AS kept
        FULL JOIN (
            SELECT entry.change_set_id AS id, entry.pgh_label AS label, count(*) AS rows
            FROM {log} AS entry
            WHERE entry.change_set_id IS NOT NULL
            GROUP BY entry.change_set_id, entry.pgh_label
        ) AS counted ON counted.id = kept.id AND counted.label = kept.label
        WHERE counted.rows IS DISTINCT FROM kept.rows
    """,
    "an entry lies outside the span of its change set": """
        SELECT entry.pgh_id
        FROM {log} AS entry
        JOIN {change_sets} AS kept ON kept.id = entry.change_set_id
        WHERE entry.pgh_id < (kept.spans -> {kind} -> 0)::bigint
           OR entry.pgh_id > (kept.spans -> {kind} -> 1)::bigint
           OR kept.spans -> {kind} IS NULL
    """,
}
"""What is wrong → a query that finds rows of which it is."""
