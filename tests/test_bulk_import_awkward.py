"""Files as people and spreadsheets leave them: what is understood, and what is refused with a clear reason."""

import codecs
import gzip
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from apartments.models import Apartment
from contacts.models import Contact
from linkmgr.history.models import ChangeSet
from tests.files import HEADERS, csv_of, load, saved, sheet, workbook
from tests.make import Estate, apartment, contact, link_id
from timeprofiles.models import TimeProfile

pytestmark = pytest.mark.django_db

ID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
HEADER = "link_id,name,type,number"
ROW = f"{ID},Anna,global,0001"

GOOD = {
    "a byte order mark": codecs.BOM_UTF8 + f"{HEADER}\n{ROW}\n".encode(),
    "no line end": f"{HEADER}\n{ROW}".encode(),
    "CR LF": f"{HEADER}\r\n{ROW}\r\n".encode(),
    "CR alone": f"{HEADER}\r{ROW}\r".encode(),
    "blank lines": f"\n\n{HEADER}\n\n{ROW}\n\n \n".encode(),
    "lines of nothing but delimiters": f"{HEADER}\n,,,\n{ROW}\n,,,\n".encode(),
    "trailing columns": f"{HEADER},,\n{ROW},,\n".encode(),
    "fewer trailing columns in the rows": f"{HEADER},,\n{ROW}\n".encode(),
    "Excel's first line": f"sep=;\n{HEADER};\n{ROW};\n".replace(",", ";").encode(),
    "spaces and capitals in the header": f" Link ID , NAME,Type,number \n{ROW}\n".encode(),
    "quotes around everything": '"{}"\n"{}"\n'.format(HEADER.replace(",", '","'), ROW.replace(",", '","')).encode(),
    "zeros that Excel ate": f"{HEADER}\n{ID},Anna,global,1\n".encode(),
    "columns in another order": f"number,type,name,link_id\n0001,global,Anna,{ID}\n".encode(),
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD)
def test_what_is_understood(home: Estate, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "contacts.csv").write_bytes(data)
    ran = load(home.site, tmp_path / "contacts.csv")
    stored = Contact.objects.get()
    assert (ran.status, str(stored.link_id), stored.name, stored.number) == (0, ID, "Anna", "0001")


@pytest.mark.parametrize("name", ["two\r\nlines", "two\nlines", 'a "quote"', "a, b; c", "\ttab", "'", "Ünï😀", "=1+1"])
def test_names_come_as_they_are(home: Estate, tmp_path: Path, name: str) -> None:
    cell = name if name[0] not in "=\t'" else f"'{name}"
    (tmp_path / "contacts.csv").write_bytes(csv_of([contact(name=cell)]).encode())
    assert load(home.site, tmp_path / "contacts.csv").status == 0
    assert Contact.objects.get().name == name


ZEROS = [
    ("regular", "1-1-1-1", "0001-01-01-01"),
    ("regular", "12-3-4-5", "0012-03-04-05"),
    ("individual", "1-1-1-1-1", "001-01-01-01-1"),
    ("multi", "1-0-1", "0001-00-01"),
    ("global", "1", "0001"),
    ("global", "0001", "0001"),
]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize(("kind", "eaten", "number"), ZEROS)
def test_zeros_that_excel_ate_are_given_back(
    home: Estate, tmp_path: Path, ending: str, kind: str, eaten: str, number: str
) -> None:
    assert load(home.site, saved(tmp_path / f"contacts.{ending}", [contact(type=kind, number=eaten)])).status == 0
    assert Contact.objects.get().number == number


FAULTY = {
    "a row cut off": (f"{HEADER}\n{ID},Anna\n", "2: has only 2 cells, the header 4: is the file cut off?"),
    "a comma too many": (f"{HEADER}\n{ID},An,na,global,1\n", "2: has 5 cells, the header only 4"),
    "no number": (f"{HEADER},is_p2p\n{ROW},2\n", '2: is_p2p "2": must be a boolean'),
    "nothing given": (f"{HEADER}\n,,global,\n", "2: link_id: is required"),
    "a date for a number": (f"{HEADER}\n{ID},Anna,multi,01.01.2001\n", '2: number "01.01.2001": must be BBBB-UU-DD'),
}


