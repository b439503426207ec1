"""Uploads: a file is kept with the plan of what it would do, looked at, and then applied exactly so, or not at all.

Both lie in the database, so they survive a restart and are the same for every process.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from uuid import UUID

from django.db import transaction
from django.utils.text import Truncator

from linkmgr import counting
from linkmgr.accounts.caller import Caller
from linkmgr.bulk.outcome import Outcome
from linkmgr.files.formats import Bundle, Format, Items, Table, Unreadable, open_file
from linkmgr.files.formats.rows import MIB
from linkmgr.files.judge import Refused
from linkmgr.files.layout import Layout
from linkmgr.files.load import Load, Loaded, Part, load
from linkmgr.files.models import LONGEST_FILE_NAME, Happens, Piece, Upload
from linkmgr.files.moved import refuse_moved
from linkmgr.files.outlook import outlook, store, stored_as
from linkmgr.files.records import WrongHeader, columns
from linkmgr.files.rejects import write_rejects

SAMPLES, LONGEST_SAMPLE = 3, 60
MOST_ROWS = 100_000
"""A browser waits for a minute, and other bulk writers of the kind and site as long: 100 000 rows take 25 s."""
MOST_COLUMNS = 200
"""More than any list of ours has, and still a form that can be filled in."""


class AppliedAlready(Exception):
    """Somebody has clicked twice."""


class UpTo:
    """The Watch of a load that nobody looks at, but that somebody waits for."""

    def __init__(self, most: int) -> None:
        self._most = most

    def read(self, part: Part, rows: int) -> None:
        if rows > self._most:
            raise Unreadable(part.source.name, f"has more than {self._most:,} rows: load it with `linkmgr bulk_import`")

    def storing(self, part: Part, rows: int) -> None: ...


@transaction.atomic
def keep(upload: Upload, content: IO[bytes], layout: Layout, by: Caller) -> bool:
    """Store a new upload with its content and, unless its header has to be mapped first (False), its plan.

    Raises formats.Unreadable and check.TooDeep; then nothing is kept.
    """
    Upload.objects.expired().delete()
    upload.layout, upload.name = layout.name, _short(upload.name)
    upload.save(force_insert=True)
    for number, piece in enumerate(iter(lambda: content.read(MIB), b"")):
        Piece.objects.create(upload=upload, number=number, content=piece)
    with opened(upload, layout) as part:
        upload.columns = _sampled(part.source) if isinstance(part.source, Table) else []
        upload.save(update_fields=["columns"])
        try:
            columns([name for name, _ in upload.columns], layout, {})
        except WrongHeader:
            return False
        _plan(upload, part, by)
    return True


@transaction.atomic
def plan(upload: Upload, layout: Layout, by: Caller, renamed: Mapping[str, str]) -> None:
    """Find out anew what it would do, with its columns mapped to ours in this way.

    Raises AppliedAlready, formats.Unreadable, records.WrongHeader and check.TooDeep.
    """
    _lock(upload)
    upload.renamed = dict(renamed)
    with opened(upload, layout) as part:
        _plan(upload, part, by)


def apply(upload: Upload, layout: Layout, by: Caller) -> Loaded:
    """Store what the plan says, all of it in one transaction.

    Raises moved.Moved if that is no longer what would happen, and AppliedAlready; then nothing has changed.
    """
    with transaction.atomic():
        _lock(upload)
        with opened(upload, layout) as part:
            done = load([part], by=by, watch=UpTo(MOST_ROWS), with_plan=True)
            refuse_moved(upload, done.parts[0])
        _forget(upload, done.change_set)
    _count(done.parts[0])
    return done.parts[0]


def _count(done: Loaded) -> None:
    told = {
        Outcome.CREATED: done.created,
        Outcome.UPDATED: done.changed,
        Outcome.UNCHANGED: done.unchanged,
        counting.REFUSED: len(done.refused),
    }
    counting.items(done.part.layout.kind.name, {outcome: number for outcome, number in told.items() if number})


def refused_rows(upload: Upload, layout: Layout) -> tuple[IO[bytes], str]:
    """The refused rows as they stand in the file, with an `error` column: a file without a name, and its ending."""
    with opened(upload, layout) as part, TemporaryDirectory(prefix="linkmgr-") as directory:
        done = Loaded(part)
        refused = stored_as(upload, Happens.REFUSED)
        done.refused.extend(Refused(row.row, row.link_id or None, row.faults) for row in refused)
        path = Path(directory) / f"refused.{_ending(part)}"
        write_rejects(path, Load([done], None, kept=False))
        return path.open("rb"), _ending(part)


@contextmanager
def opened(upload: Upload, layout: Layout) -> Iterator[Part]:
    """The file as it was uploaded, under its name: that tells its format, and heads what is told of it."""
    with TemporaryDirectory(prefix="linkmgr-") as directory:
        path = Path(directory) / upload.name
        with path.open("wb") as file:
            for content in upload.pieces.values_list("content", flat=True).iterator(chunk_size=1):
                file.write(content)
        given = {name: getattr(upload, name) or None for name in ("encoding", "delimiter", "sheet")}
        with open_file(path, **given) as read:
            yield Part(layout, _single(read, layout), upload.renamed)


def _lock(upload: Upload) -> None:
    """Wait until nobody else plans or applies it, and see what they left."""
    upload.refresh_from_db(from_queryset=Upload.objects.select_for_update())
    if upload.change_set:
        raise AppliedAlready


def _plan(upload: Upload, part: Part, by: Caller) -> None:
    done = load([part], by=by, watch=UpTo(MOST_ROWS), dry_run=True, with_plan=True).parts[0]
    upload.counts = store(upload, outlook(done))
    upload.save(update_fields=["counts", "renamed"])


def _forget(upload: Upload, change_set: UUID | None) -> None:
    """What was applied is in the history."""
    upload.pieces.all().delete()
    upload.pages.all().delete()
    upload.change_set = change_set
    upload.save(update_fields=["change_set"])


def _ending(part: Part) -> str:
    if not isinstance(part.source, Table):
        return Format.NDJSON
    return Format.CSV if part.source.delimiter else Format.XLSX


def _single(read: Table | Items | Bundle, layout: Layout) -> Table | Items:
    if not isinstance(read, Bundle):
        return read
    if [*read.parts] == [layout.name]:
        return read.parts[layout.name]
    raise Unreadable(read.name, f"holds {', '.join(read.parts)}: upload a file of {layout.name} alone")


def _sampled(table: Table) -> list[Any]:
    """[name, a few values] of each column."""
    if len(table.header) > MOST_COLUMNS:
        raise Unreadable(table.name, f"has {len(table.header)} columns, which is too many for a list of ours")
    rows = [row.cells for row in islice(table.rows(), SAMPLES)]
    return [[name, [_sample(cells[at]) for cells in rows]] for at, name in enumerate(table.header)]


def _sample(cell: Any) -> str:
    return Truncator("" if cell is None else str(cell).replace("\0", "")).chars(LONGEST_SAMPLE)


def _short(name: str) -> str:
    """Its end, which tells the format, in no more bytes than a file system takes."""
    return name.encode()[-LONGEST_FILE_NAME:].decode(errors="ignore")
