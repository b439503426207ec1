"""XLSX: the rows of one sheet.

calamine holds a whole sheet in memory, about 0.7 KiB a row of nine columns (65 MiB for 100 000 rows), so `survey`
looks first how large it is; and it keeps silent about errors in cells, so `survey` finds them as well.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from linkmgr.files.formats.columns import columns_of, fitted
from linkmgr.files.formats.formulas import restored
from linkmgr.files.formats.rows import Cell, Table, TableRow
from linkmgr.files.formats.source import Source
from linkmgr.files.formats.survey import column_letters, survey
from linkmgr.files.formats.unreadable import Unreadable

EXACT = 2**53  # above, a float is not one integer but several
MIDNIGHT = datetime(1970, 1, 1)  # noqa: DTZ001 of the wall clock, as all of a sheet
PLAIN: set[type] = {int, bool, datetime, date, time}


class XlsxTable(Table):
    """The sheet of this name, else the first that is not hidden. A formula counts as the value it had when saved."""

    def __init__(self, source: Source, sheet: str | None) -> None:
        self._source = source
        self.name, self.size = source.name, source.size
        self._share_read = 0.0
        with _workbook(source) as workbook:
            self._sheet = _chosen(source.name, workbook, sheet)
        self._errors = survey(source, self._sheet)
        with self._loaded() as loaded:
            _refuse_merged(self.name, loaded)
            number, cells = next(_filled(loaded), (0, []))
        if not cells:
            raise Unreadable(self.name, f"is empty: its sheet {self._sheet!r} has no cells")
        self._columns = columns_of(self.name, number, cells)
        self._header_at = number
        self.header = self._columns.names

    def position(self) -> int:
        return int(self.size * self._share_read)

    def rows(self) -> Iterator[TableRow]:
        with self._loaded() as loaded:
            height = loaded.end[0] + 1 if loaded.end else 1
            for number, cells in _filled(loaded, self._errors):
                if number <= self._header_at:
                    continue
                self._share_read = number / height
                row = fitted(self.name, self._columns, number, cells)
                yield row._replace(fault=self._fault(number)) if number in self._errors else row

    def _fault(self, number: int) -> str:
        return f"the cell {column_letters(self._errors[number])}{number} holds an error, such as #REF!"

    @contextmanager
    def _loaded(self) -> Iterator[CalamineSheet]:
        """In memory for as long as it is read: a bundle may hold three."""
        with _workbook(self._source) as workbook:
            yield workbook.get_sheet_by_name(self._sheet)


def _filled(sheet: CalamineSheet, errors: dict[int, int] | None = None) -> Iterator[tuple[int, list[Cell]]]:
    """(sheet row, cells) of every row in which there is something to see."""
    for number, values in enumerate(sheet.iter_rows(), 1):
        seen = any(not isinstance(value, str) or value.strip() for value in values)
        if seen or (errors and number in errors):
            yield number, [_cell(value) for value in values]


def _cell(value: Any) -> Cell:
    if type(value) in PLAIN:
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        return restored(value) if value else None
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)
    if isinstance(value, timedelta):  # the format [h]:mm
        return (MIDNIGHT + value).time() if timedelta(0) <= value < timedelta(days=1) else str(value)
    return float(value)


def _chosen(name: str, workbook: CalamineWorkbook, sheet: str | None) -> str:
    worksheets = [each for each in workbook.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    if sheet is None:
        visible = [each.name for each in worksheets if each.visible == SheetVisibleEnum.Visible]
        if not visible:
            raise Unreadable(name, "has no sheet")
        return visible[0]
    if sheet not in (names := [each.name for each in worksheets]):
        raise Unreadable(name, f"has no sheet {sheet!r}, only {', '.join(map(repr, names))}")
    return sheet


def _refuse_merged(name: str, sheet: CalamineSheet) -> None:
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        cells = f"{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}"
        raise Unreadable(name, f"has merged cells in its sheet {sheet.name!r}: {cells}")


@contextmanager
def _workbook(source: Source) -> Iterator[CalamineWorkbook]:
    try:
        with source.open() as stream, CalamineWorkbook.from_filelike(stream) as workbook:
            yield workbook
    except (CalamineError, OSError) as error:
        raise Unreadable(source.name, f"cannot be read as a workbook: {error}") from error