@pytest.mark.parametrize(("text", "fault"), FAULTY.values(), ids=FAULTY)
def test_rows_that_are_refused(home: Estate, tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "contacts.csv").write_text(text + csv_of([contact()]).splitlines()[1] + "," * text.count("is_p2p"))
    ran = load(home.site, tmp_path / "contacts.csv")
    assert (ran.status, Contact.objects.count()) == (1, 1), ran
    assert ran.faults.startswith(f"contacts.csv:{fault}"), ran.faults


WHOLE_NUMBERS = {"3.5": "must be an integer", "3.0": "must be an integer", "1 000": "must be an integer",
                 "x": "must be an integer", "9" * 30: "must be 0 to 99", "-1": "must be 0 to 99"}  # fmt: skip


@pytest.mark.parametrize(("cell", "reason"), WHOLE_NUMBERS.items())
def test_what_is_no_whole_number(home: Estate, tmp_path: Path, cell: str, reason: str) -> None:
    header = "link_id,building,unit,floor,room,apartment_name"
    (tmp_path / "apartments.csv").write_text(f"{header}\n{ID},1,{cell},1,1,Flat\n")
    ran = load(home.site, tmp_path / "apartments.csv")
    assert (ran.status, ran.faults) == (1, f'apartments.csv:2: unit "{cell}": {reason}\n') or cell.isdecimal(), ran
    assert reason in ran.faults


def test_blanks_around_a_whole_number_are_no_fault(home: Estate, tmp_path: Path) -> None:
    (tmp_path / "apartments.csv").write_text(
        f"link_id,building,unit,floor,room,apartment_name\n{ID}, 1,+2,03,4 ,Flat\n"
    )
    assert load(home.site, tmp_path / "apartments.csv").status == 0
    assert Apartment.objects.get().address == "1-2-3-4"


# ── workbooks ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("column", ["name", "number", "type", "link_id"])
def test_what_excel_made_a_date_is_refused_with_that_reason(home: Estate, tmp_path: Path, column: str) -> None:
    cells = dict(zip(HEADER.split(","), ROW.split(","), strict=True)) | {column: date(2001, 1, 1)}
    ran = load(home.site, workbook(tmp_path / "contacts.xlsx", HEADER, *cells.values()))
    assert ran.status == 1
    assert f"contacts.xlsx:2: {column} " in ran.faults
    assert "was made a date by the spreadsheet: format the column as text and enter it again" in ran.faults


def test_what_excel_made_a_date_of_a_whole_number_is_refused_as_well(home: Estate, tmp_path: Path) -> None:
    header = "link_id,building,unit,floor,room,apartment_name"
    ran = load(home.site, workbook(tmp_path / "apartments.xlsx", header, ID, date(1900, 2, 1), 1, 1, 1, "Flat"))
    assert 'apartments.xlsx:2: building "1900-02-01": ' in ran.faults
    assert "was made a date by the spreadsheet" in ran.faults


TIMES = "link_id,name,is_all_day,date_from,date_to,repeat"


@pytest.mark.parametrize("zone", ["UTC", "Europe/Prague", "America/St_Johns"])
def test_dates_of_a_workbook_are_by_the_sites_clock(home: Estate, tmp_path: Path, zone: str) -> None:
    type(home.site).objects.filter(pk=home.site.pk).update(time_zone=zone)
    moments = (datetime(2026, 7, 1, 8), date(2026, 7, 2))  # noqa: DTZ001 a sheet knows no zones
    assert load(home.site, workbook(tmp_path / "time_profiles.xlsx", TIMES, ID, "n", True, *moments, "no")).status == 0
    in_csv = f"{TIMES}\n{ID},n,true,2026-07-01 08:00,2026-07-02,no\n"
    (tmp_path / "time_profiles.csv").write_text(in_csv)
    load(home.site, tmp_path / "time_profiles.csv")
    assert ChangeSet.objects.count() == 1
    assert TimeProfile.objects.get().date_to - TimeProfile.objects.get().date_from == 16 * 3600


