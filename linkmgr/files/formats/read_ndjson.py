"""NDJSON: one JSON object a line."""

import io
from collections.abc import Iterator

import msgspec

from linkmgr.bulk.check import read_leniently
from linkmgr.files.formats.recoded import open_utf8
from linkmgr.files.formats.rows import LONGEST_RECORD, Item, Items
from linkmgr.files.formats.source import Source
from linkmgr.files.formats.unreadable import Unreadable

OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class NdjsonItems(Items):
    def __init__(self, source: Source, encoding: str | None) -> None:
        self._source = source
        self._encoding = encoding
        self.name, self.size = source.name, source.size

    def position(self) -> int:
        return self._source.position

    def items(self) -> Iterator[Item]:
        with open_utf8(self._source, self._encoding) as stream:
            for number, line in self._lines(stream):
                raw = line.strip()
                if raw:
                    yield Item(number, raw, "" if is_object(raw) else "this line is not a JSON object")

    def _lines(self, stream: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
        number = 0
        while line := stream.readline(LONGEST_RECORD + 1):
            number += 1
            if len(line) > LONGEST_RECORD:
                raise Unreadable(self.name, f"this line is longer than {LONGEST_RECORD} bytes", number)
            yield number, line


def is_object(raw: bytes) -> bool:
    """Is this JSON, and an object? Half a surrogate pair, at which msgspec gives up, is somebody else's to judge."""
    try:
        OBJECT.decode(raw)
    except (ValueError, RecursionError):
        return _is_oddly_an_object(raw)
    return True


def _is_oddly_an_object(raw: bytes) -> bool:
    try:
        return isinstance(read_leniently(raw), dict)
    except (ValueError, RecursionError):
        return False
