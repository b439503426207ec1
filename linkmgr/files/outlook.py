"""What a load says of its rows ↔ the stored plan: the same rows, by what would happen to them, in pages."""

from collections.abc import Iterator
from heapq import merge
from typing import Any, NamedTuple

import msgspec

from linkmgr.files.judge import Refused
from linkmgr.files.layout import CellFault
from linkmgr.files.load import Loaded
from linkmgr.files.models import Happens, PlannedPage, Upload
from linkmgr.files.planned import Planned
from linkmgr.files.records import in_pieces
from linkmgr.history.entries import Change

ROWS_A_PAGE = 100
PAGES_A_QUERY = 50
LONGEST_VALUE = 200


class PlannedRow(NamedTuple):
    """What would become of a row; `happened` is one of Happens. Refused rows have faults, with texts as values."""

    row: int
    happened: str
    link_id: str
    name: str
    changes: list[Change]
    faults: list[CellFault]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[PlannedRow]).decode


def outlook(done: Loaded) -> Iterator[PlannedRow]:
    """Every row of the file, in its order; `done` with its plan."""
    rows: Iterator[Planned | Refused] = merge(done.plan, done.refused, key=lambda each: each.row)
    return (_refused(row) if isinstance(row, Refused) else _taken(row) for row in rows)


def store(upload: Upload, rows: Iterator[PlannedRow]) -> dict[str, int]:
    """In place of what is stored; how many there are, by what happens."""
    upload.pages.all().delete()
    counts = dict.fromkeys(Happens.values, 0)
    for alike in in_pieces(_alike(rows), PAGES_A_QUERY):
        pages = []
        for page in alike:
            happened = page[0].happened
            number = counts[happened] // ROWS_A_PAGE + 1
            pages.append(PlannedPage(upload=upload, happened=happened, number=number, content=_encode(page)))
            counts[happened] += len(page)
        PlannedPage.objects.bulk_create(pages)
    return counts


def stored(upload: Upload) -> Iterator[PlannedRow]:
    """What was stored, in the order of the file."""
    return merge(*(stored_as(upload, happened) for happened in Happens.values), key=lambda each: each.row)


def stored_as(upload: Upload, happened: str, **which: int) -> Iterator[PlannedRow]:
    """Those to which this happens; `number` may say of which page."""
    pages = upload.pages.filter(happened=happened, **which).values_list("content", flat=True)
    for content in pages.iterator(chunk_size=PAGES_A_QUERY):
        yield from _decode(content)


def _alike(rows: Iterator[PlannedRow]) -> Iterator[list[PlannedRow]]:
    """Pages of rows to which the same happens: full ones as they fill, then the others."""
    begun: dict[str, list[PlannedRow]] = {happened: [] for happened in Happens.values}
    for row in rows:
        begun[row.happened].append(row)
        if len(begun[row.happened]) == ROWS_A_PAGE:
            yield begun[row.happened]
            begun[row.happened] = []
    yield from (page for page in begun.values() if page)


def _taken(row: Planned) -> PlannedRow:
    return PlannedRow(row.row, row.happened, row.link_id, row.name, row.changes, [])


def _refused(row: Refused) -> PlannedRow:
    faults = [fault._replace(value=_shown(fault.value)) for fault in row.faults]
    return PlannedRow(row.row, Happens.REFUSED.value, row.link_id or "", "", [], faults)


def _shown(value: Any) -> str:
    """As much as a page takes, and nothing that is no text: a refused value may be anything."""
    text = "" if value is None else str(value)
    text = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
    return text.encode(errors="replace").decode()
