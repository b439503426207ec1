"""Deletion by link_id: the same steps as an upsert, with one statement for a merge."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from psycopg.sql import SQL, Identifier

from linkmgr.accounts.caller import Caller
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.models import Linked
from linkmgr.bulk.outcome import Outcome, Result
from linkmgr.bulk.scope import Within, writable
from linkmgr.bulk.statements import sought
from linkmgr.bulk.turn import retried, take_turn
from linkmgr.bulk.upsert import Report
from linkmgr.history.signed import signed


def delete(kind: Kind, link_ids: Sequence[str], *, by: Caller, dry_run: bool = False) -> Report:
    """Delete the rows of these link_ids (checked before) in one transaction; unknown ones are `entity_not_found`."""
    wanted = [link_id.lower() for link_id in link_ids]

    def write() -> Report:
        with signed(by, dry_run=dry_run) as change_set:
            take_turn(kind, by.site.pk)
            deleted = _delete(kind.model, by.site.pk, wanted, writable(kind, by))
        return Report([_result(link_id, deleted) for link_id in wanted], change_set.kept)

    return retried(write)


def _result(link_id: str, deleted: set[str]) -> Result:
    if link_id not in deleted:
        return Result(link_id, Outcome.ENTITY_NOT_FOUND)
    deleted.remove(link_id)  # the second of two equal ids finds nothing
    return Result(link_id, Outcome.DELETED)


def _delete(model: type[Linked], site_id: int, link_ids: Sequence[str], within: Within | None) -> set[str]:
    params: dict[str, Any] = {
        "link_ids": ",".join(link_ids),  # one text: psycopg packs lists slowly
        "site": site_id,
        "buildings": within.buildings if within else [],
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(model, within and within.column), params)
        return {row[0] for row in cursor.fetchall()}


@cache
def _statement(model: type[Linked], within: str | None) -> str:
    return (
        SQL(
            """
            WITH found AS MATERIALIZED (SELECT stored.id FROM {sought})
            DELETE FROM {table} AS stored
            USING found
            WHERE stored.id = found.id
            RETURNING stored.link_id::text
            """
        )
        .format(table=Identifier(model._meta.db_table), sought=sought(model, within))
        .as_string(None)
    )
