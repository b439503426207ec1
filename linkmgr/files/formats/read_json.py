"""JSON: `{"list_items": [...]}`, a bare array, or an object with an array for each kind."""

from collections.abc import Iterator
from typing import NamedTuple

from linkmgr.files.formats.json_elements import elements, skip_value
from linkmgr.files.formats.json_stream import JsonStream
from linkmgr.files.formats.recoded import open_utf8
from linkmgr.files.formats.rows import MIB, Bundle, Item, Items, part_name
from linkmgr.files.formats.source import Source
from linkmgr.files.formats.unreadable import Unreadable

LIST = "list_items"


class _Array(NamedTuple):
    name: str
    offset: int


class JsonItems(Items):
    """The elements of an array: the whole file, or from `offset` on where the array's `[` has been taken."""

    def __init__(self, source: Source, encoding: str | None, array: _Array | None) -> None:
        self._source = source
        self._encoding = encoding
        self._array = array
        self.name = f"{source.name}/{array.name}" if array and array.name != LIST else source.name
        self.size = source.size

    def position(self) -> int:
        return self._source.position

    def items(self) -> Iterator[Item]:
        with open_utf8(self._source, self._encoding) as stream:
            left = self._array.offset if self._array else 0
            while left:
                left -= len(stream.read(min(left, MIB)))
            json = JsonStream(stream, self.name, self._array.offset if self._array else 0)
            if not self._array:
                json.expect(b"[")
            for number, raw in enumerate(elements(json), 1):
                yield Item(number, raw, "" if raw.startswith(b"{") else "this item is not a JSON object")
            if not self._array:
                json.expect_end()


def open_json(source: Source, encoding: str | None) -> Items | Bundle:
    """Raises Unreadable for what is neither; an object is read once as a whole to know where its arrays are."""
    with open_utf8(source, encoding) as stream:
        json = JsonStream(stream, source.name)
        if json.take(b"["):
            return JsonItems(source, encoding, None)
        json.expect(b"{")
        arrays, others = _members(json)
    names = [part_name(array.name) for array in arrays]
    if repeated := next((name for at, name in enumerate(names) if name in names[:at]), None):
        raise Unreadable(source.name, f"has the member {repeated!r} twice")
    if LIST in names:  # what else is there, the API ignores as well
        return JsonItems(source, encoding, arrays[names.index(LIST)])
    if others or not arrays:
        raise Unreadable(source.name, f"has no {LIST}, nor members that are all lists")
    return Bundle(source.name, {name: JsonItems(source, encoding, arrays[at]) for at, name in enumerate(names)})


def _members(json: JsonStream) -> tuple[list[_Array], list[str]]:
    """The members that are arrays, and the names of others."""
    arrays: list[_Array] = []
    others: list[str] = []
    more = not json.take(b"}")
    while more:
        name = json.key()
        if json.take(b"["):
            arrays.append(_Array(name, json.offset))
            for _ in elements(json):
                pass
        else:
            skip_value(json)
            others.append(name)
        more = json.take(b",")
        if not more:
            json.expect(b"}")
    json.expect_end()
    return arrays, others
