"""What a file is made of, once its bytes have been read."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import NamedTuple

import msgspec

Cell = str | int | float | bool | datetime | date | time | None

MIB = 1024 * 1024
LONGEST_RECORD = MIB  # no row or item of ours comes near; what does is no list of rows


class TableRow(NamedTuple):
    """As many cells as the header has names; `number` is the line (CSV) or sheet row (XLSX) where it begins.

    With a `fault` it was not so in the file, and nothing in it is to be trusted.
    """

    number: int
    cells: list[Cell]
    fault: str = ""


class Item(msgspec.Struct, frozen=True, gc=False):
    """`raw` is JSON of an object; with a `fault` it is not. `number` is its line (NDJSON) or place from 1 (JSON).

    A Struct, as a million named tuples take two seconds more to make and to keep track of.
    """

    number: int
    raw: bytes
    fault: str = ""


class Readable(ABC):
    """What can be read any number of times. `size` and `position()` are bytes, for a progress bar."""

    name: str
    size: int

    @abstractmethod
    def position(self) -> int: ...


class Table(Readable):
    """Rows under a header. An empty cell is None, `'` is the empty text. `encoding`, `delimiter`: what was found."""

    header: list[str]
    encoding: str = ""
    delimiter: str = ""

    @abstractmethod
    def rows(self) -> Iterator[TableRow]:
        """The rows that are not blank. Raises Unreadable where the rest cannot be read."""


class Items(Readable):
    """JSON objects."""

    @abstractmethod
    def items(self) -> Iterator[Item]:
        """Every item, in order. Raises Unreadable where the rest cannot be read."""


class Bundle(NamedTuple):
    """Several tables or lists in one file, by their names in lower case with `_` for `-`."""

    name: str
    parts: Mapping[str, Table | Items]


def part_name(name: str) -> str:
    return name.strip().lower().replace("-", "_")
