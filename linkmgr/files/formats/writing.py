"""Rows or items into a file of any format, as many as there are, in bounded memory."""

import gzip
import shutil
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, Literal, overload

from linkmgr.files.formats.replacing import replacing
from linkmgr.files.formats.rows import MIB
from linkmgr.files.formats.sniff import Format
from linkmgr.files.formats.writers import (
    ItemWriter,
    JsonWriter,
    TableWriter,
    csv_writer,
    json_writer,
    ndjson_writer,
    xlsx_writer,
)

WRITERS: dict[str, Any] = {
    Format.CSV: csv_writer,
    Format.XLSX: xlsx_writer,
    Format.JSON: json_writer,
    Format.NDJSON: ndjson_writer,
}
TableFormat = Literal["csv", "xlsx", Format.CSV, Format.XLSX]
ItemFormat = Literal["json", "ndjson", Format.JSON, Format.NDJSON]


@overload
def open_writer(
    target: Path | BinaryIO, name_of_format: TableFormat, *, compressed: bool = False
) -> AbstractContextManager[TableWriter]: ...
@overload
def open_writer(
    target: Path | BinaryIO, name_of_format: ItemFormat, *, compressed: bool = False
) -> AbstractContextManager[ItemWriter]: ...
@overload
def open_writer(
    target: Path | BinaryIO, name_of_format: str, *, compressed: bool = False
) -> AbstractContextManager[Any]: ...
def open_writer(
    target: Path | BinaryIO, name_of_format: str, *, compressed: bool = False
) -> AbstractContextManager[Any]:
    """A writer of one table or list. A path gets its file when the context ends well, and keeps the old one otherwise.

    Raises Unwritable, ValueError for an unknown format.
    """
    return _open_writer(target, Format(name_of_format), compressed=compressed)


class BundleWriter(ABC):
    """Named parts, one after the other."""

    @abstractmethod
    def part(self, name: str, name_of_format: str) -> AbstractContextManager[Any]:
        """A writer of the next part: of a table (csv, xlsx) or of items (json, ndjson)."""


@contextmanager
def open_bundle_writer(target: Path | BinaryIO, name_of_format: Literal["zip", "json"]) -> Iterator[BundleWriter]:
    """A zip with a file for each part, or a JSON object with a list for each."""
    with _target(target) as stream:
        if name_of_format == "zip":
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                yield _ZipWriter(archive)
        else:
            stream.write(b"{")
            yield _ObjectWriter(stream)
            stream.write(b"}\n")


class _ZipWriter(BundleWriter):
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    @contextmanager
    def part(self, name: str, name_of_format: str) -> Iterator[Any]:
        file = f"{name}.{Format(name_of_format)}"
        if name_of_format == Format.XLSX:  # itself a zip, which is not written from its beginning to its end
            with TemporaryFile() as whole:
                with xlsx_writer(whole) as writer:
                    yield writer
                whole.seek(0)
                with self._archive.open(zipfile.ZipInfo(file), "w", force_zip64=True) as member:
                    shutil.copyfileobj(whole, member, MIB)
            return
        with self._archive.open(file, "w", force_zip64=True) as member, WRITERS[name_of_format](member) as writer:
            yield writer


class _ObjectWriter(BundleWriter):
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._before = b""

    @contextmanager
    def part(self, name: str, name_of_format: str = Format.JSON) -> Iterator[ItemWriter]:
        if name_of_format != Format.JSON:
            raise ValueError(f"a part of JSON cannot be {name_of_format}")
        self._stream.write(b'%b"%b":[' % (self._before, name.encode()))
        yield JsonWriter(self._stream)
        self._stream.write(b"\n]")
        self._before = b",\n"


@contextmanager
def _open_writer(target: Path | BinaryIO, format_: Format, *, compressed: bool) -> Iterator[Any]:
    if format_ not in WRITERS or (compressed and format_ is Format.XLSX):
        raise ValueError(f"no single {'compressed ' * compressed}file of the format {format_} is written")
    with ExitStack() as stack:
        stream: Any = stack.enter_context(_target(target))
        if compressed:
            stream = stack.enter_context(gzip.GzipFile("", "wb", fileobj=stream, compresslevel=6))
        yield stack.enter_context(WRITERS[format_](stream))


@contextmanager
def _target(target: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(target, Path):
        with replacing(target) as file:
            yield file
    else:
        yield target
        target.flush()
