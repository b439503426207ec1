"""What must be known of a workbook before calamine loads a sheet of it: is it of a bearable size, and where are errors.

calamine makes a rectangle of all cells between the first and the last, so two cells in opposite corners would take
hundreds of GiB; and it unpacks as much as there is, whatever the archive declares.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from copy import copy

from defusedxml.ElementTree import parse

from linkmgr.files.formats.rows import MIB
from linkmgr.files.formats.source import Source
from linkmgr.files.formats.unreadable import Unreadable

MOST_XML = 192 * MIB
MOST_CELLS = 3_000_000  # 330 000 rows of nine columns, which take 250 MiB; text formats have no such limit
PLACE = re.compile(rb"""<(?:\w+:)?(?:c|row)\s(?:[^<>]*?\s)?r\s*=\s*["']([A-Z]*)([0-9]+)""")
ERROR = re.compile(rb"""<(?:\w+:)?c\s(?=[^<>]*\bt\s*=\s*["']e["'])(?:[^<>]*?\s)?r\s*=\s*["']([A-Z]+)([0-9]+)""")
ERROR_NEEDS = re.compile(rb"""["']e["']""")
TAIL = 1024  # a tag of a cell is shorter: what is cut by the end of a piece is seen with the next
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, SyntaxError, ValueError, LookupError)


def survey(source: Source, sheet: str) -> dict[int, int]:
    """By row from 1, the column from 0 of the first error in this sheet. Raises Unreadable for too large a workbook."""
    too_large = Unreadable(source.name, "is too large a workbook to be held in memory: save it as CSV")
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > MOST_XML:
                raise too_large
            errors = {info.filename: _survey(archive, info, too_large) for info in infos}
            return errors[_file_of(archive, sheet)]
    except DAMAGE as error:
        raise Unreadable(source.name, f"is damaged or encrypted: {error}") from error


def column_letters(column: int) -> str:
    """0 → A, 26 → AA"""
    letters = ""
    column += 1
    while column:
        column, last = divmod(column - 1, 26)
        letters = chr(ord("A") + last) + letters
    return letters


def _survey(archive: zipfile.ZipFile, info: zipfile.ZipInfo, too_large: Unreadable) -> dict[int, int]:
    errors: dict[int, int] = {}
    columns, height = {b"A"}, 1
    for piece in _pieces(archive, info, too_large):
        found = PLACE.findall(piece)
        columns.update({column for column, _ in found})
        height = max(height, max((int(row) for row in {row for _, row in found}), default=1))
        for column, row in ERROR.findall(piece) if ERROR_NEEDS.search(piece) else ():
            errors.setdefault(int(row), _column_number(column))
        if height * max(map(_column_number, columns)) > MOST_CELLS:
            raise too_large
    return errors


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo, too_large: Unreadable) -> Iterator[bytes]:
    """The whole of a file, piece by piece with the tail of that before, up to where its data really end."""
    honest = copy(info)
    honest.file_size = MOST_XML + 1
    del honest.CRC  # which zipfile would look at only where the archive says the file ends
    count, tail = 0, b""
    with archive.open(honest) as member:
        while piece := member.read(MIB):
            count += len(piece)
            if count > info.file_size:
                raise too_large
            yield tail + piece
            tail = piece[-TAIL:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("@")
    return number - 1


def _file_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The file of the sheet of this name."""
    workbook = _parsed(archive, "xl/workbook.xml")
    sheets = {each.get("name"): each.attrib for each in workbook.iter() if each.tag.endswith("}sheet")}
    relation = next((value for name, value in sheets[sheet].items() if name.endswith("}id")), None)
    relations = _parsed(archive, "xl/_rels/workbook.xml.rels")
    targets = {each.get("Id"): each.get("Target", "") for each in relations.iter()}
    return posixpath.normpath(posixpath.join("/xl", targets[relation])).removeprefix("/")


def _parsed(archive: zipfile.ZipFile, name: str):  # type: ignore[no-untyped-def]
    with archive.open(name) as file:
        return parse(file, forbid_dtd=True)
