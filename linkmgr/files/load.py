"""A file → the tables, through the engine: read, check, stage and merge as one request of any size.

All of it is one signed transaction, so that an interrupted load leaves nothing. The stage of a part holds every row of
it: what a row becomes does not depend on where in the file it stands.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from heapq import merge
from typing import Any, NamedTuple, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from linkmgr.accounts.caller import Caller, MayNot
from linkmgr.bulk.large import LargeStage, Row
from linkmgr.bulk.reasons import OUTCOME_REASONS
from linkmgr.bulk.spool import Spool
from linkmgr.bulk.turn import retried, take_turn
from linkmgr.files.formats.rows import Items, Table
from linkmgr.files.judge import Refused, judge
from linkmgr.files.layout import CellFault, Layout
from linkmgr.files.planned import Planned, planned
from linkmgr.files.records import in_pieces, records
from linkmgr.files.sync import Ceiling, NothingToSync, delete_missing, stored_in
from linkmgr.history.signed import Signature, signed

ROWS_A_PIECE = 10_000


class Part(NamedTuple):
    """The rows of one kind: a file, or a part of a bundle. `renamed` maps its columns to ours."""

    layout: Layout
    source: Table | Items
    renamed: Mapping[str, str] = {}


class Sync(NamedTuple):
    """Also delete what the file does not have, within the scope (column → value; all of the site without one)."""

    scope: Mapping[str, Any]
    ceiling: Ceiling


@dataclass
class Loaded:
    """What became of the rows of one part. `plan` has every row but the refused ones, if it was asked for.

    `superseded` rows have a later row of the same link_id in the file, which stands for them.
    """

    part: Part
    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    superseded: int = 0
    deleted: int = 0
    deleted_names: list[str] = field(default_factory=list)
    sync_skipped: bool = False
    refused: Spool[Refused] = field(default_factory=lambda: Spool(Refused))
    plan: Spool[Planned] = field(default_factory=lambda: Spool(Planned))

    def add(self, later: "Loaded") -> None:
        """Count the rows of a later batch of the same part too."""
        for name in ("rows", "created", "changed", "unchanged", "superseded"):
            setattr(self, name, getattr(self, name) + getattr(later, name))
        self.refused.extend(later.refused)


class Load(NamedTuple):
    """What became of all parts, in the order given; the change set is None if nothing changed, or nothing was kept.

    `refused_before` are rows of a load that this one resumes, which told of them.
    """

    parts: list[Loaded]
    change_set: UUID | None
    kept: bool
    refused_before: int = 0

    @property
    def refused(self) -> int:
        return sum(len(part.refused) for part in self.parts)


class Watch(Protocol):
    """Is told how far a load is: rows of a part read so far, then that all of them are being stored."""

    def read(self, part: Part, rows: int) -> None: ...

    def storing(self, part: Part, rows: int) -> None: ...


def load(
    parts: Sequence[Part],
    *,
    by: Caller,
    watch: Watch,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    sync: Sync | None = None,
    with_plan: bool = False,
) -> Load:
    """Load all parts in one transaction, or in a dry run tell what would become of them.

    Raises formats.Unreadable, records.WrongHeader, check.TooDeep, sync.TooManyDeletions and sync.NothingToSync; then
    nothing has changed. Raises MayNot for a sync by somebody restricted to buildings: a sync has a scope of its own.
    """
    if sync and by.buildings is not None:
        raise MayNot("sync")

    def write() -> Load:
        with signed(by, dry_run=dry_run) as signature:
            staged = [_stage(part, by, watch, sync.scope if sync else {}) for part in parts]

            def store() -> list[Loaded]:
                return [_store(each, by, signature, watch, with_plan=with_plan) for each in staged]

            done = _synchronised(staged, store, by, sync) if sync else store()
            undone = all_or_nothing and any(part.refused for part in done)
            if undone:
                transaction.set_rollback(True)
        return Load(done, signature.kept, not (undone or dry_run))

    return retried(write)


class _Staged(NamedTuple):
    """The rows of a part on the stage, and those that were refused before."""

    part: Part
    stage: LargeStage
    rows: int
    faulty: Spool[Refused]


class _SomeRefused(Exception):
    pass


def _stage(part: Part, by: Caller, watch: Watch, scope: Mapping[str, Any]) -> _Staged:
    stage, faulty, rows = LargeStage(part.layout.kind, by), Spool(Refused), 0
    zone = ZoneInfo(by.site.time_zone)
    for piece in in_pieces(records(part.source, part.layout, zone, part.renamed), ROWS_A_PIECE):
        judged = judge(piece, part.layout, scope)
        stage.add(judged.rows, judged.numbers)
        faulty.extend(judged.refused)
        rows += len(piece)
        watch.read(part, rows)
    return _Staged(part, stage, rows, faulty)


def _store(staged: _Staged, by: Caller, signature: Signature, watch: Watch, *, with_plan: bool) -> Loaded:
    done = Loaded(staged.part, rows=staged.rows)
    watch.storing(staged.part, staged.rows)
    merge_stage(staged.stage, staged.part.layout, by)
    tally(staged.stage, signature, done, staged.faulty, with_plan=with_plan)
    return done


def _synchronised(staged: Sequence[_Staged], store: Callable[[], list[Loaded]], by: Caller, sync: Sync) -> list[Loaded]:
    """Stored, and what the files do not have deleted; without the deletions if any row of any part is refused, as that
    may stand for a stored one. Raises as `load`."""
    if empty := [each.part.source.name for each in staged if not each.rows]:
        raise NothingToSync(f"{empty[0]} has no rows: an empty file would delete everything")
    scope = dict(sync.scope)
    ceilings = [sync.ceiling.of(stored_in(each.part.layout, by.site, scope)) for each in staged]
    with suppress(_SomeRefused), transaction.atomic():
        for each in staged:
            each.stage.sync(scope)
        done = store()
        if any(part.refused for part in done):
            raise _SomeRefused
        for each, part, ceiling in zip(staged, done, ceilings, strict=True):
            part.deleted, part.deleted_names = delete_missing(each.stage, part.part.layout, by.site, scope, ceiling)
        return done
    for each in staged:
        each.stage.sync(None)
    return [replace(part, sync_skipped=True) for part in store()]


def merge_stage(stage: LargeStage, layout: Layout, by: Caller) -> None:
    if not stage.rows_staged:
        return
    stage.analyse()
    take_turn(layout.kind, by.site.pk)
    stage.merge()


def tally(stage: LargeStage, signature: Signature, done: Loaded, faulty: Spool[Refused], *, with_plan: bool) -> None:
    """Count what became of the staged rows, beside those that were refused before."""
    refused = _refused(stage.rows(signature)) if stage.refuses else ()
    done.refused.extend(merge(faulty, refused, key=lambda each: each.row))
    counts = stage.counts(signature)
    done.superseded, done.created, done.changed = counts
    done.unchanged = done.rows - len(done.refused) - sum(counts)
    if with_plan:
        done.plan.extend(planned(stage.rows(signature), done.part.layout.kind.model))


def _refused(rows: Iterator[Row]) -> Iterator[Refused]:
    """Those that the stored rows, or other rows of the file, stand in the way of."""
    for row in rows:
        if row.refused:
            column, why = OUTCOME_REASONS[row.refused]
            yield Refused(row.position, row.link_id, [CellFault(column, None, why)])
