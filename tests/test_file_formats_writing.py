"""Writing: what is written comes back, and an interrupted file never shows."""

import gzip
import io
import json
import os
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from linkmgr.files.formats import Bundle, Items, Table, Unwritable, open_bundle_writer, open_file, open_writer
from linkmgr.files.formats.rows import Cell

pytestmark = pytest.mark.any_postgres

NASTY: list[Cell] = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "'", "''", "'=x", "'tis", "", "a,b", "a;b\t|", 'say "hi"', '"'),
    *("x\r\ny", "\ry\n", " lead ", "007", "1e5", "1/2", "TRUE", "#REF!", "_x000D_", "Ёлка ß é 漢字 😀 \u202e"),
    *("<&>", "null", None, "\u00a0x", "sep=;"),
]
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0"))


def written(path: Path, name_of_format: str, rows: list[list[Cell]], *, compressed: bool = False) -> list[list[Cell]]:
    """The rows as they come back, the header first."""
    with open_writer(path, name_of_format, compressed=compressed) as writer:
        for row in rows:
            writer.write(row)
    with open_file(path) as file:
        assert isinstance(file, Table)
        assert not any(row.fault for row in file.rows())
        return [[*file.header], *(row.cells for row in file.rows())]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.csv.gz"])
def test_nasty_texts_come_back_from_tables(tmp_path: Path, name: str) -> None:
    rows = [["link_id", "name", "note"], *([str(at), cell, cell] for at, cell in enumerate(NASTY))]
    assert written(tmp_path / name, name.split(".")[1], rows, compressed=name.endswith("gz")) == rows


@given(st.lists(st.tuples(TEXTS, TEXTS | st.none()), min_size=1), st.sampled_from(["csv", "xlsx"]))
def test_any_texts_come_back_from_tables(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str | None]], name_of_format: str
) -> None:
    rows: list[list[Cell]] = [["link_id", "a", "b"], *(["1", *pair] for pair in cells)]
    path = tmp_path_factory.mktemp("any") / f"a.{name_of_format}"
    assert written(path, name_of_format, rows) == rows


