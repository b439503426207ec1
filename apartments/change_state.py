"""change_state: apartments are brought into a state together, and those who asked for it are told (contract §7).

The API and the admin's action are this same operation. What it leaves is a change set (who, on whose behalf, why) and
the log of each apartment that changed (from what, to what); the outbox is written in the same transaction.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from apartments.bulk import APARTMENT
from apartments.models import Apartment, ApartmentState, Recipient
from linkmgr.accounts.behalf import UnknownAccount, on_behalf
from linkmgr.accounts.caller import Caller
from linkmgr.bulk.check import LINK_ID
from linkmgr.bulk.kind import MOST_ITEMS
from linkmgr.bulk.turn import retried, take_turn
from linkmgr.history.signed import NO_REASON, Reason, signed
from linkmgr.notifications.models import Notification

LONGEST_MESSAGE = LONGEST_REASON = 4_000


class Code(IntEnum):
    """The codes of contract §7."""

    APARTMENT_NOT_FOUND = 1
    STATE_NOT_FOUND = 2
    MOVE_NOT_ALLOWED = 3
    USER_NOT_FOUND = 4
    NOT_A_GUID = 7
    NO_IDS = 8
    TOO_MANY_IDS = 9
    MESSAGE_TOO_LONG = 10
    ALREADY_IN_STATE = 101
    REPEATED = 200
    NOBODY_TO_NOTIFY = 202


FAILURES = {Code.APARTMENT_NOT_FOUND, Code.MOVE_NOT_ALLOWED, Code.NOT_A_GUID}
"""Of one id. Every other code below 100 is a fault of the call, with which nothing changes."""


class Finding(NamedTuple):
    code: Code
    field: str


class Order(NamedTuple):
    """What is asked for. `ids` may hold anything; what is no link_id is found out."""

    ids: Sequence[Any]
    state_id: int
    user_id: str | None = None
    reason: Reason = NO_REASON
    message: str = ""
    notify: bool = False


class Answer(NamedTuple):
    """What became of it. `requested` = `changed` + `unchanged` + `failed`; a repeated id counts once."""

    findings: list[Finding]
    state: ApartmentState | None
    requested: int
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    notified: int = 0
    change_set: UUID | None = None


class Moved(NamedTuple):
    """One apartment that was found: the state it was in, and what happened."""

    link_id: str
    was: int
    changed: bool
    told: bool


class Ids(NamedTuple):
    """The ids of an order: where each link_id stands first, and what is wrong with the others."""

    first: dict[str, int]
    findings: dict[int, Code]

    @property
    def requested(self) -> int:
        return len(self.first) + sum(code is Code.NOT_A_GUID for code in self.findings.values())


def change_state(order: Order, *, by: Caller, atomic: bool = False, dry_run: bool = False) -> Answer:
    """Bring apartments of the caller's site into a state, in one transaction.

    Faulty ids are reported and the others changed; with `atomic` any error, and always a fault of the call, leaves all
    as it was. Raises behalf.MayNotActOnBehalf; django.db errors if PostgreSQL cannot be reached.
    """
    ids = _read(order.ids)
    state = ApartmentState.objects.filter(pk=order.state_id, active=True).first()
    faults = [*_faults(order, state)]
    try:
        by = on_behalf(by, order.user_id)
    except UnknownAccount:
        faults.append(Finding(Code.USER_NOT_FOUND, "user_id"))
    if faults or state is None:
        return _unchanged(order, ids, state, faults)
    return retried(lambda: _change(order, ids, state, by, atomic=atomic, dry_run=dry_run))


def _read(given: Sequence[Any]) -> Ids:
    first: dict[str, int] = {}
    findings: dict[int, Code] = {}
    for at, each in enumerate(given if len(given) <= MOST_ITEMS else ()):
        if not isinstance(each, str) or not LINK_ID.fullmatch(each):
            findings[at] = Code.NOT_A_GUID
        elif first.setdefault(each.lower(), at) != at:
            findings[at] = Code.REPEATED
    return Ids(first, findings)


def _faults(order: Order, state: ApartmentState | None) -> Iterator[Finding]:
    """Of the call as a whole."""
    if not order.ids:
        yield Finding(Code.NO_IDS, "ids")
    if len(order.ids) > MOST_ITEMS:
        yield Finding(Code.TOO_MANY_IDS, "ids")
    if state is None:
        yield Finding(Code.STATE_NOT_FOUND, "state_id")
    if len(order.message) > LONGEST_MESSAGE:
        yield Finding(Code.MESSAGE_TOO_LONG, "message")


def _unchanged(order: Order, ids: Ids, state: ApartmentState | None, faults: list[Finding]) -> Answer:
    requested = ids.requested if len(order.ids) <= MOST_ITEMS else len(order.ids)
    failed = sum(code in FAILURES for code in ids.findings.values())
    return Answer([*faults, *_in_order(ids.findings)], state, requested, unchanged=requested - failed, failed=failed)


def _change(order: Order, ids: Ids, state: ApartmentState, by: Caller, *, atomic: bool, dry_run: bool) -> Answer:
    with signed(by, dry_run=dry_run, note=order.message, reason=order.reason) as change_set:
        take_turn(APARTMENT, by.site.pk)
        moved = _move(order, ids, state, by, change_set.id)
        findings = {**ids.findings, **_found(order, ids, state, moved)}
        failed = sum(code in FAILURES for code in findings.values())
        if undone := atomic and failed > 0:
            transaction.set_rollback(True)
    if undone:
        findings = {at: code for at, code in findings.items() if code is not Code.NOBODY_TO_NOTIFY}
    changed = 0 if undone else sum(each.changed for each in moved)
    return Answer(
        _in_order(findings),
        state,
        ids.requested,
        changed=changed,
        unchanged=ids.requested - changed - failed,
        failed=failed,
        notified=0 if undone else sum(each.told for each in moved),
        change_set=change_set.kept,
    )


def _found(order: Order, ids: Ids, state: ApartmentState, moved: list[Moved]) -> dict[int, Code]:
    """What there is to say of ids that are link_ids, by their positions."""
    found = dict.fromkeys(ids.first.values(), Code.APARTMENT_NOT_FOUND)
    for each in moved:
        at = ids.first[each.link_id]
        del found[at]
        if each.was == state.pk:
            found[at] = Code.ALREADY_IN_STATE
        elif not each.changed:
            found[at] = Code.MOVE_NOT_ALLOWED
        elif order.notify and not each.told:
            found[at] = Code.NOBODY_TO_NOTIFY
    return found


def _in_order(findings: dict[int, Code]) -> list[Finding]:
    return [Finding(code, f"ids[{at}]") for at, code in sorted(findings.items())]


def _move(order: Order, ids: Ids, state: ApartmentState, by: Caller, change_set: UUID) -> list[Moved]:
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE,
            {
                "link_ids": ",".join(ids.first),  # one text: psycopg packs lists slowly
                "site": by.site.pk,
                "to": state.pk,
                "from": _may_come_from(state),
                "notify": order.notify,
                "change_set": change_set,
                "message": order.message,
                "reason_id": order.reason.id,
                "reason_name": order.reason.name,
            },
        )
        return [Moved(*row) for row in cursor.fetchall()]


def _may_come_from(state: ApartmentState) -> list[int]:
    """The states from which an apartment may come into this one: all, as long as no move is named."""
    moves = set(ApartmentState.may_become.through.objects.values_list("from_apartmentstate_id", "to_apartmentstate_id"))
    known = ApartmentState.objects.values_list("pk", flat=True)
    return [pk for pk in known if not moves or (pk, state.pk) in moves]


MOVE = f"""
    WITH found AS MATERIALIZED (
        SELECT stored.id, stored.link_id, stored.state_id AS was
        FROM {Apartment._meta.db_table} AS stored
        WHERE stored.link_id = ANY (string_to_array(%(link_ids)s, ',')::uuid[]) AND stored.site_id = %(site)s
        ORDER BY stored.link_id
        FOR UPDATE
    ),
    changed AS (
        UPDATE {Apartment._meta.db_table} AS stored
        SET state_id = %(to)s, updated_at = now()
        FROM found
        WHERE stored.id = found.id AND found.was <> %(to)s AND found.was = ANY (%(from)s)
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
                'to', jsonb_build_object('id', new.id, 'code', new.code, 'name', new.name),
                'message', %(message)s::text,
                'reason', jsonb_build_object('id', %(reason_id)s::text, 'name', %(reason_name)s::text)
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
                    ),
                    %(message)s::text
                ),
                'data', data
            )
        FROM facts JOIN {Recipient._meta.db_table} AS recipient ON recipient.apartment_id = facts.id
        ORDER BY recipient.id
        RETURNING link_id
    )
    SELECT
        found.link_id::text, found.was, changed.id IS NOT NULL, found.link_id IN (SELECT link_id FROM told)
    FROM found LEFT JOIN changed ON changed.id = found.id
"""  # noqa: S608 names of our own tables
