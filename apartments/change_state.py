"""change_state: apartments are brought into a state together, and those who asked for it are told (contract §7).

The API and the admin's action are this same operation. What it leaves is a change set (who, on whose behalf, why) and
the log of each apartment that changed (from what, to what); the outbox is written in the same transaction.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from apartments.bulk import APARTMENT
from apartments.models import ApartmentState
from apartments.move import Moved, move
from linkmgr.accounts.behalf import UnknownAccount, on_behalf
from linkmgr.accounts.caller import Caller
from linkmgr.bulk.check import LINK_ID
from linkmgr.bulk.kind import MOST_ITEMS
from linkmgr.bulk.turn import retried, take_turn
from linkmgr.history.signed import NO_REASON, Reason, signed

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


class Ids(NamedTuple):
    """The ids of an order: where each link_id stands first, what is wrong with the others, and how many are meant."""

    first: dict[str, int]
    findings: dict[int, Code]
    requested: int


def change_state(order: Order, *, by: Caller, atomic: bool = False, dry_run: bool = False) -> Answer:
    """Bring apartments of the caller's site into a state, in one transaction.

    Faulty ids are reported and the others changed; with `atomic` any error, and always a fault of the call, leaves all
    as it was. Raises behalf.MayNotActOnBehalf; django.db errors if PostgreSQL cannot be reached.
    """
    ids = _read(order.ids)
    state = ApartmentState.objects.filter(pk=order.state_id, active=True).first()
    faults = [*_faults(order, ids, state)]
    try:
        by = on_behalf(by, order.user_id)
    except UnknownAccount:
        faults.append(Finding(Code.USER_NOT_FOUND, "user_id"))
    if faults or state is None:
        return _unchanged(ids, state, faults)
    return retried(lambda: _change(order, ids, state, by, atomic=atomic, dry_run=dry_run))


def _read(given: Sequence[Any]) -> Ids:
    """Of too many ids only their number is known."""
    first: dict[str, int] = {}
    findings: dict[int, Code] = {}
    if len(given) > MOST_ITEMS:
        return Ids(first, findings, len(given))
    for at, each in enumerate(given):
        if not isinstance(each, str) or not LINK_ID.fullmatch(each):
            findings[at] = Code.NOT_A_GUID
        elif first.setdefault(each.lower(), at) != at:
            findings[at] = Code.REPEATED
    return Ids(first, findings, len(first) + _failed(findings))


def _faults(order: Order, ids: Ids, state: ApartmentState | None) -> Iterator[Finding]:
    """Of the call as a whole."""
    if not order.ids:
        yield Finding(Code.NO_IDS, "ids")
    if ids.requested > MOST_ITEMS:
        yield Finding(Code.TOO_MANY_IDS, "ids")
    if state is None:
        yield Finding(Code.STATE_NOT_FOUND, "state_id")
    if len(order.message) > LONGEST_MESSAGE:
        yield Finding(Code.MESSAGE_TOO_LONG, "message")


def _unchanged(ids: Ids, state: ApartmentState | None, faults: list[Finding]) -> Answer:
    failed = _failed(ids.findings)
    findings = [*faults, *_in_order(ids.findings)]
    return Answer(findings, state, ids.requested, unchanged=ids.requested - failed, failed=failed)


def _change(order: Order, ids: Ids, state: ApartmentState, by: Caller, *, atomic: bool, dry_run: bool) -> Answer:
    with signed(by, dry_run=dry_run, note=order.message, reason=order.reason) as change_set:
        take_turn(APARTMENT, by.site.pk)
        moved = move(ids.first, state, notify=order.notify, by=by, change_set=change_set.id)
        findings = {**ids.findings, **_found(order, ids, state, moved)}
        failed = _failed(findings)
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


def _failed(findings: dict[int, Code]) -> int:
    return sum(code in FAILURES for code in findings.values())


def _in_order(findings: dict[int, Code]) -> list[Finding]:
    return [Finding(code, f"ids[{at}]") for at, code in sorted(findings.items())]
