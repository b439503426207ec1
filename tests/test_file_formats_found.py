"""Which format, encoding and compression a file is in."""

import gzip
import io
import os
import sys
import zipfile
from pathlib import Path
from threading import Thread

import pytest

from linkmgr.files.formats import Items, Table, Unreadable, open_file, open_writer

pytestmark = pytest.mark.any_postgres

CSV = b"link_id,name\n1,Anna\n"
JSON = b'{"list_items":[{"link_id":"1"}]}'
NDJSON = b'{"link_id":"1"}\n{"link_id":"2"}\n'
RUSSIAN = ["Иван Петров", "Ёлкина, кв. 5", "ООО «Щит»"]
GERMAN = ["Jürgen Groß", "Änne Öz", "Müller"]
FRENCH = ["Hélène François", "Noël", "l’Haÿ, à Sèvres"]
SPANISH = ["Íñigo Peña", "Núñez", "María José"]


def workbook() -> bytes:
    stream = io.BytesIO()
    with open_writer(stream, "xlsx") as writer:
        writer.write(["link_id", "name"])
        writer.write(["1", "Anna"])
    return stream.getvalue()


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def opened(path: Path, **options: str) -> tuple[str, str]:
    """what it is, and the encoding if it is a table"""
    with open_file(path, **options) as file:
        return type(file).__name__, file.encoding if isinstance(file, Table) else ""


def refusal(path: Path, data: bytes, **options: str) -> str:
    path.write_bytes(data)
    with pytest.raises(Unreadable) as refused, open_file(path, **options) as file:
        for _ in file.items() if isinstance(file, Items) else file.rows() if isinstance(file, Table) else ():
            pass
    return str(refused.value)


def stable(value: object) -> str | None:
    """Ids for tests in several processes: compressed bytes hold the time at which they were made."""
    return "data" if isinstance(value, bytes) else None


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.csv", CSV, "CsvTable"),
        ("a.tsv", CSV, "CsvTable"),
        ("a", CSV, "CsvTable"),
        ("A.CSV.GZ", gzip.compress(CSV), "CsvTable"),
        ("a.download", gzip.compress(JSON), "JsonItems"),
        ("a.xlsx", workbook(), "XlsxTable"),
        ("a", workbook(), "XlsxTable"),
        ("a.json", JSON, "JsonItems"),
        ("a", JSON, "JsonItems"),
        ("a", b'{\n "list_items": []}', "JsonItems"),
        ("a", b' [\n{"a":1}]', "JsonItems"),
        ("a", b'{"contacts":[],"apartments":[]}', "Bundle"),
        ("a.jsonl", NDJSON, "NdjsonItems"),
        ("a", NDJSON, "NdjsonItems"),
        ("a", b'{"link_id":"1"}', "NdjsonItems"),
        ("a.ndjson", b'{"cut\n{"link_id":"1"}', "NdjsonItems"),
        ("a.ndjson", JSON, "NdjsonItems"),
        ("a.zip", zipped(**{"contacts.csv": CSV}), "Bundle"),
    ],
    ids=stable,
)
def test_the_format_is_found(tmp_path: Path, name: str, data: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert opened(tmp_path / name)[0] == kind


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.csv", workbook(), "a.csv is an XLSX workbook, not CSV: rename it or say --format xlsx"),
        ("a.csv.gz", gzip.compress(JSON), "a.csv.gz is JSON, not CSV: rename it or say --format json"),
        ("a.json", CSV, "a.json is CSV, not JSON: rename it or say --format csv"),
        ("a.json", NDJSON, "is NDJSON (an object on each line), not JSON: rename it or say --format ndjson"),
        ("a.ndjson", b"[1]", "a.ndjson is JSON, not NDJSON (an object on each line): rename it or say --format json"),
        ("a.ndjson", b'{\n"list_items":[]}', "say --format json"),
        ("a.xlsx", CSV, "a.xlsx is CSV, not an XLSX workbook: rename it or say --format csv"),
        ("a.zip", workbook(), "a.zip is an XLSX workbook, not a zip of several files: rename it or say --format xlsx"),
        ("a.csv.gz", CSV, "a.csv.gz is not compressed, though its name ends in .gz: rename it"),
        ("a.csv.gz", gzip.compress(gzip.compress(CSV)), "a.csv.gz is compressed twice: unpack it once"),
        ("a.xlsx.gz", gzip.compress(workbook()), "a.xlsx.gz is compressed twice: unpack it once"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "old Excel workbook (.xls)"),
        ("a.csv", b"%PDF-1.7", "a.csv is a PDF"),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(9), "a.csv is a picture"),
        ("a.csv", b"a,b\n\0\1\2,3\n", "a.csv is no text, nor a workbook: it holds NUL bytes"),
        ("a.xls", b"<html><table>", "a.xls is HTML or XML, whatever it is called: save it as .xlsx or .csv"),
        ("a.ods", zipped(mimetype=b"x", **{"content.xml": b""}), "is a file of the kind OpenDocument: save it as"),
        ("a.zip", zipped(**{"contacts.csv": CSV})[:-30], "is a damaged or cut off zip or workbook"),
        ("a.csv.gz", gzip.compress(CSV)[:-9], "a.csv.gz is cut off: its compressed data end too early"),
        ("a.csv.gz", gzip.compress(CSV)[:-8] + bytes(8), "a.csv.gz is damaged: CRC check failed"),
        ("a.csv.gz", gzip.compress(b""), "a.csv.gz is empty"),
    ],
    ids=stable,
)
def test_what_cannot_be_is_refused(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    assert reason in refusal(tmp_path / name, data)


def test_the_format_that_is_said_wins_over_the_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(NDJSON)
    assert opened(tmp_path / "a.csv", name_of_format="ndjson")[0] == "NdjsonItems"


@pytest.mark.parametrize(("said", "data"), [("xlsx", CSV), ("csv", workbook()), ("zip", JSON)])
def test_a_format_that_cannot_be_is_refused_even_if_it_is_said(tmp_path: Path, said: str, data: bytes) -> None:
    assert ", not " in refusal(tmp_path / "a", data, name_of_format=said)


def test_files_that_cannot_be_opened_are_named(tmp_path: Path) -> None:
    for path, reason in {tmp_path / "none.csv": "No such file", tmp_path: "Is a directory"}.items():
        with pytest.raises(Unreadable, match=f"cannot be opened: {reason}"), open_file(path):
            pass


def test_standard_input_is_read_more_than_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CSV)))
    with open_file(None) as file:
        assert isinstance(file, Table)
        assert file.name == "standard input"
        assert [*file.rows()] == [*file.rows()]