@pytest.mark.parametrize("name", ["a.json", "a.ndjson", "a.json.gz", "a.ndjson.gz"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_items_come_back(tmp_path: Path, name: str, count: int) -> None:
    raws = [json.dumps({"name": cell}, ensure_ascii=False).encode() for cell in NASTY][:count]
    with open_writer(tmp_path / name, name.split(".")[1], compressed=name.endswith("gz")) as writer:
        for raw in raws:
            writer.write(raw)
    if (tmp_path / name).stat().st_size and not (name.startswith("a.ndjson") and not count):
        with open_file(tmp_path / name) as file:
            assert isinstance(file, Items)
            assert [item.raw for item in file.items()] == raws


def test_csv_is_as_excel_and_rfc_4180_want_it() -> None:
    stream = io.BytesIO()
    with open_writer(stream, "csv") as writer:
        writer.write(["a", "b", "c", "d"])
        writer.write([-5, True, None, ""])
        writer.write(["-5", 'x"y', 2.5, "ж"])
    assert stream.getvalue() == '\ufeffa,b,c,d\r\n-5,true,,\'\r\n\'-5,"x""y",2.5,ж\r\n'.encode()


def test_json_has_an_item_on_each_line() -> None:
    stream = io.BytesIO()
    with open_writer(stream, "json") as writer:
        writer.write(b'{"a":1}')
        writer.write(b'{"a":2}')
    assert stream.getvalue() == b'{"list_items":[\n{"a":1},\n{"a":2}\n]}\n'


def test_moments_are_written(tmp_path: Path) -> None:
    moments: list[Cell] = [date(2024, 1, 2), datetime(2024, 1, 2, 3, 4, 5), time(6, 7)]  # noqa: DTZ001 no zone
    rows: list[list[Cell]] = [["a", "b", "c"], moments]
    assert written(tmp_path / "a.xlsx", "xlsx", rows) == rows
    assert written(tmp_path / "a.csv", "csv", rows)[1] == ["2024-01-02", "2024-01-02T03:04:05", "06:07:00"]


def test_texts_of_a_workbook_are_texts_and_numbers_numbers(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [["a", "b", "c", "d"], ["1-2", 5, True, 0.5]]
    assert written(tmp_path / "a.xlsx", "xlsx", rows) == rows
    sheet = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_name("data")
    assert sheet.to_python()[1] == ["1-2", 5.0, True, 0.5]


def bundle(target: Path, name_of_format: Any, parts: dict[str, str]) -> dict[str, list[Any]]:
    """What comes back of parts of these formats, each with an a=1 and an a=2"""
    with open_bundle_writer(target, name_of_format) as writer:
        for name, each in parts.items():
            with writer.part(name, each) as part:
                for row in [["a"], ["1"], ["2"]] if each in ("csv", "xlsx") else [b'{"a":1}', b'{"a":2}']:
                    part.write(row)
    with open_file(target) as file:
        assert isinstance(file, Bundle)
        return {
            name: [*part.rows()] if isinstance(part, Table) else [*part.items()] for name, part in file.parts.items()
        }


def test_bundles_come_back(tmp_path: Path) -> None:
    parts = {"time_profiles": "csv", "apartments": "xlsx", "contacts": "ndjson", "more": "json"}
    for form, of in {"zip": parts, "json": dict.fromkeys(parts, "json")}.items():
        found = bundle(tmp_path / f"a.{form}", form, of)
        assert {name: len(rows) for name, rows in found.items()} == dict.fromkeys(parts, 2)


def test_a_part_of_json_is_json() -> None:
    with open_bundle_writer(io.BytesIO(), "json") as bundled, pytest.raises(ValueError, match="cannot be csv"):
        bundled.part("contacts", "csv").__enter__()


def fail_midway(path: Path, name_of_format: str) -> None:
    with open_writer(path, name_of_format) as writer:
        writer.write(["a"] if name_of_format in ("csv", "xlsx") else b"{}")
        raise KeyboardInterrupt


@pytest.mark.parametrize("name_of_format", ["csv", "xlsx", "json", "ndjson"])
def test_an_interrupted_file_leaves_the_old_one_and_nothing_else(tmp_path: Path, name_of_format: str) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        fail_midway(path, name_of_format)
    assert (path.read_text(), [*tmp_path.iterdir()]) == ("old", [path])


def test_a_file_is_replaced_with_its_rights_and_through_links(tmp_path: Path) -> None:
    (tmp_path / "real.csv").touch(0o640)
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    written(tmp_path / "link.csv", "csv", [["a"], ["1"]])
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").stat().st_mode & 0o777 == 0o640


def test_a_device_is_written_directly() -> None:
    with open_writer(Path(os.devnull), "csv") as writer:
        writer.write(["a"])
    assert Path(os.devnull).is_char_device()


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="none: No such file"), open_writer(tmp_path / "none/a.csv", "csv"):
        pass


class Pipe(io.BytesIO):
    """Standard output: no way back."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


@pytest.mark.parametrize("name", ["csv", "xlsx", "csv.gz", "zip"])
def test_a_pipe_gets_everything_too(tmp_path: Path, name: str) -> None:
    pipe = Pipe()
    if name == "zip":
        with open_bundle_writer(pipe, "zip") as bundled, bundled.part("apartments", "xlsx") as writer:
            writer.write(["a"])
    else:
        with open_writer(pipe, name.removesuffix(".gz"), compressed=name.endswith("gz")) as writer:
            writer.write(["a"])
    (tmp_path / f"a.{name}").write_bytes(pipe.getvalue())
    with open_file(tmp_path / f"a.{name}") as file:
        assert isinstance(file, Table | Bundle)


def test_a_sheet_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkmgr.files.formats.write_xlsx.MOST_ROWS", 3)
    with open_writer(io.BytesIO(), "xlsx") as writer:
        for _ in range(3):
            writer.write(["a"])
        with pytest.raises(Unwritable, match="an XLSX sheet holds 2 rows below its header: choose CSV"):
            writer.write(["a"])


def test_a_cell_has_an_end() -> None:
    with open_writer(io.BytesIO(), "xlsx") as writer:
        writer.write(["x" * 32_767])
        for text in ("x" * 32_768, "😀" * 16_384):
            with pytest.raises(Unwritable, match="an XLSX cell holds 32767 characters"):
                writer.write([text])


@pytest.mark.parametrize(("name_of_format", "compressed"), [("zip", False), ("xlsx", True), ("pdf", False)])
def test_formats_that_are_not_written(name_of_format: str, compressed: bool) -> None:
    with (
        pytest.raises(ValueError, match=name_of_format),
        open_writer(io.BytesIO(), name_of_format, compressed=compressed),
    ):
        pass


def test_gzip_is_gzip() -> None:
    stream = io.BytesIO()
    with open_writer(stream, "ndjson", compressed=True) as writer:
        writer.write(b"{}")
    assert gzip.decompress(stream.getvalue()) == b"{}\n"
