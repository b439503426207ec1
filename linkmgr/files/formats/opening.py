"""A file of any format, opened: found out what it is, and checked as far as it can be without reading its rows."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from linkmgr.files.formats.archive import members
from linkmgr.files.formats.read_csv import CsvTable
from linkmgr.files.formats.read_json import open_json
from linkmgr.files.formats.read_ndjson import NdjsonItems
from linkmgr.files.formats.read_xlsx import XlsxTable
from linkmgr.files.formats.rows import Bundle, Items, Table
from linkmgr.files.formats.sniff import GZIP, ZIP, Format, found_format, is_gzipped
from linkmgr.files.formats.source import Gzipped, Source, spooled, stored
from linkmgr.files.formats.unreadable import Unreadable


class Wanted(NamedTuple):
    """What the operator said of the file; None is to be found out."""

    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


@contextmanager
def open_file(
    path: Path | None,
    *,
    name_of_format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Iterator[Table | Items | Bundle]:
    """The table, list or bundle in this file (None: standard input), re-iterable until the context ends.

    Raises Unreadable here for what concerns the file as a whole, and while it is read for what is found only then.
    """
    wanted = Wanted(Format(name_of_format) if name_of_format else None, encoding, delimiter, sheet)
    with ExitStack() as resources:
        yield _opened(stored(path, resources), wanted, resources)


def _opened(source: Source, wanted: Wanted, resources: ExitStack) -> Table | Items | Bundle:
    source = _unpacked(source)
    if not source.head(1):
        raise Unreadable(source.name, "is empty")
    match found_format(source, wanted.format, wanted.encoding):
        case Format.CSV:
            return CsvTable(source, wanted.encoding, wanted.delimiter)
        case Format.XLSX:
            return XlsxTable(source, wanted.sheet)
        case Format.JSON:
            return open_json(source, wanted.encoding)
        case Format.NDJSON:
            return NdjsonItems(source, wanted.encoding)
        case Format.ZIP:
            return _bundle(source, wanted, resources)


def _unpacked(source: Source) -> Source:
    if is_gzipped(source):
        unpacked = Gzipped(source)
        if unpacked.head(4).startswith((GZIP, *ZIP)):
            raise Unreadable(source.name, "is compressed twice: unpack it once")
        return unpacked
    if source.name.lower().endswith(".gz"):
        raise Unreadable(source.name, "is not compressed, though its name ends in .gz: rename it")
    return source


def _bundle(source: Source, wanted: Wanted, resources: ExitStack) -> Bundle:
    parts: dict[str, Table | Items] = {}
    for name, member in members(source, resources).items():
        if is_gzipped(member):
            raise Unreadable(member.name, "is compressed twice: unpack it once")
        part = _opened(_seekable(member, resources), wanted._replace(format=None), resources)
        if isinstance(part, Bundle):
            raise Unreadable(member.name, "is itself a bundle of several lists")
        parts[name] = part
    return Bundle(source.name, parts)


def _seekable(member: Source, resources: ExitStack) -> Source:
    """Texts are unpacked each time they are read; a workbook is a zip itself, which is read from its end."""
    if not member.head(4).startswith(ZIP):
        return member
    with member.open() as stream:
        return spooled(stream, member.name, resources)
