"""CSV: records of texts, in any of the usual encodings and delimiters."""

import csv
import io
import re
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial

from linkmgr.files.formats.columns import columns_of, fitted
from linkmgr.files.formats.encoding import find_encoding
from linkmgr.files.formats.formulas import restored
from linkmgr.files.formats.rows import LONGEST_RECORD, Cell, Table, TableRow
from linkmgr.files.formats.source import Source
from linkmgr.files.formats.unreadable import Unreadable

DELIMITERS = ",;\t|"
SEP = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)  # Excel's own first line
QUOTED = re.compile(r'"[^"]*(?:""[^"]*)*"?')
HEADER_LOOKED_AT = 64 * 1024


class CsvTable(Table):
    def __init__(self, source: Source, encoding: str | None, delimiter: str | None) -> None:
        self._source = source
        self.name, self.size = source.name, source.size
        self.encoding = find_encoding(source, encoding)
        self.delimiter = delimiter or self._found_delimiter()
        with closing(self._records()) as records:
            number, cells = next(records, (0, []))
        if not cells:
            raise Unreadable(self.name, "is empty")
        self._columns = columns_of(self.name, number, [restored(cell) for cell in cells])
        self.header = self._columns.names

    def position(self) -> int:
        return self._source.position

    def rows(self) -> Iterator[TableRow]:
        columns, width = self._columns, len(self.header) if self._columns.plain else -1
        with closing(self._records()) as records:
            next(records)
            for number, texts in records:
                cells: list[Cell] = [text or None for text in texts]
                if "'" in "".join(texts):  # hardly ever, so looked at once for all cells
                    cells = [restored(text) if text else None for text in texts]
                if len(cells) == width:
                    yield TableRow(number, cells)
                else:
                    yield fitted(self.name, columns, number, cells)

    def _records(self) -> Generator[tuple[int, list[str]], None, None]:
        """(line where it begins, cells) of every record that is not blank, the header first."""
        with self._text() as text:
            lines = _Lines(text, self.name)
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            number = 1
            try:
                for cells in reader:
                    if cells and (cells[0].strip() or "".join(cells).strip()):
                        yield number, cells
                    number = reader.line_num + 1
                    lines.record.clear()
            except csv.Error as error:
                raise self._unreadable(number, "".join(lines.record), str(error)) from error

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self._source.open(), self.encoding, newline="")

    def _found_delimiter(self) -> str:
        with self._text() as text:
            start = text.read(HEADER_LOOKED_AT).lstrip()
        if sep := SEP.match(start):
            return sep[1]
        header = re.split(r"[\r\n]", QUOTED.sub("", start), maxsplit=1)[0]
        return max(DELIMITERS, key=header.count)

    def _unreadable(self, number: int, record: str, error: str) -> Unreadable:
        """The record up to where it went wrong, read cell by cell to the quote that did it."""
        delimiter = re.escape(self.delimiter)
        cell = rf'(?:"[^"]*(?:""[^"]*)*"|(?!")[^{delimiter}\r\n]*)(?:{delimiter}|\r\n?|\n)'
        good = re.match(rf"(?:{cell})*", record)
        at = good.end() if good else 0
        line = number + len(re.findall(r"\r\n?|\n", record[:at]))
        if not record.startswith('"', at):
            return Unreadable(self.name, f"a cell cannot be read: {error}", line)
        if QUOTED.fullmatch(record, at):
            return Unreadable(self.name, "a quote opens here that never closes", line)
        return Unreadable(self.name, "a quoted cell goes on after its closing quote: is a quote missing?", line)


class _Lines:
    """The lines of a text, and those of the record being read."""

    def __init__(self, text: io.TextIOWrapper, name: str) -> None:
        self._text = text
        self._name = name
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        length = 0
        for number, line in enumerate(iter(partial(self._text.readline, LONGEST_RECORD + 1), ""), 1):
            length = length + len(line) if self.record else len(line)
            self.record.append(line)
            if length > LONGEST_RECORD:
                raise Unreadable(self._name, f"this line is longer than {LONGEST_RECORD} characters", number)
            yield "\n" if number == 1 and SEP.fullmatch(line.lstrip("\ufeff")) else line