@pytest.mark.parametrize("serial", [46053, 46053.375])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_date_that_excel_made_a_number_is_not_taken_for_seconds(
    home: Estate, tmp_path: Path, ending: str, serial: float
) -> None:
    """46053 is 2026-01-31 to a spreadsheet, and 1970-01-01 12:47 as Unix seconds."""
    cells = (ID, "n", "no", 1_767_254_400, serial, "no")
    path = tmp_path / f"time_profiles.{ending}"
    path.write_text(f"{TIMES}\n{','.join(map(str, cells))}\n")
    ran = load(home.site, path if ending == "csv" else workbook(path, TIMES, *cells))
    assert ran.status == 1
    assert "looks like a date that a spreadsheet made a number" in ran.faults


def test_merged_cells_are_refused(home: Estate, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "contacts.xlsx") as book:
        page = book.add_worksheet("Sheet")
        page.write_row(0, 0, HEADER.split(","))
        page.merge_range(1, 1, 2, 1, "Anna")
    ran = load(home.site, tmp_path / "contacts.xlsx")
    assert (ran.status, ran.faults) == (
        2, "contacts.xlsx has merged cells in its sheet 'Sheet': B2:B3. Nothing was changed.\n"
    )  # fmt: skip


def test_the_sheet_that_is_said_is_read(home: Estate, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "contacts.xlsx") as book:
        book.add_worksheet("First").write_row(0, 0, ["what"])
        page = book.add_worksheet("Second")
        page.write_row(0, 0, HEADER.split(","))
        page.write_row(1, 0, ROW.split(","))
    assert load(home.site, tmp_path / "contacts.xlsx").status == 2
    assert load(home.site, tmp_path / "contacts.xlsx", "--sheet", "Third").status == 2
    assert load(home.site, tmp_path / "contacts.xlsx", "--sheet", "Second").status == 0


# ── what is no such file ─────────────────────────────────────────────────────────────────────────────────────────────

WRONG: dict[str, tuple[str, bytes, str]] = {
    "empty": ("contacts.csv", b"", "contacts.csv is empty"),
    "JSON in a CSV": ("contacts.csv", b'[{"a":1}]', "is JSON, not CSV: rename it or say --format json"),
    "CSV in a workbook": ("contacts.xlsx", HEADER.encode(), "is CSV, not an XLSX workbook"),
    "a web page": ("contacts.xlsx", b"<html><table>", "is HTML or XML, whatever it is called"),
    "a PDF": ("contacts.csv", b"%PDF-1.7", "is a PDF"),
    "an old workbook": ("contacts.xlsx", b"\xd0\xcf\x11\xe0\0\0", "is an old Excel workbook"),
    "NULs": ("contacts.csv", b"a,b\n\0\0\0\0\0\0\0\0\0\0", "is no text"),
    "a header twice": ("contacts.csv", b"name,name\n", "the column 'name' is there twice"),
    "an open quote": ("contacts.csv", f'{HEADER}\n{ROW}\n"{ROW}\n'.encode(), "line 3: a quote opens here that never"),
    "JSON cut off": ("contacts.json", b'{"list_items":[{"link_id":"x"}', "is cut off: its JSON ends too early"),
    "gzip cut off": ("contacts.csv.gz", gzip.compress(HEADER.encode() * 99)[:-9], "is cut off: its compressed data"),
    "no gzip": ("contacts.csv.gz", HEADER.encode(), "is not compressed, though its name ends in .gz"),
    "data without a header": ("contacts.csv", f"{HEADER},\n{ROW},x\n".encode(), "column 5 has data but no name"),
    "broken UTF-8": ("contacts.csv", f"{HEADER}\nЖЖЖЖЖЖ".encode() + b"\xff\n", "line 2: these bytes are not UTF-8"),
    "a line of a megabyte": ("contacts.csv", HEADER.encode() + b"x" * 2**21, "is longer than 1048576 characters"),
    "an object of a megabyte": ("contacts.ndjson", b'{"a":1}\n{"a":"' + b"x" * 2**21, "is longer than 1048576 bytes"),
}


