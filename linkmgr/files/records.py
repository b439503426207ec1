"""Rows and items of a file → records: the item as JSON as far as it could be read, and why the rest could not."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from difflib import get_close_matches
from itertools import islice
from typing import TypeVar

import msgspec

from linkmgr.files.formats.rows import Items, Table
from linkmgr.files.layout import CellFault, Cells, Layout

ERROR = "error"
"""The column that files of refused rows have and that is not read."""

T = TypeVar("T")


class WrongHeader(Exception):
    """Columns that no layout has, or one twice; the text names them and what they may have been meant for."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """`number` is the line or row in the file, `cells` those of a table by our names, None for JSON. A Struct as
    `formats.rows.Item` is."""

    number: int
    item: msgspec.Raw
    cells: Cells | None
    faults: list[CellFault]


def records(source: Table | Items, layout: Layout, zone: tzinfo, renamed: Mapping[str, str]) -> Iterator[Record]:
    """Every record in the order of the file. `renamed` maps its columns to ours.

    Raises WrongHeader before the first one, formats.Unreadable where the file breaks.
    """
    if isinstance(source, Table):
        return _of_table(source, columns(source.header, layout, renamed), layout, zone)
    return _of_items(source)


def columns(header: Sequence[str], layout: Layout, renamed: Mapping[str, str]) -> list[str]:
    """Our name for each column of the file, empty for one that is not read. Raises WrongHeader."""
    if strange := [name for name in renamed if name not in header]:
        raise WrongHeader(f"no column {', '.join(strange)} in the file; it has {', '.join(header)}")
    names = [renamed.get(name, plain_name(name)) for name in header]
    known = {*layout.header, ERROR, ""}
    if unknown := [given for given, name in zip(header, names, strict=True) if name not in known]:
        raise WrongHeader("; ".join(_meant(name, layout) for name in unknown))
    read = [name if name != ERROR else "" for name in names]
    if twice := {name for name in read if name and read.count(name) > 1}:
        raise WrongHeader(f"two columns for {', '.join(sorted(twice))}")
    return read


def plain_name(name: str) -> str:
    """As ours are written: `Link ID` → `link_id`."""
    return name.strip().lower().replace(" ", "_")


def in_pieces(values: Iterator[T], size: int) -> Iterator[list[T]]:
    while piece := list(islice(values, size)):
        yield piece


def _meant(name: str, layout: Layout) -> str:
    close = get_close_matches(name.lower(), layout.header, 1, 0.5)
    return f"unknown column {name}" + (
        f": did you mean {close[0]}?" if close else f"; {layout.name} have {', '.join(layout.header)}"
    )


def _of_table(source: Table, names: list[str], layout: Layout, zone: tzinfo) -> Iterator[Record]:
    encode = msgspec.json.Encoder(enc_hook=str).encode
    for row in source.rows():
        cells: Cells = {name: cell for name, cell in zip(names, row.cells, strict=False) if name and cell is not None}
        item, faults = layout.item(cells, zone)
        if row.fault:
            faults = [CellFault("", None, row.fault)]
        yield Record(row.number, msgspec.Raw(encode(item)), cells, faults)


def _of_items(source: Items) -> Iterator[Record]:
    for item in source.items():
        faults = [CellFault("", None, item.fault)] if item.fault else []
        yield Record(item.number, msgspec.Raw(b"{}" if faults else item.raw), None, faults)
