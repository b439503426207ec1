"""XLSX: what a sheet holds, and what it may not."""

import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from linkmgr.files.formats import Table, TableRow, Unreadable, open_file

pytestmark = pytest.mark.any_postgres

NAMES = [*"abcdefghijk"]
Fill = Callable[[Any, Any], object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.xlsx"


def fill(path: Path, *fills: Fill) -> None:
    """A workbook with a sheet for each: `fill(sheet, workbook)`."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as workbook:
        for each in fills:
            each(workbook.add_worksheet(), workbook)


def write(*rows: list[Any]) -> Fill:
    return lambda sheet, _: [sheet.write_row(number, 0, row) for number, row in enumerate(rows)]


def rows(path: Path, **options: str) -> list[TableRow]:
    with open_file(path, **options) as file:
        assert isinstance(file, Table)
        return [*file.rows()]


def refusal(path: Path, **options: str) -> str:
    with pytest.raises(Unreadable) as refused:
        rows(path, **options)
    return str(refused.value)


def rewritten(path: Path, **changes: Callable[[str], str]) -> None:
    """The same zip with texts of its files changed; the key is the end of a file's name without `.xml`."""
    with zipfile.ZipFile(path) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            change = next((change for end, change in changes.items() if name.endswith(f"{end}.xml")), str)
            archive.writestr(name, change(text))


def test_rows_have_the_numbers_of_the_sheet(path: Path) -> None:
    fill(path, write([], [" a ", "b"], [], ["x", 1], ["", ""], [None, 2.5]))
    assert rows(path) == [TableRow(4, ["x", 1]), TableRow(6, [None, 2.5])]


def test_cells_have_types(path: Path) -> None:
    cells = [True, "007", 7, -5, 2.5, 1e300, "=1", "'=1", "'", "'tis", "é 😀\n_x0041_\r"]
    fill(path, lambda sheet, _: [sheet.write_row(0, 0, NAMES), *map(sheet.write, [1] * 11, range(11), cells)])
    assert rows(path) == [TableRow(2, [True, "007", 7, -5, 2.5, 1e300, "=1", "=1", "", "'tis", "é 😀\n_x0041_\r"])]


@pytest.mark.parametrize(
    ("number", "form", "expected"),
    [
        (45292, "yyyy-mm-dd", date(2024, 1, 1)),
        (45292.25, "dd.mm.yyyy hh:mm", datetime(2024, 1, 1, 6)),  # noqa: DTZ001 a sheet knows no zone
        (0.5, "hh:mm", time(12)),
        (0.5, "[h]:mm", time(12)),
        (1.5, "[h]:mm", "1 day, 12:00:00"),
        (0.5, "0.00", 0.5),
    ],
)
def test_dates_and_times_come_as_such(path: Path, number: float, form: str, expected: object) -> None:
    fill(
        path,
        lambda sheet, workbook: [
            sheet.write(0, 0, "a"),
            sheet.write(1, 0, number, workbook.add_format({"num_format": form})),
        ],
    )
    assert rows(path) == [TableRow(2, [expected])]


def test_formulas_count_as_the_value_they_had(path: Path) -> None:
    fill(path, lambda sheet, _: [sheet.write(0, 0, "a"), sheet.write_formula(1, 0, "=1+1", None, 2)])
    assert rows(path) == [TableRow(2, [2])]


def test_an_error_in_a_cell_is_a_fault_of_its_row(path: Path) -> None:
    fill(
        path,
        write(["#REF!"]),
        lambda sheet, _: [
            sheet.write_row(0, 0, ["a", "b"]),
            sheet.write(1, 0, 5),
            sheet.write_formula(1, 1, "=B9", None, "#REF!"),
            sheet.write_formula(2, 0, "=1/0", None, "#DIV/0!"),
        ],
    )
    found = [(row.number, row.fault) for row in rows(path, sheet="Sheet2")]
    assert found == [(2, "the cell B2 holds an error, such as #REF!"), (3, "the cell A3 holds an error, such as #REF!")]


def test_the_first_sheet_that_can_be_seen_is_read_or_the_one_that_is_said(path: Path) -> None:
    def shown(sheet: Any, _: Any) -> None:
        sheet.activate()
        sheet.write_column(0, 0, ["b", "second"])

    fill(path, lambda sheet, _: sheet.hide(), shown, write(["c"], ["third"]))
    assert rows(path) == [TableRow(2, ["second"])]
    assert rows(path, sheet="Sheet3") == [TableRow(2, ["third"])]
    assert refusal(path, sheet="Sheet4") == "a.xlsx has no sheet 'Sheet4', only 'Sheet1', 'Sheet2', 'Sheet3'"


@pytest.mark.parametrize(
    ("filled", "reason"),
    [
        (write(), "a.xlsx is empty: its sheet 'Sheet1' has no cells"),
        (write(["a", "a"]), "a.xlsx, line 1: the column 'a' is there twice"),
        (write(["a", "", "c"], [], [1, 2]), "a.xlsx, line 3: column 2 has data but no name in the header"),
        (write(["a"], [1, 2]), "a.xlsx, line 2: column 2 has data but no name in the header"),
        (lambda sheet, _: sheet.merge_range("B3:AA5", "x"), "a.xlsx has merged cells in its sheet 'Sheet1': B3:AA5"),
        (lambda sheet, _: [sheet.write("A1", "a"), sheet.write("XFD1048576", 1)], "is too large a workbook"),
    ],
)
def test_what_a_sheet_may_not_be(path: Path, filled: Fill, reason: str) -> None:
    fill(path, filled)
    assert reason in refusal(path)


def test_empty_columns_and_rows_do_no_harm(path: Path) -> None:
    fill(
        path,
        lambda sheet, workbook: [
            sheet.write_row(0, 0, ["a", None, "b"]),
            sheet.write_row(1, 0, [1, None, 2]),
            sheet.write_blank(50, 9, None, workbook.add_format({"bold": True})),
        ],
    )
    with open_file(path) as file:
        assert isinstance(file, Table)
        assert (file.header, [*file.rows()]) == (["a", "b"], [TableRow(2, [1, 2])])
        assert 0 < file.position() <= file.size


@pytest.mark.parametrize("place", ["XFD1", "A1048576"])
def test_one_far_cell_is_bearable(path: Path, place: str) -> None:
    fill(path, lambda sheet, _: [sheet.write("A1", "a"), sheet.write("A2", 1), sheet.write(place, "z")])
    assert rows(path)[0].cells[0] == 1


def test_a_sheet_that_lies_about_its_cells_is_found_out(path: Path) -> None:
    fill(path, write(["a"], [1], [2]))
    rewritten(
        path, sheet1=lambda text: text.replace('r="A3"', 'r="XFD1048576"').replace('<row r="3"', '<row r="1048576"')
    )
    assert "is too large a workbook to be held in memory: save it as CSV" in refusal(path)


def test_a_sheet_that_unpacks_to_more_than_it_declares_is_refused(path: Path) -> None:
    fill(path, write(["a"], [1]))
    rewritten(path, sheet1=lambda text: text + " " * 2**20)
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    path.write_bytes(path.read_bytes().replace(size.to_bytes(4, "little"), (900).to_bytes(4, "little")))
    assert "is too large a workbook" in refusal(path)


def test_damaged_workbooks_are_refused(path: Path) -> None:
    fill(path, write(*[["a", "b"]] * 99))
    whole = path.read_bytes()
    for at in range(0, len(whole), 61):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        with suppress(Unreadable):  # or it did no harm
            rows(path)


def test_a_workbook_with_entities_is_refused(path: Path) -> None:
    fill(path, write(["a"], [1]))
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
    rewritten(path, **{"xl/workbook": lambda text: text.replace("<workbook", bomb + "<workbook", 1)})
    assert "a.xlsx is damaged" in refusal(path)
