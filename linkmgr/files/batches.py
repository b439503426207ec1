"""Loading batch by batch: each commits, so that an interrupted load keeps what it has done and can be resumed.

The rows of a batch are one request; rows of two batches are two, as if an integrator had sent them one after the other.
"""

from collections.abc import Iterator, Sequence
from itertools import dropwhile
from zoneinfo import ZoneInfo

from django.db.models import F
from django.db.models.functions import Now

from linkmgr.accounts.caller import Caller
from linkmgr.bulk.large import LargeStage
from linkmgr.bulk.spool import Spool
from linkmgr.bulk.turn import retried
from linkmgr.files.judge import Refused, judge
from linkmgr.files.load import ROWS_A_PIECE, Load, Loaded, Part, Watch, merge_stage, tally
from linkmgr.files.models import Progress
from linkmgr.files.records import Record, in_pieces, records
from linkmgr.history.signed import signed


class NothingToResume(Exception):
    """No import of this file into this site was interrupted."""

    def __str__(self) -> str:
        return "no import of this very file into this site was interrupted"


def load_in_batches(parts: Sequence[Part], *, by: Caller, watch: Watch, digest: str, resume: bool = False) -> Load:
    """Load all parts, committing after each batch; with `resume` from behind the last one that was committed.

    Raises NothingToResume; and what load.load raises, with all batches before it stored.
    """
    known = Progress.objects.filter(site=by.site, digest=digest)
    if not resume:
        known.delete()
    reached = {each.layout: each for each in known}
    if resume and not reached:
        raise NothingToResume
    done = []
    for part in parts:
        before = reached.get(part.layout.name)
        done.append(_load(part, by, watch, digest, before.row if before else 0))
    known.delete()
    return Load(done, None, kept=True, refused_before=sum(each.refused for each in reached.values()))


def _load(part: Part, by: Caller, watch: Watch, digest: str, after: int) -> Loaded:
    done = Loaded(part)
    read = records(part.source, part.layout, ZoneInfo(by.site.time_zone), part.renamed)
    rest: Iterator[Record] = dropwhile(lambda record: record.number <= after, read)
    for piece in in_pieces(rest, ROWS_A_PIECE):
        done.add(retried(lambda piece=piece: _batch(part, piece, by, digest)))  # type: ignore[misc]
        watch.read(part, done.rows)
    return done


def _batch(part: Part, piece: list[Record], by: Caller, digest: str) -> Loaded:
    judged = judge(piece, part.layout, {})
    done, faulty = Loaded(part, rows=len(piece)), Spool(Refused)
    faulty.extend(judged.refused)
    with signed(by) as signature:
        stage = LargeStage(part.layout.kind, by)
        stage.add(judged.rows, judged.numbers)
        merge_stage(stage, part.layout, by)
        tally(stage, signature, done, faulty, with_plan=False)
        _note(part, by, digest, row=piece[-1].number, refused=len(done.refused))
    return done


def _note(part: Part, by: Caller, digest: str, *, row: int, refused: int) -> None:
    """In the transaction of the batch: both are committed, or neither."""
    file = {"site": by.site, "layout": part.layout.name, "digest": digest}
    Progress.objects.get_or_create(**file, defaults={"row": 0})
    Progress.objects.filter(**file).update(row=row, refused=F("refused") + refused, updated_at=Now())
