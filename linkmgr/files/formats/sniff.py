"""What format a file is in: by what it holds, which its name must not contradict."""

import re
import zipfile
from enum import StrEnum

import msgspec

from linkmgr.files.formats.encoding import marked
from linkmgr.files.formats.source import Source
from linkmgr.files.formats.unreadable import Unreadable


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    NDJSON = "ndjson"
    ZIP = "zip"


WORDS = {
    Format.CSV: "CSV",
    Format.XLSX: "an XLSX workbook",
    Format.JSON: "JSON",
    Format.NDJSON: "NDJSON (an object on each line)",
    Format.ZIP: "a zip of several files",
}
ENDINGS = {
    "csv": Format.CSV,
    "tsv": Format.CSV,
    "xlsx": Format.XLSX,
    "xlsm": Format.XLSX,
    "json": Format.JSON,
    "ndjson": Format.NDJSON,
    "jsonl": Format.NDJSON,
    "zip": Format.ZIP,
}
GZIP, ZIP = b"\x1f\x8b", (b"PK\3\4", b"PK\5\6")
FOREIGN = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls) or another Office file: save it as .xlsx",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"7z\xbc\xaf": "a 7z archive: unpack it",
    b"Rar!": "a RAR archive: unpack it",
    b"BZh": "packed with bzip2: unpack it",
    b"\xfd7zXZ": "packed with xz: unpack it",
    b"\x28\xb5\x2f\xfd": "packed with zstd: unpack it",
}
MARKUP = re.compile(r"<(?:\?xml|!doctype|html|table|workbook)", re.IGNORECASE)
OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def is_gzipped(source: Source) -> bool:
    return source.head(2) == GZIP


def found_format(source: Source, wanted: Format | None, encoding: str | None) -> Format:
    """The format of what is not compressed. Raises Unreadable if it is none of ours, or neither wanted nor named so."""
    head = source.head()
    _refuse_foreign(source.name, head)
    possible = _of_archive(source) if head.startswith(ZIP) else _of_text(source.name, head, encoding)
    named = ENDINGS.get(source.name.removesuffix(".gz").rpartition(".")[2].lower())
    packed = {Format.XLSX, Format.ZIP}
    if wanted:
        if wanted in possible or not packed & {wanted, *possible}:
            return wanted
        raise Unreadable(source.name, f"is {WORDS[possible[0]]}, not {WORDS[wanted]}")
    if named and named not in possible:
        advice = f"rename it or say --format {possible[0]}"
        raise Unreadable(source.name, f"is {WORDS[possible[0]]}, not {WORDS[named]}: {advice}")
    return named or possible[0]


def _refuse_foreign(name: str, head: bytes) -> None:
    foreign = next((words for magic, words in FOREIGN.items() if head.startswith(magic)), None)
    if foreign:
        raise Unreadable(name, f"is {foreign}")
    if not head.startswith(ZIP) and b"\0" in head and not marked(head):
        raise Unreadable(name, "is no text, nor a workbook: it holds NUL bytes")


def _of_archive(source: Source) -> list[Format]:
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise Unreadable(source.name, f"is a damaged or cut off zip or workbook: {error}") from error
    if "xl/workbook.xml" in names:
        return [Format.XLSX]
    foreign = {"xl/workbook.bin": ".xlsb", "mimetype": "OpenDocument", "word/document.xml": "Word"}
    if kind := next((foreign[name] for name in names if name in foreign), None):
        raise Unreadable(source.name, f"is a file of the kind {kind}: save it as .xlsx or .csv")
    return [Format.ZIP]


def _of_text(name: str, head: bytes, encoding: str | None) -> list[Format]:
    """The formats it can be, the likeliest first."""
    try:
        text = head.decode(encoding or marked(head) or "utf-8", "ignore").lstrip("\ufeff \t\r\n")
    except LookupError:
        return [Format.CSV]  # whose reader complains
    if MARKUP.match(text):
        raise Unreadable(name, "is HTML or XML, whatever it is called: save it as .xlsx or .csv")
    if text.startswith("["):
        return [Format.JSON]
    return _of_object(text) if text.startswith("{") else [Format.CSV]


def _of_object(text: str) -> list[Format]:
    """An object over several lines is JSON; objects on several lines are NDJSON; one object on one line may be either:
    a list is JSON, what has other members is an item."""
    line, _, after = text.partition("\n")
    try:
        members = OBJECT.decode(line)
    except (ValueError, RecursionError):
        return [Format.JSON] if line.strip() == "{" else [Format.JSON, Format.NDJSON]
    if after.strip():
        return [Format.NDJSON]
    lists = members and all(bytes(member).startswith(b"[") for member in members.values())
    either = [Format.NDJSON, Format.JSON]
    return either[::-1] if lists or "list_items" in members or not members else either
