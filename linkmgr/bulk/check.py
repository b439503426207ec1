"""Raw items → rows or faults. No database yet: every item is checked before anything is touched."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cache
from itertools import islice
from typing import Any, NamedTuple, NoReturn

import msgspec
from msgspec import inspect

from linkmgr.bulk.faults import NO_JSON, Fault, Need, Problem, find_faults
from linkmgr.bulk.fields import Columns, Item

LINK_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
WIDTH, HEX_DIGITS, HYPHENS = 36, 32, (8, 13, 18, 23)
MOST_FAULTS = 100  # of one item: it has some twenty members, so what has more is none
NUL = rb"\u0000"
"""How it is written in JSON, and cannot be written otherwise."""
MOST_DIGITS = 40  # a longer integer is out of every range, and int() would take its time


class OnFault(Enum):
    """What a faulty item means for the request (contract §1)."""

    REFUSE = "any fault refuses the request"
    SPARE_VALUES = "an item whose values alone are at fault fails alone (seed 002)"
    PARTIAL = "every faulty item fails alone (partial=true)"


class ItemFaults(NamedTuple):
    """The faults of one item of the request, by its position from 0."""

    position: int
    link_id: str | None
    faults: tuple[Fault, ...]


class Refused(Exception):
    """The request is refused for these items; nothing was stored."""

    def __init__(self, items: Sequence[ItemFaults], cause: Fault) -> None:
        super().__init__(f"{len(items)} faulty items")
        self.items = items
        self.cause = cause


class TooDeep(Exception):
    """An item is nested deeper than anything that could be meant."""

    def __str__(self) -> str:
        return "an item is nested too deep"


class Checked(NamedTuple):
    """Good items as columns, with the index each had in the request; and the faulty ones, in request order."""

    indexes: list[int]
    link_ids: list[str]
    columns: Columns
    faulty: list[ItemFaults]


def check(item_type: type[Item], raws: Sequence[msgspec.Raw], on_fault: OnFault) -> Checked:
    """Decode and judge every item.

    Raises Refused with all faulty items if one of them refuses the request, TooDeep for absurd nesting.
    """
    try:
        return _check(item_type, raws, on_fault)
    except RecursionError as error:
        raise TooDeep from error


def read_leniently(raw: bytes | msgspec.Raw) -> Any:
    """JSON as the standard library reads it: halves of surrogate pairs and numbers of many digits, at which msgspec
    gives up wherever they stand, pass, to be judged in their places. Raises ValueError or RecursionError."""
    text = bytes(raw).decode()  # or json would take UTF-16 too
    return json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_refuse)


def unlike(lines: Sequence[str], pattern: re.Pattern[str]) -> Iterator[int]:
    """The indexes of the lines that the pattern does not match as a whole.

    One search over all lines together tells in a twentieth of the time that there are none, as there mostly are.
    """
    text = "\n".join(lines)
    if text.count("\n") == len(lines) - 1 and not _first_unlike(pattern).search(text):
        return
    yield from (at for at, line in enumerate(lines) if not pattern.fullmatch(line))


def are_link_ids(link_ids: Sequence[str]) -> bool:
    """Are all of these UUIDs in their hyphenated form? (1 ms for 10 000; a regex takes ten.)"""
    text = "".join(link_ids)
    if any(text[at::WIDTH] != "-" * len(link_ids) for at in HYPHENS):
        return False
    try:
        binary = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return False
    return len(text) == WIDTH * len(link_ids) and len(binary) * 2 == HEX_DIGITS * len(link_ids)


def _check(item_type: type[Item], raws: Sequence[msgspec.Raw], on_fault: OnFault) -> Checked:
    items, faults = _decode(item_type, raws)
    columns = item_type.columns(items)
    indexes = [index for index in range(len(raws)) if index not in faults]
    for at, fault in _late_faults(item_type, raws, items, columns):
        faults.setdefault(indexes[at], []).append(fault)
    faulty = [_judged(item_type, raws[index], index, faults[index]) for index in sorted(faults)]
    if cause := next((fault for item in faulty for fault in item.faults if _refuses(fault, on_fault)), None):
        raise Refused(faulty, cause)
    if len(indexes) + len(faulty) > len(raws):  # some were found only now
        stands = [at for at, index in enumerate(indexes) if index not in faults]
        columns = {name: [column[at] for at in stands] for name, column in columns.items()}
        items, indexes = [items[at] for at in stands], [indexes[at] for at in stands]
    return Checked(indexes, [item.link_id.lower() for item in items], columns, faulty)


def _integer(digits: str) -> int:
    return int(digits[:MOST_DIGITS])


def _float(digits: str) -> float:
    """The largest there is in place of infinity, which JSON has no word for."""
    return max(-sys.float_info.max, min(float(digits), sys.float_info.max))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


@cache
def _first_unlike(pattern: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(rf"^(?!(?:{pattern.pattern})$)", re.MULTILINE)


@cache
def _decoder(item_type: type[Item]) -> msgspec.json.Decoder[Item]:
    return msgspec.json.Decoder(item_type)


@cache
def _shape(item_type: type[Item]) -> inspect.Type:
    return inspect.type_info(item_type)


@cache
def _members(item_type: type[Item]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """msgspec reads the annotations anew every time."""
    return msgspec.structs.fields(item_type)


def _decode(item_type: type[Item], raws: Sequence[msgspec.Raw]) -> tuple[list[Item], dict[int, list[Fault]]]:
    """The items that decode, in order, and by index the faults of those that do not."""
    items: list[Item] = []
    faults: dict[int, list[Fault]] = {}
    decoded = map(_decoder(item_type).decode, raws)
    while (index := len(items) + len(faults)) < len(raws):
        try:
            items.extend(decoded)  # what decodes before one that does not stays
        except ValueError:  # of msgspec, or not UTF-8
            index = len(items) + len(faults)
            if found := [*_faults_of(item_type, raws[index])]:
                faults[index] = found
            else:  # only members nobody reads were odd
                items.append(msgspec.convert(read_leniently(raws[index]), item_type))
    return items, faults


def _faults_of(item_type: type[Item], raw: msgspec.Raw) -> Iterator[Fault]:
    """Of an item that does not decode; a line of a stream may not even be JSON."""
    try:
        value = read_leniently(raw)
    except ValueError:
        yield Fault((), Problem.TYPE, Need("object"), NO_JSON)
        return
    yield from islice(find_faults(_shape(item_type), value), MOST_FAULTS)


def _late_faults(
    item_type: type[Item], raws: Sequence[msgspec.Raw], items: Sequence[Item], columns: Columns
) -> Iterator[tuple[int, Fault]]:
    """Faults that decoding does not see, each searched over a whole column."""
    link_ids = [item.link_id for item in items]
    if not are_link_ids(link_ids):
        for at in unlike(link_ids, LINK_ID):
            yield at, Fault(("link_id",), Problem.VALUE, Need("uuid"), "uuid")
    if NUL in b"".join(raws):
        for column in columns.values():
            yield from ((at, Fault((), Problem.VALUE)) for at, text in enumerate(column) if _has_nul(text))
    yield from item_type.faults(items)


def _has_nul(value: Any) -> bool:
    return isinstance(value, str) and "\0" in value


def _judged(item_type: type[Item], raw: msgspec.Raw, index: int, faults: list[Fault]) -> ItemFaults:
    """All faults of an item that has one, found anew: of its members, then of members that are fine one by one."""
    value = None if faults[0].word == NO_JSON else read_leniently(raw)
    if not isinstance(value, dict):
        return ItemFaults(index, None, tuple(faults))
    found = [*islice(find_faults(_shape(item_type), value), MOST_FAULTS)]
    found += list(_faults_together(item_type, value, {str(fault.path[0]) for fault in found}))
    link_id = value.get("link_id")
    readable = link_id.lower() if isinstance(link_id, str) and LINK_ID.fullmatch(link_id) else None
    return ItemFaults(index, readable, tuple(found))


def _faults_together(item_type: type[Item], value: dict[str, Any], bad: set[str]) -> Iterator[Fault]:
    """The late faults of an item of which some members cannot be read: those are UNSET."""
    members: dict[str, Any] = {
        field.name: msgspec.convert(value[field.encode_name], field.type)
        if field.encode_name in value and field.encode_name not in bad
        else msgspec.UNSET
        for field in _members(item_type)
    }
    item = item_type(**members)
    if item.link_id is not msgspec.UNSET and not LINK_ID.fullmatch(item.link_id):  # type: ignore[comparison-overlap]
        yield Fault(("link_id",), Problem.VALUE, Need("uuid"), "uuid")
    yield from (fault for _, fault in item_type.faults([item]))


def _refuses(fault: Fault, on_fault: OnFault) -> bool:
    match on_fault:
        case OnFault.REFUSE:
            return True
        case OnFault.SPARE_VALUES:
            return fault.problem is not Problem.VALUE
        case OnFault.PARTIAL:
            return False
