"""One member of a collection written: through the engine, in a transaction that knows which version it replaces."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from linkmgr.accounts.caller import Caller
from linkmgr.api.rest.problems import Error, Refusal, error_of_outcome, errors_of
from linkmgr.api.rest.resource import Linked
from linkmgr.bulk.check import OnFault, check
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

    @property
    def signer(self) -> Caller:
        """A dry run is undone as a whole, so who may do no more may sign what is undone."""
        return self.by._replace(dry_run_only=self.by.dry_run_only and not self.dry_run)


def create(one: One, members: Members) -> Written:
    """Raises Refusal, also if it is stored already."""
    return _written(one, lambda stored: (Mode.CREATE_ONLY, members))


def put(one: One, members: Members) -> Written:
    """Create or replace: optional members that are not given become what they are by default. Raises Refusal."""
    whole = {**one.resource.defaults, **members}
    # what is created between the look and the write was not looked at
    return _written(one, lambda stored: (Mode.UPDATE_ONLY if stored else Mode.CREATE_ONLY, whole))


def patch(one: One, members: Members) -> Written:
    """Change the members given; others stay. Raises Refusal."""

    def compose(stored: Any) -> tuple[Mode, Members]:
        if stored is None:
            raise Refusal(404)
        return Mode.UPDATE_ONLY, {**_needed(one.resource, stored), **members}

    return _written(one, compose)


def remove(one: One) -> Written:
    """Raises Refusal."""

    def write() -> Written:
        with transaction.atomic():
            if _locked(one) is None:
                raise Refusal(404)
            report = delete(one.resource.kind, [one.link_id], by=one.signer)
            if one.dry_run:
                transaction.set_rollback(True)
        return Written(None, False, None if one.dry_run else report.change_set)

    return retried(write)


def _written(one: One, compose: Callable[[Any], tuple[Mode, Members]]) -> Written:
    def write() -> Written:
        with transaction.atomic():
            stored = _locked(one)
            mode, members = compose(stored)
            change_set = _store(one, mode, _judged(one, members, stored))
            row = _rows(one).get()
            if one.dry_run:
                transaction.set_rollback(True)
        return Written(row, stored is None, None if one.dry_run else change_set)

    return retried(write)


def _locked(one: One) -> Any:
    """The stored row, or None, once it is this writer's turn. Raises Refusal as its guard does."""
    limit_waiting()
    take_turn(one.resource.kind, one.by.site.pk)
    stored = _rows(one).select_for_update().first()
    one.guard(stored)
    return stored


def _rows(one: One) -> QuerySet[Any]:
    return visible(one.resource.kind, one.by).filter(link_id=one.link_id)


def _needed(resource: Linked, stored: Any) -> Members:
    """What an item must give, as it is stored."""
    item, told = resource.kind.item, msgspec.to_builtins(resource.show(stored))
    return {name: told[name] for name in item.__struct_fields__ if name not in item.optional}


def _judged(one: One, members: Members, stored: Any) -> msgspec.Raw:
    """The item, without what is only read. Raises Refusal with every fault there is."""
    own = {name: value for name, value in members.items() if name not in one.resource.read_only}
    item = msgspec.Raw(json.dumps({**own, "link_id": one.link_id}).encode())
    faulty = check(one.resource.kind.item, [item], OnFault.PARTIAL).faulty
    errors = [*_fixed(one, members, stored), *errors_of(fault for each in faulty for fault in each.faults)]
    if errors:
        raise Refusal(422, *errors)
    return item


def _fixed(one: One, members: Members, stored: Any) -> Iterator[Error]:
    """Faults of members that cannot be changed; they may stand there as they were read."""
    if str(members.get("link_id", one.link_id)).lower() != one.link_id:
        yield Error("link_id", "read_only", "must be that of the address")
    told = msgspec.to_builtins(one.resource.show(stored)) if stored else {}
    for name in one.resource.read_only:
        if name in members and not (name in told and _same(told[name], members[name])):
            yield Error(name, "read_only", "is read-only")


def _store(one: One, mode: Mode, item: msgspec.Raw) -> UUID | None:
    """The change set, None if nothing changed. Raises Refusal."""
    report = upsert(in_mode(one.resource.kind, mode), [item], by=one.signer)
    outcome = report.results[0].outcome
    if outcome is Outcome.ENTITY_NOT_FOUND:  # what must be there was found before
        raise Refusal(403, Error("", "outside", "is outside the buildings of this token"))
    if outcome not in SUCCESSES:
        raise Refusal(409, error_of_outcome(outcome))
    return report.change_set


def _same(told: Any, value: Any) -> bool:
    """A moment may be spelled another way: generated clients read it, and write it back as they do."""
    if told == value:
        return True
    try:
        return datetime.fromisoformat(told) == datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
