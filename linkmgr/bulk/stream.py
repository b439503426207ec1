"""The pipeline of `upsert` for items of any number, each answered: neither they nor the answers are held in memory."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db import transaction

from linkmgr.accounts.caller import Caller
from linkmgr.bulk.check import OnFault, check
from linkmgr.bulk.faults import Fault
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.large import LargeStage, Row
from linkmgr.bulk.outcome import Outcome
from linkmgr.bulk.spool import Spool
from linkmgr.bulk.turn import retried, take_turn
from linkmgr.history.signed import Signature, signed
from linkmgr.timing import spent

MANY = 1_000
"""Staged rows from which on it pays to tell the planner how many they are."""
WRITTEN = {"insert": Outcome.CREATED, "update": Outcome.UPDATED, None: Outcome.UNCHANGED}

Pieces = Callable[[], Iterable[Sequence[msgspec.Raw]]]
"""Makes the items anew, in pieces: a clash with another writer means reading them again."""


class Answer(NamedTuple):
    """What became of the item at a position of the request, from 0; `faults` are those of one not to be read."""

    position: int
    link_id: str | None
    outcome: Outcome
    faults: tuple[Fault, ...] = ()


class Streamed(NamedTuple):
    """One answer an item, in request order. What is `undone` was refused as a whole."""

    answers: Spool[Answer]
    counts: Counter[Outcome]
    change_set: UUID | None = None
    undone: bool = False

    @property
    def refused(self) -> int:
        return sum(number for outcome, number in self.counts.items() if outcome not in WRITTEN.values())


def stream(kind: Kind, pieces: Pieces, *, by: Caller, dry_run: bool = False, all_or_nothing: bool = False) -> Streamed:
    """Create or update every item that can be, in one transaction; with `all_or_nothing` only if all can.

    Raises check.TooDeep with nothing stored; django.db errors if PostgreSQL cannot be reached.
    """

    def write() -> Streamed:
        with signed(by, dry_run=dry_run) as signature:
            stage, faulty = _staged(kind, pieces, by)
            if stage.rows_staged:
                _merged(kind, stage, by)
            done = _answered(stage, faulty, signature)
            undone = all_or_nothing and done.refused > 0
            if undone:
                transaction.set_rollback(True)
        return done._replace(change_set=signature.kept, undone=undone)

    return retried(write)


def _staged(kind: Kind, pieces: Pieces, by: Caller) -> tuple[LargeStage, Spool[Answer]]:
    """The good items on the stage at their indexes, and answers to the others."""
    stage, faulty, before = LargeStage(kind, by), Spool(Answer), 0
    for piece in pieces():
        with spent("check"):
            rows = check(kind.item, piece, OnFault.PARTIAL)
        with spent("stage"):
            stage.add(rows, [before + index for index in rows.indexes])
        for item in rows.faulty:
            faulty.append(Answer(before + item.position, item.link_id, Outcome.INVALID, item.faults))
        before += len(piece)
    return stage, faulty


def _merged(kind: Kind, stage: LargeStage, by: Caller) -> None:
    if stage.rows_staged > MANY:
        stage.analyse()
    take_turn(kind, by.site.pk)
    with spent("merge"):
        stage.merge()


def _answered(stage: LargeStage, faulty: Spool[Answer], signature: Signature) -> Streamed:
    answers, counts = Spool(Answer), Counter[Outcome]()
    with spent("answer"):
        for each in merge(faulty, _judged(stage.rows(signature)), key=lambda answer: answer.position):
            answers.append(each)
            counts[each.outcome] += 1
    return Streamed(answers, counts)


def _judged(rows: Iterator[Row]) -> Iterator[Answer]:
    return (Answer(row.position, row.link_id, row.refused or WRITTEN[row.label]) for row in rows)
