"""What a load does to each row, read from the log before the transaction ends."""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Model

from linkmgr.bulk.large import Row
from linkmgr.files.records import in_pieces
from linkmgr.history.entries import Change, entries_of, read

ENTRIES_A_QUERY = 1_000


class Planned(NamedTuple):
    """`name` is the row's own, `happened` "created", "changed", "unchanged" or "superseded"; `changes` as the log tells
    them, old → new. Of a row that is not written only its link_id is known."""

    row: int
    link_id: str
    name: str
    happened: str
    changes: list[Change]


def planned(rows: Iterator[Row], model: type[Model]) -> Iterator[Planned]:
    """In the order of the file; a few queries for each thousand, however many there are."""
    taken = (row for row in rows if not row.refused)
    for piece in in_pieces(taken, ENTRIES_A_QUERY):
        found = [*entries_of(model, pgh_id__in=[row.entry for row in piece if row.entry])]
        names = {stored.pgh_id: str(model.__str__(stored)) for stored in found}  # a log has the columns of its model
        entries = {stored.pgh_id: entry for stored, entry in zip(found, read(found), strict=True)}
        for row in piece:
            if row.entry:
                entry = entries[row.entry]
                yield Planned(row.position, entry.link_id, names[row.entry], entry.happened, entry.changes)
            else:
                happened = "superseded" if row.superseded else "unchanged"
                yield Planned(row.position, row.link_id, "", happened, [])
