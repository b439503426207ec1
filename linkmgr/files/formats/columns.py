"""The header of a table, and how rows fit beneath it."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from linkmgr.files.formats.rows import Cell, TableRow
from linkmgr.files.formats.unreadable import Unreadable


class Columns(NamedTuple):
    """`places` are those of the named columns among the `width` that the header has."""

    names: list[str]
    places: list[int]
    width: int

    @property
    def needed(self) -> int:
        """How many cells a row must have at least."""
        return self.places[-1] + 1

    @property
    def plain(self) -> bool:
        """Has every column a name, so that rows can be taken as they are?"""
        return len(self.names) == self.width


def columns_of(name: str, line: int, cells: Sequence[object]) -> Columns:
    """Columns without a name are left out: no data may stand beneath. Raises Unreadable for names given twice."""
    texts = [str("" if cell is None else cell).strip(" \t\r\n\ufeff\xa0") for cell in cells]
    names = [text for text in texts if text]
    if repeated := next((text for text, times in Counter(names).items() if times > 1), None):
        raise Unreadable(name, f"the column {repeated!r} is there twice", line)
    if not names:
        raise Unreadable(name, "has no header")
    return Columns(names, [at for at, text in enumerate(texts) if text], len(texts))


def fitted(name: str, columns: Columns, number: int, cells: Sequence[Cell]) -> TableRow:
    """The row with its fault, if it has too many cells or too few.

    Raises Unreadable for data in a column that has no name.
    """
    filled = [at for at, cell in enumerate(cells) if cell is not None]
    if any(at < columns.width for at in set(filled).difference(columns.places)):
        column = min(set(filled).difference(columns.places)) + 1
        raise Unreadable(name, f"column {column} has data but no name in the header", number)
    row: list[Cell] = [cells[at] if at < len(cells) else None for at in columns.places]
    if filled and filled[-1] >= columns.width:
        return TableRow(number, row, f"has {filled[-1] + 1} cells, the header only {columns.width}")
    if len(cells) < columns.needed:
        return TableRow(number, row, f"has only {len(cells)} cells, the header {columns.needed}: is the file cut off?")
    return TableRow(number, row)
