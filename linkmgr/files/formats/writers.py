"""One format each: rows or items → bytes on a stream, which stays open."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import IO

from linkmgr.files.formats.formulas import UNSAFE
from linkmgr.files.formats.rows import Cell
from linkmgr.files.formats.write_xlsx import XlsxSheet


class TableWriter(ABC):
    """The first row is the header. None is an empty cell, "" is `'`."""

    @abstractmethod
    def write(self, row: Sequence[Cell]) -> None: ...


class ItemWriter(ABC):
    """`raw` is JSON without a line break, which JSON never needs."""

    @abstractmethod
    def write(self, raw: bytes) -> None: ...


class CsvWriter(TableWriter):
    """As RFC 4180 has it, in UTF-8 with the mark without which Excel reads names as Windows-1252."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._writer = csv.writer(text)

    def write(self, row: Sequence[Cell]) -> None:
        self._writer.writerow(
            [("'" + cell if cell[:1] in UNSAFE else cell) if isinstance(cell, str) else _text(cell) for cell in row]
        )


class XlsxWriter(TableWriter):
    def __init__(self, sheet: XlsxSheet) -> None:
        self._sheet = sheet

    def write(self, row: Sequence[Cell]) -> None:
        self._sheet.write(row)


class JsonWriter(ItemWriter):
    """The elements of an array, one a line."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._between = b"\n"

    def write(self, raw: bytes) -> None:
        self._stream.write(self._between + raw)
        self._between = b",\n"


class NdjsonWriter(ItemWriter):
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, raw: bytes) -> None:
        self._stream.write(raw + b"\n")


@contextmanager
def csv_writer(stream: IO[bytes]) -> Iterator[TableWriter]:
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    try:
        yield CsvWriter(text)
        text.flush()
    finally:
        text.detach()


@contextmanager
def xlsx_writer(stream: IO[bytes]) -> Iterator[TableWriter]:
    with XlsxSheet(stream) as sheet:
        yield XlsxWriter(sheet)


@contextmanager
def json_writer(stream: IO[bytes]) -> Iterator[ItemWriter]:
    stream.write(b'{"list_items":[')
    yield JsonWriter(stream)
    stream.write(b"\n]}\n")


@contextmanager
def ndjson_writer(stream: IO[bytes]) -> Iterator[ItemWriter]:
    yield NdjsonWriter(stream)


def _text(cell: int | float | datetime | date | time | None) -> str | int | float | None:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell.isoformat() if isinstance(cell, date | time) else cell