def test_a_pipe_with_a_name_is_read_more_than_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = Thread(target=(tmp_path / "pipe").write_bytes, args=[CSV])
    writer.start()
    with open_file(tmp_path / "pipe") as file:
        assert isinstance(file, Table)
        assert [*file.rows()] == [*file.rows()]
    writer.join()


@pytest.mark.parametrize(
    ("names", "written", "found"),
    [
        (["Anna"], "ascii", "utf-8"),
        (RUSSIAN, "utf-8", "utf-8"),
        (RUSSIAN, "utf-8-sig", "utf-8-sig"),
        (RUSSIAN, "utf-16", "utf-16"),
        (RUSSIAN, "utf-16-le", "utf-16-le"),
        (RUSSIAN, "utf-16-be", "utf-16-be"),
        (RUSSIAN, "utf-32", "utf-32"),
        (RUSSIAN, "cp1251", "cp1251"),
        (["12А", "12Б"], "cp1251", "cp1251"),
        (GERMAN, "cp1252", "cp1252"),
        (FRENCH, "cp1252", "cp1252"),
        (SPANISH, "cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, names: list[str], written: str, found: str) -> None:
    text = "link_id;name\n" + "".join(f'{at};"{name}"\n' for at, name in enumerate(names))
    (tmp_path / "a.csv").write_bytes(text.encode(written))
    with open_file(tmp_path / "a.csv") as file:
        assert isinstance(file, Table)
        assert (file.encoding, [row.cells[1] for row in file.rows()]) == (found, names)


def test_a_late_byte_decides_as_well(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"link_id,name\n" + b"1,Anna\n" * 300_000 + "2,Иван\n".encode("cp1251"))
    assert opened(tmp_path / "a.csv") == ("CsvTable", "cp1251")


def test_the_encoding_that_is_said_wins(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("a,b\n1,Groß\n".encode("cp437"))
    with open_file(tmp_path / "a.csv", encoding="cp437") as file:
        assert isinstance(file, Table)
        assert [row.cells[1] for row in file.rows()] == ["Groß"]


@pytest.mark.parametrize(
    ("data", "said", "reason"),
    [
        ("a,b\n1,Anna\n2,Groß\n".encode("latin-1"), {"encoding": "utf-8"}, "a.csv, line 3: these bytes are not utf-8"),
        ("a,b\n1,Иван\n2,Пётр".encode()[:-1], {}, "line 3: these bytes are not UTF-8, as the rest of the file is"),
        (b"a,b\n1,x\n" * 200_000 + b"1,\x81\n", {}, "line 400001: these bytes are no text: say --encoding"),
        (CSV, {"encoding": "rot13"}, "a.csv cannot be read: there is no encoding rot13"),
        (CSV, {"encoding": "klingon"}, "a.csv cannot be read: there is no encoding klingon"),
    ],
)
def test_bytes_that_do_not_decode_are_named(tmp_path: Path, data: bytes, said: dict[str, str], reason: str) -> None:
    assert reason in refusal(tmp_path / "a.csv", data, **said)


def test_json_that_is_not_what_it_is_said_to_be_is_unreadable(tmp_path: Path) -> None:
    data = b"\xff\xfe" + NDJSON.decode().encode("utf-16-le")[:-1]
    assert refusal(tmp_path / "a.ndjson", data) == "a.ndjson is not all utf-16: say --encoding"


def test_json_in_utf_16_is_recoded(tmp_path: Path) -> None:
    for name, data in {"a.ndjson": NDJSON.decode(), "b.json": JSON.decode()}.items():
        (tmp_path / name).write_bytes(data.encode("utf-16"))
        with open_file(tmp_path / name) as file:
            assert isinstance(file, Items)
            assert next(iter(file.items())).raw == b'{"link_id":"1"}'
