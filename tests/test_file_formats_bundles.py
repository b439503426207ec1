"""Zips with a file for each kind, and bombs."""

import gzip
import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from linkmgr.files.formats import Bundle, Items, Table, Unreadable, open_file, open_writer

pytestmark = pytest.mark.any_postgres

CSV = b"link_id,name\n1,Anna\n"
ZEROS = 64 * 1024 * 1024


def zipped(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def workbook() -> bytes:
    stream = io.BytesIO()
    with open_writer(stream, "xlsx") as writer:
        writer.write(["link_id"])
        writer.write(["3"])
    return stream.getvalue()


def contents(path: Path) -> dict[str, list[object]]:
    with open_file(path) as file:
        parts = file.parts if isinstance(file, Bundle) else {"": file}
        return {
            name: [row.cells for row in part.rows()] if isinstance(part, Table) else [item.raw for item in part.items()]
            for name, part in parts.items()
        }


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as refused:
        contents(path)
    return str(refused.value)


def deflated_zeros(times: int) -> bytes:
    """64 MiB of zeros deflated once, and repeated: a block ended by a full flush can stand anywhere."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (pack.compress(bytes(ZEROS)) + pack.flush(zlib.Z_FULL_FLUSH)) * times + b"\3\0"


def lying_zip(path: Path, name: str, packed: bytes, declared: int) -> Path:
    """A zip whose only file says that it unpacks to so many bytes."""
    named = name.encode()
    fields = (20, 0, 8, 0, 33, 0, len(packed), declared, len(named), 0)
    local = b"PK\3\4" + struct.pack("<HHHHHIIIHH", *fields) + named + packed
    central = b"PK\1\2" + struct.pack("<HHHHHHIIIHHHHHII", 20, *fields, 0, 0, 0, 0, 0) + named
    path.write_bytes(local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0))
    return path


def test_a_zip_may_mix_formats(tmp_path: Path) -> None:
    files = {"out/": b"", "out/Time-Profiles.csv": CSV, "apartments.xlsx": workbook(), "contacts.ndjson": b'{"a":1}\n'}
    litter = {"__MACOSX/out/._contacts.csv": b"\0", "out/.DS_Store": b"\0"}
    found = contents(zipped(tmp_path / "a.zip", **files, **litter))
    assert found == {"time_profiles": [["1", "Anna"]], "apartments": [["3"]], "contacts": [b'{"a":1}']}


def test_parts_are_read_at_the_same_time_and_tell_their_progress(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", **{"a.csv": CSV, "b.json": b'[{"a":1}]'})
    with open_file(tmp_path / "a.zip") as file:
        assert isinstance(file, Bundle)
        first, second = file.parts.values()
        assert isinstance(first, Table)
        assert isinstance(second, Items)
        assert len([*zip(first.rows(), second.items(), strict=True)]) == 1
        assert (first.position(), second.position()) == (first.size, second.size) == (len(CSV), 9)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "a.zip is empty"),
        ({"../contacts.csv": CSV}, "a.zip holds a file with a path outside of it: '../contacts.csv'"),
        ({"/etc/contacts.csv": CSV}, "path outside of it"),
        ({"a\\..\\contacts.csv": CSV}, "path outside of it"),
        ({"C:\\contacts.csv": CSV}, "path outside of it"),
        ({"notes.doc": b"x"}, "a.zip holds 'notes.doc', which is not .csv, .xlsx, .json or .ndjson"),
        ({"inner.zip": b"PK\3\4"}, "a.zip holds 'inner.zip', which is not"),
        ({"a.csv.gz": gzip.compress(CSV)}, "a.zip holds 'a.csv.gz', which is not"),
        ({"a.csv": gzip.compress(CSV)}, "a.zip/a.csv is compressed twice: unpack it once"),
        ({"a.csv": b"a,a\n"}, "a.zip/a.csv, line 1: the column 'a' is there twice"),
        ({"a.csv": workbook()}, "a.zip/a.csv is an XLSX workbook, not CSV"),
        ({"a.json": b'{"b":[],"c":[]}'}, "a.zip/a.json is itself a bundle of several lists"),
        ({"x/a-b.csv": CSV, "y/A_B.ndjson": b"{}"}, "a.zip holds two files called a_b"),
        ({f"{at}.csv": CSV for at in range(101)}, "a.zip holds 101 files, which is too many"),
    ],
)
def test_what_a_zip_may_not_hold(tmp_path: Path, files: dict[str, bytes], reason: str) -> None:
    assert reason in refusal(zipped(tmp_path / "a.zip", **files))


def test_encrypted_files_are_refused(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "a.zip", **{"a.csv": CSV}).read_bytes())
    for header, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(header) + flags] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert "holds 'a.csv', which is encrypted or packed in an unusual way" in refusal(tmp_path / "a.zip")


@pytest.mark.parametrize(("declared", "reason"), [(160 * ZEROS % 2**32, "a.zip unpacks to"), (100, "is damaged")])
def test_a_zip_that_unpacks_to_10_gib_is_refused(tmp_path: Path, declared: int, reason: str) -> None:
    path = lying_zip(tmp_path / "a.zip", "a.ndjson", deflated_zeros(160), declared)
    assert reason in refusal(path)


def test_a_gz_that_unpacks_to_10_gib_is_refused(tmp_path: Path) -> None:
    start = zlib.compressobj(9, zlib.DEFLATED, -15)
    text = start.compress(b'a,b\n1,2\n"') + start.flush(zlib.Z_FULL_FLUSH)
    lines = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = (lines.compress(b"1,2\n" * (ZEROS // 4)) + lines.flush(zlib.Z_FULL_FLUSH)) * 160 + b"\3\0"
    (tmp_path / "a.csv.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + text + packed)
    assert refusal(tmp_path / "a.csv.gz") == "a.csv.gz unpacks to 101 MiB or more, which is too much"


def test_a_damaged_header_inside_a_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", **{"a.csv": CSV})
    path.write_bytes(path.read_bytes().replace(b"a.csv", b"b.csv", 1))
    assert refusal(path).startswith("a.zip/a.csv is damaged: File name in directory")


def test_a_file_cut_off_inside_a_zip_is_refused(tmp_path: Path) -> None:
    packed = zlib.compressobj(9, zlib.DEFLATED, -15).compress(bytes(range(256)) * 4096)
    path = lying_zip(tmp_path / "a.zip", "a.csv", packed[: len(packed) // 2], 2**20)
    assert refusal(path).startswith("a.zip/a.csv is")
