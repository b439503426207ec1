"""The tables → a file: any number of rows by a server-side cursor, all of them as they were at one moment."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection, transaction
from django.db.models import QuerySet

from linkmgr.accounts.models import Site
from linkmgr.files.formats import Format
from linkmgr.files.layout import Layout
from linkmgr.files.targets import TABLES, Target, open_parts, part_format

ROWS_A_FETCH = 2_000


class Selection(NamedTuple):
    """The rows of one kind that are exported, of one site or of several."""

    layout: Layout
    rows: QuerySet[Any]


def rows_of(layout: Layout, site: Site, scope: dict[str, Any]) -> QuerySet[Any]:
    return layout.kind.model.objects.filter(site=site, **scope).order_by("pk")


def export(selections: Sequence[Selection], target: Target, watch: Callable[[Layout, int], None]) -> dict[str, int]:
    """Write them, and say how many rows of each kind; the file is there when it is complete, or not at all.

    `watch` is told how many rows of a layout are written so far. Raises formats.Unwritable.
    """
    counts = {}
    with transaction.atomic():
        if not connection.savepoint_ids:  # nobody has begun it before
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        with open_parts(target, len(selections)) as files:
            for selection in selections:
                wanted = part_format(target, Format.CSV)
                with files.part(selection.layout.name, wanted) as writer:
                    counts[selection.layout.name] = _write(selection, writer, wanted in TABLES, watch)
    return counts


def write_template(layout: Layout, target: Target) -> None:
    """A file with the columns of a kind and no row. Raises formats.Unwritable."""
    with open_parts(target, 1) as files, files.part(layout.name, part_format(target, Format.CSV)) as writer:
        writer.write(layout.header)


def _write(selection: Selection, writer: Any, table: bool, watch: Callable[[Layout, int], None]) -> int:
    layout, count = selection.layout, 0
    if table:
        writer.write(layout.header)
    for count, stored in enumerate(selection.rows.select_related("site").iterator(chunk_size=ROWS_A_FETCH), 1):
        item = layout.kind.item.of(stored)
        if table:
            writer.write(layout.cells(item, ZoneInfo(stored.site.time_zone)))
        else:
            writer.write(msgspec.json.encode(item))
        if count % ROWS_A_FETCH == 0:
            watch(layout, count)
    return count
