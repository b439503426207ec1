"""How the items of a kind lie in a table: a column a member, under flat names. An empty cell says nothing."""

import re
from collections.abc import Callable, Sequence
from datetime import date, time, tzinfo
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from linkmgr.bulk.faults import Fault, Path
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.reasons import dotted, reason
from linkmgr.files.formats.rows import Cell
from linkmgr.flags import yes_or_no

Cells = dict[str, Cell]
"""Those of one row that are not empty, by the names of their columns."""

WHOLE_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,40}\s*", re.ASCII)
MADE_A_DATE = "was made a date by the spreadsheet: format the column as text and enter it again"


class NoValue(ValueError):
    """A cell that cannot be read; its text says why."""


class CellFault(NamedTuple):
    """What is wrong in one row. `column` may be empty where it is not one of a single column."""

    column: str
    value: Any
    reason: str


class Column(NamedTuple):
    """`path` is the member of the item, `about` what people are told of it.

    `read` makes the member's value of a cell that is not empty, the other cells of the row and the site's clock, and
    raises NoValue; `write` makes the cell. Without them the member's type says how. An empty text is written as an
    empty cell, unless it `means_something` else than not being given.
    """

    name: str
    path: tuple[str, ...]
    about: str
    read: Callable[[Cell, Cells, tzinfo], Any] | None = None
    write: Callable[[Any, tzinfo], Cell] | None = None
    means_something: bool = False


class Group(NamedTuple):
    """Columns that are one member together. `read` makes its value, raising NoValue with the name of the column at
    fault in front (`repeat: …`), `write` makes the cells."""

    path: tuple[str, ...]
    columns: tuple[str, ...]
    read: Callable[[Cells, tzinfo], Any]
    write: Callable[[Any, tzinfo], Cells]


class Layout:
    """`name` is the word for its files: `apartments`."""

    def __init__(self, name: str, kind: Kind, *columns: Column, group: Group | None = None) -> None:
        self.name = name
        self.kind = kind
        self.columns = columns
        self.header = [column.name for column in columns]
        self._group = group

    def item(self, cells: Cells, zone: tzinfo) -> tuple[dict[str, Any], list[CellFault]]:
        """The item of one row as far as its cells can be read, and why the others cannot."""
        item: dict[str, Any] = {parent: {} for parent in self._parents}
        faults = []
        for name, path, read in self._readers:
            if (cell := cells.get(name)) is None:
                continue
            try:
                _put(item, path, read(cell, cells, zone))
            except NoValue as error:
                faults.append(CellFault(name, cell, str(error)))
        if self._group:
            faults += self._read_group(self._group, item, cells, zone)
        return item, faults

    def cells(self, item: msgspec.Struct, zone: tzinfo) -> list[Cell]:
        """The row of an item, a cell for each column."""
        members = msgspec.to_builtins(item)
        grouped = self._group.write(_get(members, self._group.path), zone) if self._group else {}
        return [
            grouped.get(column.name) if self._grouped(column) else _written(column, members, zone)
            for column in self.columns
        ]

    def beside(self, column: str) -> set[str]:
        """The column, and those that are one member together with it."""
        return {column, *(self._group.columns if self._group and column in self._group.columns else ())}

    def told(self, fault: Fault, cells: Cells) -> CellFault:
        """Under the column that has most of the fault's path, of those that say something if any of them does."""
        names = tuple(step for step in fault.path if isinstance(step, str))
        known = [column for column in self.columns if column.path == names[: len(column.path)]]
        if not known:
            return CellFault(".".join(names), None, reason(fault))
        said = [column for column in known if column.name in cells]
        column = max(said or known, key=lambda column: len(column.path))
        return CellFault(column.name, cells.get(column.name), self._inside(column, fault.path) + reason(fault))

    def _inside(self, column: Column, path: Path) -> str:
        """Where in the JSON of a group."""
        rest = path[len(column.path) :]
        return f"{dotted(rest)} " if rest and self._group and column.path == self._group.path else ""

    def _read_group(self, group: Group, item: dict[str, Any], cells: Cells, zone: tzinfo) -> list[CellFault]:
        try:
            _put(item, group.path, group.read(cells, zone))
        except NoValue as error:
            column, _, why = str(error).partition(": ")
            return [CellFault(column, cells.get(column), why)]
        return []

    def _grouped(self, column: Column) -> bool:
        return self._group is not None and column.name in self._group.columns

    @cached_property
    def _parents(self) -> list[str]:
        return [*dict.fromkeys(column.path[0] for column in self.columns if len(column.path) == 2)]

    @cached_property
    def _readers(self) -> list[tuple[str, tuple[str, ...], Callable[[Cell, Cells, tzinfo], Any]]]:
        """(name, path, read) of columns that are a member by themselves."""
        shape = inspect.type_info(self.kind.item)
        return [
            (column.name, column.path, column.read or READERS.get(_type_at(shape, column.path), as_text))
            for column in self.columns
            if not self._grouped(column)
        ]


# ── cells by type ────────────────────────────────────────────────────────────────────────────────────────────────────


def as_whole_number(cell: Cell, *_: Any) -> Any:
    """An integer, if the cell says one; else what it says, for the check to refuse."""
    if isinstance(cell, str) and WHOLE_NUMBER.fullmatch(cell):
        return int(cell)
    return as_text(cell) if isinstance(cell, date | time) else cell


def as_boolean(cell: Cell, *_: Any) -> Any:
    """True or false, if the cell says one of the two; else what it says, for the check to refuse."""
    flag = yes_or_no(str(cell).strip())
    return str(cell) if flag is None else flag


def as_text(cell: Cell, *_: Any) -> str:
    """The text, or the number as a text. Raises NoValue for what a spreadsheet has made of it."""
    if isinstance(cell, date | time):
        raise NoValue(MADE_A_DATE)
    return str(cell)


READERS: dict[type, Callable[[Cell, Cells, tzinfo], Any]] = {
    inspect.IntType: as_whole_number,
    inspect.BoolType: as_boolean,
}


def _type_at(shape: inspect.Type, path: Sequence[str]) -> type:
    """The type of a member, without bounds and without being optional."""
    match shape:
        case inspect.Metadata():
            return _type_at(shape.type, path)
        case inspect.StructType() if path:
            field = next(field for field in shape.fields if field.encode_name == path[0])
            return _type_at(field.type, path[1:])
    return type(shape)


def _put(item: dict[str, Any], path: Sequence[str], value: Any) -> None:
    if len(path) == 2:
        item[path[0]][path[1]] = value
    else:
        item[path[0]] = value


def _get(members: Any, path: Sequence[str]) -> Any:
    for step in path:
        members = members.get(step) if isinstance(members, dict) else None
    return members


def _written(column: Column, members: dict[str, Any], zone: tzinfo) -> Cell:
    value = _get(members, column.path)
    if value == "" and not column.means_something:
        return None
    return column.write(value, zone) if column.write else value
