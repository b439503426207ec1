"""One member of a collection written: through the engine, in a transaction that knows which version it replaces."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import transaction

from linkmgr.accounts.caller import Caller
from linkmgr.api.rest.problems import Error, Refusal, error_of_outcome, errors_of
from linkmgr.api.rest.resource import Linked
from linkmgr.bulk.check import Refused
from linkmgr.bulk.delete import delete
from linkmgr.bulk.modes import Mode, in_mode
from linkmgr.bulk.outcome import SUCCESSES, Outcome
from linkmgr.bulk.scope import visible
from linkmgr.bulk.turn import retried, take_turn
from linkmgr.bulk.upsert import upsert
from linkmgr.history.signed import limit_waiting

Members = dict[str, Any]
Guard = Callable[[Any], None]
"""Is given the stored row, None if there is none, and raises Refusal if it must not be written."""


class Written(NamedTuple):
    """The row as it stands now, None if it is deleted, and the change set, None if nothing changed or was kept."""

    row: Any
    created: bool
    change_set: UUID | None


class One(NamedTuple):
    """The member of a collection to write, and who writes it how."""

    resource: Linked
    link_id: str
    by: Caller
    guard: Guard
    dry_run: bool = False


def put(one: One, members: Members, mode: Mode = Mode.MERGE) -> Written:
    """Create or replace: optional members that are not given become what they are by default. Raises Refusal."""

    def compose(stored: Any) -> Members:
        return {**one.resource.defaults, **_writable(one, members, stored)}

    return _write(one, compose, mode)


def patch(one: One, members: Members) -> Written:
    """Change the members given; others stay. Raises Refusal."""

    def compose(stored: Any) -> Members:
        if stored is None:
            raise Refusal(404)
        told = msgspec.to_builtins(one.resource.show(stored))
        item = one.resource.kind.item
        kept = {name: told[name] for name in item.__struct_fields__ if name not in item.optional}
        return {**kept, **_writable(one, members, stored)}

    return _write(one, compose, Mode.UPDATE_ONLY)


def remove(one: One) -> Written:
    """Raises Refusal."""

    def write() -> Written:
        with transaction.atomic():
            if _locked(one) is None:
                raise Refusal(404)
            report = delete(one.resource.kind, [one.link_id], by=one.by)
            if one.dry_run:
                transaction.set_rollback(True)
        return Written(None, False, None if one.dry_run else report.change_set)

    return retried(write)


def _write(one: One, compose: Callable[[Any], Members], mode: Mode) -> Written:
    kind = in_mode(one.resource.kind, mode)

    def write() -> Written:
        with transaction.atomic():
            stored = _locked(one)
            item = {**compose(stored), "link_id": one.link_id}
            report = upsert(kind, [msgspec.Raw(json.dumps(item).encode())], by=one.by)
            outcome = report.results[0].outcome
            if outcome is Outcome.ENTITY_NOT_FOUND:  # it was found before, or need not be
                raise Refusal(403, Error("", "outside", "is outside the buildings of this token"))
            if outcome not in SUCCESSES:
                raise Refusal(409, error_of_outcome(outcome))
            row = visible(one.resource.kind, one.by).get(link_id=one.link_id)
            if one.dry_run:
                transaction.set_rollback(True)
        return Written(row, stored is None, None if one.dry_run else report.change_set)

    try:
        return retried(write)
    except Refused as refused:
        raise Refusal(422, *errors_of(refused.items[0].faults)) from refused


def _locked(one: One) -> Any:
    """The stored row, or None, once it is this writer's turn. Raises Refusal as its guard does."""
    limit_waiting()
    take_turn(one.resource.kind, one.by.site.pk)
    stored = visible(one.resource.kind, one.by).select_for_update().filter(link_id=one.link_id).first()
    one.guard(stored)
    return stored


def _writable(one: One, members: Members, stored: Any) -> Members:
    """Without what is only read, which may stand there as it was read. Raises Refusal."""
    told = msgspec.to_builtins(one.resource.show(stored)) if stored else {}
    fixed = {name: members[name] for name in one.resource.read_only if name in members}
    if changed := [name for name, value in fixed.items() if name not in told or told[name] != value]:
        raise Refusal(422, *(Error(name, "read_only", "is read-only") for name in changed))
    if str(members.get("link_id", one.link_id)).lower() != one.link_id:
        raise Refusal(422, Error("link_id", "read_only", "must be that of the address"))
    return {name: value for name, value in members.items() if name not in fixed}
