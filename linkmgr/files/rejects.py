"""Refused rows as they stood in the file, with an `error` column: to be corrected and loaded again."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from linkmgr.files.formats import Cell, Format, Item, Items, Table, TableRow, Unwritable
from linkmgr.files.judge import Refused
from linkmgr.files.load import Load, Loaded, Part
from linkmgr.files.records import ERROR
from linkmgr.files.report import refuse_unwritable
from linkmgr.files.targets import TABLES, open_parts, part_format, target_of

R = TypeVar("R", TableRow, Item)


def refuse_unfit(path: Path, parts: Sequence[Part]) -> None:
    """Before anything is stored. Raises Unwritable for a file that refused rows of these parts cannot go to."""
    refuse_unwritable(path)
    target = target_of(path)
    for part in parts:
        table = isinstance(part.source, Table)
        if target.format is not Format.ZIP and (target.format in TABLES) is not table:
            fitting = ".csv or .xlsx" if table else ".json or .ndjson"
            raise Unwritable(f"{target.name}: refused rows keep the layout of their file: name it {fitting}")
    if len(parts) > 1 and (target.compressed or target.format not in {Format.ZIP, Format.JSON}):
        raise Unwritable(f"{target.name} can have one kind only: name it .zip")


def write_rejects(path: Path, load: Load) -> None:
    """Those of each part, read from the file once more. Raises Unwritable."""
    target, parts = target_of(path), [part for part in load.parts if part.refused]
    with open_parts(target, len(load.parts)) as files:
        for part in parts:
            table = isinstance(part.part.source, Table)
            wanted = part_format(target, Format.CSV if table else Format.NDJSON)
            with files.part(part.part.layout.name, wanted) as writer:
                for row in _rows(part) if table else _items(part):
                    writer.write(row)


def _rows(part: Loaded) -> Iterator[list[Cell]]:
    """The header, and the refused rows of a table."""
    source = part.part.source
    assert isinstance(source, Table)
    places = [at for at, name in enumerate(source.header) if name != ERROR]
    yield [*(source.header[at] for at in places), ERROR]
    for row, error in _refused(source.rows(), part):
        yield [*(row.cells[at] for at in places), error]


def _items(part: Loaded) -> Iterator[bytes]:
    source = part.part.source
    assert isinstance(source, Items)
    for item, error in _refused(source.items(), part):
        yield _with_error(item, error)


def _refused(rows: Iterator[R], part: Loaded) -> Iterator[tuple[R, str]]:
    """Those of the rows that were refused, and why; both come in the order of the file."""
    refused = iter(part.refused)
    wanted = next(refused, None)
    for row in rows:
        if wanted and row.number == wanted.row:
            yield row, _told(wanted)
            wanted = next(refused, None)


def _with_error(item: Item, error: str) -> bytes:
    """What is no object, or no JSON, stands in one as its text."""
    if item.fault:
        return msgspec.json.encode({"item": item.raw.decode(errors="replace"), ERROR: error})
    try:
        return msgspec.json.encode({**msgspec.json.decode(item.raw), ERROR: error})
    except ValueError:  # halves of surrogate pairs, numbers of many digits: it stays as it is, on one line
        return b'%b,"%b":%b}' % (item.raw.strip()[:-1].replace(b"\n", b" "), ERROR.encode(), msgspec.json.encode(error))


def _told(refused: Refused) -> str:
    return "; ".join(f"{fault.column}: {fault.reason}" if fault.column else fault.reason for fault in refused.faults)
