"""Does what a load has done agree with its plan, row by row?"""

from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from typing import NamedTuple

from linkmgr.files.load import Loaded
from linkmgr.files.models import Upload
from linkmgr.files.outlook import PlannedRow, outlook, stored

MOST_NAMED = 100


class Difference(NamedTuple):
    """A row as it was planned, and as it would be now; None if there is no such row."""

    planned: PlannedRow | None
    now: PlannedRow | None


class Moved(Exception):
    """Rows have moved since the plan was made: some of the differences, and how many there are."""

    def __init__(self, some: Sequence[Difference], count: int) -> None:
        super().__init__(f"{count} rows have moved")
        self.some = some
        self.count = count


def refuse_moved(upload: Upload, done: Loaded) -> None:
    """Raises Moved if anything else has happened to any row than was planned."""
    differences = _differences(upload, done)
    if some := [*islice(differences, MOST_NAMED)]:
        raise Moved(some, len(some) + sum(1 for _ in differences))


def _differences(upload: Upload, done: Loaded) -> Iterator[Difference]:
    for planned, now in zip_longest(stored(upload), outlook(done)):
        if _effect(planned) != _effect(now):
            yield Difference(planned, now)


def _effect(row: PlannedRow | None) -> object:
    """What a row does to the tables; why it is refused, if it is, does nothing to them."""
    return row and (row.row, row.happened, row.link_id, row.changes)
