"""The pipeline of one bulk request: check, sign, stage, take turns, merge, report."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from linkmgr.accounts.caller import Caller
from linkmgr.bulk.check import OnFault, check
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.outcome import Result
from linkmgr.bulk.stage import Stage
from linkmgr.bulk.turn import retried, take_turn
from linkmgr.history.signed import signed
from linkmgr.timing import spent


class Report(NamedTuple):
    """One result an item in request order, and the change set that records them, None if nothing changed."""

    results: list[Result]
    change_set: UUID | None


def upsert(
    kind: Kind, items: Sequence[msgspec.Raw], *, by: Caller, on_fault: OnFault = OnFault.REFUSE, dry_run: bool = False
) -> Report:
    """Create or update every item in one transaction and say what became of each.

    Raises check.Refused or check.TooDeep with nothing stored; django.db errors if PostgreSQL cannot be reached.
    """
    with spent("check"):
        rows = check(kind.item, items, on_fault)

    def write() -> Report:
        with signed(by, dry_run=dry_run) as change_set:
            with spent("stage"):
                stage = Stage(kind, by, rows)
            take_turn(kind, by.site.pk)  # only now: nobody else sees the stage, and others are at work meanwhile
            with spent("merge"):
                stage.merge()
        with spent("answer"):
            return Report(stage.report(), change_set.kept)

    return retried(write)