@pytest.mark.parametrize(("name", "data", "reason"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("words", [(), ("--dry-run",), ("--per-batch",)])
def test_a_file_that_cannot_be_read_is_2_and_changes_nothing(
    home: Estate, tmp_path: Path, name: str, data: bytes, reason: str, words: tuple[str, ...]
) -> None:
    (tmp_path / name).write_bytes(data)
    ran = load(home.site, tmp_path / name, *words)
    assert (ran.status, reason in ran.faults, Contact.objects.count()) == (2, True, 0), ran


def test_a_zip_that_unpacks_to_10_gib_is_2(home: Estate, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "estate.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("contacts.csv", b"\0" * 2**28)
    ran = load(home.site, tmp_path / "estate.zip")
    assert (ran.status, "which is too much" in ran.faults) == (2, True)


def test_what_breaks_in_the_end_undoes_what_was_before(home: Estate, tmp_path: Path) -> None:
    items = [contact() for _ in range(100)]
    (tmp_path / "contacts.csv").write_text(csv_of(items) + '"open\n')
    assert (load(home.site, tmp_path / "contacts.csv").status, Contact.objects.count()) == (2, 0)


def test_a_directory_and_a_missing_file_are_2(home: Estate, tmp_path: Path) -> None:
    assert load(home.site, tmp_path).faults == f"{tmp_path} cannot be opened: Is a directory. Nothing was changed.\n"
    assert load(home.site, tmp_path / "none.csv").status == 2


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("cell", ["\0", "\u0000x", "𝒳" * 300, "\x1b", "1e400", "[" * 900, '{"a":' * 90, "-0", "NaN"])
def test_no_cell_makes_it_fail(home: Estate, tmp_path: Path, kind: str, cell: str) -> None:
    """Whatever stands in every column at once: the row is refused, and that is all."""
    header = HEADERS[kind]
    quoted = '"{}"'.format(cell.replace('"', '""'))
    (tmp_path / f"{kind}.csv").write_text(f"{','.join(header)}\n{','.join([quoted] * len(header))}\n")
    rejects = ("--rejects", tmp_path / "r.csv", "--report", tmp_path / "r.json")
    ran = load(home.site, tmp_path / f"{kind}.csv", *rejects)
    assert ran.status == 1 or (ran.status == 2 and "NUL" in ran.faults), ran


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("odd", [b"\\ud800", b"\\u0000", b"\xff", b"\xed\xa0\x80", b'"', b"\\x", b"\n"])
def test_no_text_of_an_item_makes_it_fail(home: Estate, tmp_path: Path, kind: str, odd: bytes) -> None:
    line = b'{"link_id":"' + link_id().encode() + b'","name":"ODD","apartment_name":"ODD","ODD":"ODD"}\n'
    (tmp_path / f"{kind}.ndjson").write_bytes(line.replace(b"ODD", odd) + b'{"link_id":1}\n')
    rejects = ("--rejects", tmp_path / "r.ndjson", "--report", tmp_path / "r.json")
    ran = load(home.site, tmp_path / f"{kind}.ndjson", *rejects)
    assert ran.status in {1, 2}, ran
    if ran.status == 1:
        assert load(home.site, tmp_path / "r.ndjson", "--kind", kind).status == 1


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("value", [b"1e999", b"9" * 5000, b"-0", b"1.0", b"[]", b"NaN", b"-Infinity"])
def test_no_value_of_an_item_makes_it_fail(home: Estate, tmp_path: Path, kind: str, value: bytes) -> None:
    line = b'{"link_id":' + value + b',"name":' + value + b',"other":[' + value + b"]}\n"
    (tmp_path / f"{kind}.ndjson").write_bytes(b"{}\n" + line)
    ran = load(home.site, tmp_path / f"{kind}.ndjson", "--rejects", tmp_path / "r.ndjson")
    assert ran.status == 1, ran


def test_rows_of_a_sheet_are_numbered_as_in_the_sheet(home: Estate, tmp_path: Path) -> None:
    text = csv_of([apartment(), apartment(apartment_name=" x ")])
    ran = load(home.site, sheet(tmp_path / "apartments.xlsx", text.replace("\r\n", "\r\n\r\n", 1)))
    assert ran.faults.startswith("apartments.xlsx:4: apartment_name")
