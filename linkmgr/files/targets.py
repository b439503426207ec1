"""Where rows are written to: what the name of a file says of its format, and a writer for each part of it."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from linkmgr.files.formats import Format, Unwritable, open_bundle_writer, open_writer

TABLES = (Format.CSV, Format.XLSX)


class Target(NamedTuple):
    """`path` None is standard output. A zip and JSON may have several parts."""

    path: Path | None
    format: Format
    compressed: bool

    @property
    def name(self) -> str:
        return "standard output" if self.path is None else self.path.name


class Parts(Protocol):
    def part(self, name: str, name_of_format: str) -> AbstractContextManager[Any]: ...


def target_of(path: Path | None, name_of_format: str | None = None) -> Target:
    """As its name ends, such as `.csv` or `.ndjson.gz`, if the format is not said. Raises Unwritable."""
    endings = [] if path is None else [ending.lower() for ending in path.suffixes[-2:]]
    compressed = bool(endings) and endings[-1] == ".gz"
    named = endings[-1 - compressed].removeprefix(".") if len(endings) > compressed else ""
    chosen = name_of_format or named
    if chosen not in {each.value for each in Format}:
        told = "standard output" if path is None else path.name
        raise Unwritable(
            f"{told} tells no format: it may end in {', '.join('.' + each for each in Format)}, or say one"
        )
    if compressed and chosen in {Format.XLSX, Format.ZIP}:
        raise Unwritable(f"{chosen} is compressed already: leave out .gz")
    return Target(path, Format(chosen), compressed)


@contextmanager
def open_parts(target: Target, parts: int) -> Iterator[Parts]:
    """Raises Unwritable for several parts where only one fits, and what cannot be written."""
    stream: Path | BinaryIO = target.path or sys.stdout.buffer
    if target.format is Format.ZIP:
        with open_bundle_writer(stream, "zip") as bundle:
            yield bundle
    elif parts == 1:
        yield _Single(stream, target)
    elif target.format is Format.JSON and not target.compressed:
        with open_bundle_writer(stream, "json") as bundle:
            yield bundle
    else:
        raise Unwritable(f"{target.name} can have one kind only: several go into .zip or .json")


def part_format(target: Target, wanted: str) -> str:
    """The format of one part: of a zip as wanted, else the file's own."""
    return wanted if target.format is Format.ZIP else target.format


class _Single:
    def __init__(self, stream: Path | BinaryIO, target: Target) -> None:
        self._stream = stream
        self._target = target

    def part(self, name: str, name_of_format: str) -> AbstractContextManager[Any]:
        return open_writer(self._stream, self._target.format, compressed=self._target.compressed)
