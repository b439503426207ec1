"""CSV and what all tables have in common: how rows come out of bytes."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkmgr.files.formats import Table, TableRow, Unreadable, open_file
from linkmgr.files.formats.formulas import neutralised, restored
from linkmgr.files.formats.rows import Cell

pytestmark = pytest.mark.any_postgres

DATA = b"link_id,name\n1,Anna\n2,Bert\n"


def table(tmp_path: Path, data: bytes, **options: str) -> tuple[list[str], list[TableRow]]:
    path = tmp_path / "estate.csv"
    path.write_bytes(data)
    with open_file(path, **options) as file:
        assert isinstance(file, Table)
        return file.header, [*file.rows()]


def cells(tmp_path: Path, data: bytes, **options: str) -> list[list[Cell]]:
    return [row.cells for row in table(tmp_path, data, **options)[1]]


def refusal(tmp_path: Path, data: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        table(tmp_path, data)
    return str(refused.value)


def test_the_first_record_of_an_ordinary_file_is_line_2(tmp_path: Path) -> None:
    header, rows = table(tmp_path, DATA)
    assert header == ["link_id", "name"]
    assert rows == [TableRow(2, ["1", "Anna"]), TableRow(3, ["2", "Bert"])]


def test_rows_are_read_again_and_at_the_same_time(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(DATA)
    with open_file(tmp_path / "a.csv") as file:
        assert isinstance(file, Table)
        assert [*zip(file.rows(), file.rows(), strict=True)] == [(row, row) for row in file.rows()]


def test_progress_ends_at_the_size(tmp_path: Path) -> None:
    for name, data in {"a.csv": DATA * 1000, "b.csv.gz": gzip.compress(DATA * 1000)}.items():
        (tmp_path / name).write_bytes(data)
        with open_file(tmp_path / name) as file:
            assert isinstance(file, Table)
            assert len([*file.rows()]) == 2999
            assert (file.size, file.position()) == (len(data), len(data))


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (b"a,b\r\n1,2\r\n", 2),
        (b"a,b\r1,2\r", 2),
        (b"a,b\n1,2", 2),
        (b"\n\n a ,b\n,\n\n1,2\n", 6),
        (b"a,b\n  ,\n1,2\n \n", 3),
        (b"sep=;\r\na;b\r\n1;2\r\n", 3),
        (b"\xef\xbb\xbfsep=|\na|b\n1|2\n", 3),
        (b"\xef\xbb\xbfa,b\n1,2\n", 2),
        (b'\xef\xbb\xbf"a","b"\n"1","2"\n', 2),
        (b'"a\n",b\n1,2\n', 3),
        (b"a,b,,\n1,2,,\n", 2),
        (b"a,b,,\n1,2\n", 2),
        (b"a,,b\n1,,2\n", 2),
        (b"a,b\n1,2,,,\n", 2),
        (b"a;b\n1;2\n", 2),
        (b"a\tb\n1\t2\n", 2),
        (b"a|b\n1|2\n", 2),
        (b'"a"\t"b"\n1\t2\n', 2),
    ],
)
def test_one_row_in_many_forms(tmp_path: Path, data: bytes, number: int) -> None:
    assert table(tmp_path, data) == (["a", "b"], [TableRow(number, ["1", "2"])])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'a,b\n"x\r\ny","say ""hi"", you"\n', ["x\r\ny", 'say "hi", you']),
        (b'a,b\n5" pipe,x"y\n', ['5" pipe', 'x"y']),
        (b"a,b\n,0\n", [None, "0"]),
        (b"a,b\n',''\n", ["", "'"]),
        (b"a,b\n'=1+1,=1+1\n", ["=1+1", "=1+1"]),
        (b"a,b\n'tis,O'Neill\n", ["'tis", "O'Neill"]),
        (b"a,b\n 1 ,007\n", [" 1 ", "007"]),
        (b'"a,1";"b,2"\n1;2\n', ["1", "2"]),
    ],
)
def test_cells_are_texts_as_they_stand(tmp_path: Path, data: bytes, expected: list[Cell]) -> None:
    assert cells(tmp_path, data) == [expected]


@pytest.mark.parametrize(
    ("record", "expected", "fault"),
    [
        (b"1,2,3", ["1", "2"], "has 3 cells, the header only 2"),
        (b"1", ["1", None], "has only 1 cells, the header 2: is the file cut off?"),
    ],
)
def test_a_row_of_another_length_has_a_fault(tmp_path: Path, record: bytes, expected: list[Cell], fault: str) -> None:
    rows = table(tmp_path, b"a,b\n" + record + b"\n3,4\n")[1]
    assert rows == [TableRow(2, expected, fault), TableRow(3, ["3", "4"])]


def test_records_are_numbered_by_the_line_they_begin_in(tmp_path: Path) -> None:
    rows = table(tmp_path, b'a,b\n"1\n1",2\n\n3,4\n')[1]
    assert [row.number for row in rows] == [2, 5]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "estate.csv is empty"),
        (b"\xef\xbb\xbf", "estate.csv is empty"),
        (b" \r\n\n ,,\n", "estate.csv is empty"),
        (b"a,b,a\n1,2,3\n", "estate.csv, line 1: the column 'a' is there twice"),
        (b"a,,b\n\n1,2,3\n", "estate.csv, line 3: column 2 has data but no name in the header"),
        (b"a,b,\n1,2,3\n", "estate.csv, line 2: column 3 has data but no name in the header"),
        (b'a,b\n1,2\n"x\ny","z\n\n', "estate.csv, line 4: a quote opens here that never closes"),
        (b'a,b\n1,2\n"1,2\n"3",4\n', "line 3: a quoted cell goes on after its closing quote: is a quote missing?"),
        (b'a,b\n1,"' + b"x\n" * 99_999, "estate.csv, line 2: a quote opens here that never closes"),
        (b"a,b\n1," + b"x" * 200_000, "line 2: a cell cannot be read: field larger than field limit (131072)"),
        (b"a,b\n1,2\n" + b"x," * 600_000, "estate.csv, line 3: this line is longer than 1048576 characters"),
    ],
)
def test_what_is_wrong_with_the_whole_file_is_said_in_a_line(tmp_path: Path, data: bytes, reason: str) -> None:
    assert refusal(tmp_path, data).endswith(reason)


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert table(tmp_path, b"a,b\n") == (["a", "b"], [])


def test_the_delimiter_that_is_said_wins(tmp_path: Path) -> None:
    assert table(tmp_path, b"a;b,c\n1;2,3\n", delimiter=",") == (["a;b", "c"], [TableRow(2, ["1;2", "3"])])


@given(st.text())
def test_neutralised_texts_come_back(text: str) -> None:
    assert restored(neutralised(text)) == text


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "'x", ""])
def test_what_could_run_as_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutralised(text) == "'" + text


@pytest.mark.parametrize("text", ["x", "1", " =1", "é", "O'Neill"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert neutralised(text) == restored(text) == text
