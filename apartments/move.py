"""The one statement by which apartments move from state to state, and the notifications that go with it."""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from apartments.bulk import APARTMENT
from apartments.models import Apartment, ApartmentState, Recipient
from linkmgr.accounts.caller import Caller
from linkmgr.bulk.scope import writable
from linkmgr.bulk.statements import sought
from linkmgr.notifications.models import Notification

ALLOWED = ApartmentState.may_become.through._meta.db_table
"""Moves between states. All are allowed as long as it is empty."""


class Moved(NamedTuple):
    """One apartment that was found: the state it was in, and what happened."""

    link_id: str
    was: int
    changed: bool
    told: bool


def move(link_ids: Iterable[str], to: ApartmentState, *, notify: bool, by: Caller, change_set: UUID) -> list[Moved]:
    """Move apartments that exist for the caller, each from the state it is in, within its signed transaction.

    The message and the reason that notifications tell are those of the change set.
    """
    within = writable(APARTMENT, by)
    with connection.cursor() as cursor:
        cursor.execute(
            _statement(within and within.column),
            {
                "link_ids": ",".join(link_ids),  # one text: psycopg packs lists slowly
                "site": by.site.pk,
                "buildings": within.buildings if within else [],
                "to": to.pk,
                "notify": notify,
                "change_set": change_set,
            },
        )
        return [Moved(*row) for row in cursor.fetchall()]


@cache
def _statement(within: str | None) -> str:
    found = sought(Apartment, within).as_string(None)
    columns = "stored.id, stored.link_id, stored.state_id AS was"
    return f"WITH found AS MATERIALIZED (SELECT {columns} FROM {found}), {MOVE_FOUND}"  # noqa: S608 names of our own


# recipients are looked up for each apartment: a join would read all of them, where nobody has analysed their table
MOVE_FOUND = f"""
    changed AS (
        UPDATE {Apartment._meta.db_table} AS stored
        SET state_id = %(to)s, updated_at = statement_timestamp()
        FROM found
        WHERE stored.id = found.id AND found.was <> %(to)s AND (
            NOT EXISTS (SELECT FROM {ALLOWED}) OR (found.was, %(to)s) IN (
                SELECT from_apartmentstate_id, to_apartmentstate_id FROM {ALLOWED}
            )
        )
        RETURNING stored.*, found.was
    ),
    facts AS (
        SELECT
            changed.id,
            changed.link_id,
            format('%%s-%%s-%%s-%%s', building, unit, floor, room) AS address,
            apartment_name,
            old.name AS old_name,
            new.name AS new_name,
            jsonb_build_object(
                'link_id', changed.link_id,
                'apartment_name', apartment_name,
                'apartment_address',
                jsonb_build_object('building', building, 'unit', unit, 'floor', floor, 'room', room),
                'from', jsonb_build_object('id', old.id, 'code', old.code, 'name', old.name),
                'to', jsonb_build_object('id', new.id, 'code', new.code, 'name', new.name)
            ) AS data
        FROM changed
        JOIN {ApartmentState._meta.db_table} AS old ON old.id = changed.was
        JOIN {ApartmentState._meta.db_table} AS new ON new.id = %(to)s
        WHERE %(notify)s
    ),
    told AS (
        INSERT INTO {Notification._meta.db_table} (site_id, change_set, link_id, channel, address, facts)
        SELECT
            %(site)s, %(change_set)s, facts.link_id, recipient.channel, recipient.address,
            jsonb_build_object(
                'event', 'apartment.state_changed',
                'subject', format('%%s (%%s): %%s', apartment_name, facts.address, new_name),
                'lines', jsonb_build_array(
                    format(
                        '%%s at %%s is now in state %%s; it was %%s.',
                        apartment_name, facts.address, new_name, old_name
                    )
                ),
                'data', data
            )
        FROM facts
        CROSS JOIN LATERAL (
            SELECT *
            FROM {Recipient._meta.db_table} AS each
            WHERE each.apartment_id = facts.id
            ORDER BY each.id
        ) AS recipient
        ORDER BY recipient.id
        RETURNING link_id
    )
    SELECT
        found.link_id::text, found.was, changed.id IS NOT NULL, found.link_id IN (SELECT link_id FROM told)
    FROM found LEFT JOIN changed ON changed.id = found.id
"""  # noqa: S608 names of our own tables
