"""XLSX by XlsxWriter in its constant-memory mode: a row is on disk as soon as the next begins."""

from collections.abc import Sequence
from datetime import date, datetime, time
from types import TracebackType
from typing import IO, Any, Self

import xlsxwriter

from linkmgr.files.formats.formulas import neutralised
from linkmgr.files.formats.rows import Cell
from linkmgr.files.formats.unreadable import Unwritable

MOST_ROWS = 1_048_576  # of a sheet, the header among them
LONGEST_TEXT = 32_767  # of a cell, in UTF-16 units
OPTIONS = {"constant_memory": True, "default_date_format": "yyyy-mm-dd", "remove_timezone": False}


class XlsxSheet:
    """Texts are cells of the format Text: Excel makes neither dates nor numbers of them."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._workbook = xlsxwriter.Workbook(stream, OPTIONS)
        self._sheet = self._workbook.add_worksheet("data")
        self._sheet.freeze_panes(1, 0)
        self._format = self._workbook.add_format({"num_format": "@", "bold": True})
        self._plain = self._workbook.add_format({"num_format": "@"})
        self._moments = {
            datetime: self._workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: self._workbook.add_format({"num_format": "yyyy-mm-dd"}),
            time: self._workbook.add_format({"num_format": "hh:mm:ss"}),
        }
        self._height = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._workbook.close()  # removes its temporary files, too

    def write(self, row: Sequence[Cell]) -> None:
        """Raises Unwritable for more than a sheet, or a cell, can hold."""
        if self._height == MOST_ROWS:
            raise Unwritable(f"an XLSX sheet holds {MOST_ROWS - 1} rows below its header: choose CSV")
        for column, cell in enumerate(row):
            if cell is not None:
                self._write_cell(column, cell)
        self._height += 1
        self._format = self._plain

    def _write_cell(self, column: int, cell: Any) -> None:
        here = (self._height, column)
        if isinstance(cell, str):
            text = neutralised(cell)
            if len(text) > LONGEST_TEXT // 2 and len(text.encode("utf-16-le")) // 2 > LONGEST_TEXT:
                raise Unwritable(f"an XLSX cell holds {LONGEST_TEXT} characters, this text has more: choose CSV")
            self._sheet.write_string(*here, text, self._format)
        elif isinstance(cell, bool):
            self._sheet.write_boolean(*here, cell)
        elif isinstance(cell, int | float):
            self._sheet.write_number(*here, cell)
        else:
            self._sheet.write_datetime(*here, cell, self._moments[type(cell)])
