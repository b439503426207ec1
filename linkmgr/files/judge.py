"""Records → rows to stage, and refused ones with every fault of theirs. No database: the check is the API's."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from linkmgr.bulk.check import Checked, ItemFaults, OnFault, check, read_leniently
from linkmgr.bulk.faults import Fault
from linkmgr.bulk.reasons import dotted, reason
from linkmgr.files.layout import CellFault, Layout
from linkmgr.files.records import Record


class Refused(NamedTuple):
    """A row that was not taken; `row` as people count in the file."""

    row: int
    link_id: str | None
    faults: list[CellFault]


class Judged(NamedTuple):
    """Rows to stage with the numbers they have in the file, and the others."""

    rows: Checked
    numbers: list[int]
    refused: list[Refused]


def judge(records: Sequence[Record], layout: Layout, scope: Mapping[str, Any]) -> Judged:
    """Check records as the API checks items, and that they are within the scope (column → value).

    Raises check.TooDeep.
    """
    read = [record for record in records if not record.faults]
    rows = check(layout.kind.item, [record.item for record in read], OnFault.PARTIAL)
    refused = [_refused(read[item.position], item, layout) for item in rows.faulty]
    refused += [_unread(record, layout) for record in records if record.faults]
    rows, outside = _within(rows, scope)
    refused += [_outside(read[at], link_id, scope) for at, link_id in outside]
    refused.sort(key=lambda each: each.row)
    return Judged(rows, [read[index].number for index in rows.indexes], refused)


def _refused(record: Record, item: ItemFaults, layout: Layout) -> Refused:
    return Refused(record.number, item.link_id, [*_told(record, item.faults, layout)])


def _unread(record: Record, layout: Layout) -> Refused:
    """A record with cells that could not be read: those, and what else is wrong in the others."""
    faults = list(record.faults)
    columns = {name for fault in faults for name in layout.beside(fault.column)}
    link_id = None
    if "" not in columns:
        (link_id, found) = _also(record, layout)
        faults += [fault for fault in found if fault.column not in columns]
    return Refused(record.number, link_id, faults)


def _also(record: Record, layout: Layout) -> tuple[str | None, list[CellFault]]:
    checked = check(layout.kind.item, [record.item], OnFault.PARTIAL)
    if checked.link_ids:
        return checked.link_ids[0], []
    return checked.faulty[0].link_id, [*_told(record, checked.faulty[0].faults, layout)]


def _told(record: Record, faults: Sequence[Fault], layout: Layout) -> Iterator[CellFault]:
    for fault in faults:
        if record.cells is not None:
            yield layout.told(fault, record.cells)
        else:
            yield CellFault(dotted(fault.path), _value_at(record.item, fault), reason(fault))


def _value_at(item: msgspec.Raw, fault: Fault) -> Any:
    value = read_leniently(item)
    for step in fault.path:
        inside = (isinstance(value, dict) and step in value) or (isinstance(value, list) and isinstance(step, int))
        value = value[step] if inside else None
    return _tellable(value)


def _tellable(value: Any) -> Any:
    """With halves of surrogate pairs, which no text can hold, as they are escaped."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    told = json.dumps(value)
    return told if "\\ud" in told else value


def _within(rows: Checked, scope: Mapping[str, Any]) -> tuple[Checked, list[tuple[int, str]]]:
    """The rows within the scope, and (index, link_id) of the others."""
    if not scope:
        return rows, []
    wanted = [(rows.columns[name], value) for name, value in scope.items()]
    stands = [at for at in range(len(rows.indexes)) if all(column[at] == value for column, value in wanted)]
    if len(stands) == len(rows.indexes):
        return rows, []
    standing = set(stands)
    outside = [(index, rows.link_ids[at]) for at, index in enumerate(rows.indexes) if at not in standing]
    columns = {name: [column[at] for at in stands] for name, column in rows.columns.items()}
    link_ids = [rows.link_ids[at] for at in stands]
    return Checked([rows.indexes[at] for at in stands], link_ids, columns, rows.faulty), outside


def _outside(record: Record, link_id: str, scope: Mapping[str, Any]) -> Refused:
    told = " ".join(f"{name}={value}" for name, value in scope.items())
    return Refused(record.number, link_id, [CellFault(next(iter(scope)), None, f"is outside the scope {told}")])
