"""Makes files of items, and runs the commands that load and write them."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import PIPE
from textwrap import indent
from typing import Any, NamedTuple

import xlsxwriter
from django.core.management import CommandError, call_command
from django.db import connection

from linkmgr.accounts.models import Site
from linkmgr.kinds import LAYOUTS
from tests.make import Item
from tests.processes import SECONDS

HEADERS = {layout.name: layout.header for layout in LAYOUTS}


class Ran(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    said: str
    faults: str


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def flat(item: Item) -> dict[str, Any]:
    """An item as cells of a table: members of members by their own names, a rule as JSON."""
    cells = {name: value for name, value in item.items() if name not in {"residents", "time_options"}}
    cells |= cells.pop("apartment_address", {}) | item.get("time_options", {})
    if isinstance(item.get("repeat_options"), dict):
        cells["repeat_options"] = json.dumps(item["repeat_options"])
    return cells | {f"residents_{name}": value for name, value in item.get("residents", {}).items()}


def csv_of(items: Sequence[Item], **options: Any) -> str:
    rows = [{name: _cell(value) for name, value in flat(item).items()} for item in items]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*dict.fromkeys(name for row in rows for name in row)], **options)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def ndjson_of(items: Sequence[Any]) -> str:
    return "".join(json.dumps(item) + "\n" for item in items)


def saved(path: Path, items: Sequence[Item]) -> Path:
    """The items in the format that the name of the file tells."""
    ending = path.name.removesuffix(".gz").rpartition(".")[2]
    if ending == "xlsx":
        return sheet(path, csv_of(items))
    text = {"csv": csv_of, "ndjson": ndjson_of, "json": lambda all_: json.dumps({"list_items": all_})}[ending](items)
    path.write_bytes(gzip.compress(text.encode()) if path.name.endswith(".gz") else text.encode())
    return path


def sheet(path: Path, text: str) -> Path:
    """A workbook with the cells of a CSV; whole numbers are numbers."""
    with xlsxwriter.Workbook(path) as workbook:
        page = workbook.add_worksheet()
        for at, row in enumerate(csv.reader(io.StringIO(text, newline=""))):
            for column, cell in enumerate(row):
                if cell.isdecimal():
                    page.write_number(at, column, int(cell))
                elif cell:
                    page.write_string(at, column, cell)
    return path


def workbook(path: Path, header: str, *cells: Any) -> Path:
    """One row; dates get the format of a date."""
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, header.split(","))
        page.write_row(1, 0, cells)
    return path


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else "'" if value == "" else value


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def run(*words: object) -> Ran:
    """A command within this process and its transaction."""
    out, err = _captured(), _captured()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            call_command(*map(str, words))
            status = 0
        except CommandError as error:
            status = error.returncode
            print(error, file=err)
        except SystemExit as error:
            status = int(error.code or 0)
    return Ran(status, _text(out), _text(err))


def load(site: Site, path: Path, *words: object) -> Ran:
    return run("bulk_import", path, "--site", site.slug, *words)


def reported(site: Site, path: Path, *words: object) -> tuple[Ran, list[dict[str, Any]]]:
    """And what `--report` has of each part."""
    report = path.with_name("report.json")
    ran = load(site, path, "--report", report, *words)
    return ran, json.loads(report.read_text())["parts"]


def write(site: Site, path: Path, *words: object) -> Ran:
    ran = run("bulk_export", path, "--site", site.slug, *words)
    assert ran.status == 0, ran
    return ran


def counts(part: dict[str, Any]) -> dict[str, int]:
    """Those that are not 0, of one part of a report."""
    named = ("created", "changed", "unchanged", "superseded", "deleted")
    counted = {name: part[name] for name in named} | {"refused": len(part["refused"])}
    return {name: number for name, number in counted.items() if number}


def rows_with(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV by their columns."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [*csv.DictReader(file)]


def _captured() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), "utf-8", newline="", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    return stream.buffer.getvalue().decode(errors="replace")  # type: ignore[attr-defined]


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────────

BEGIN = """
import sys, django
setup = django.setup
def set_up(*args, **options):
    setup(*args, **options)
{code}
django.setup = set_up
sys.argv = ["linkmgr", *sys.argv[1:]]
from linkmgr.cli import main
main()
"""


@contextmanager
def started(
    *words: object, code: str = "", screen: int = PIPE, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own, on the tests' database; `code` runs once Django is set up.

    Without coverage, which can hang when it is interrupted; call_command runs the same code in the tests' own process.
    """
    begin = BEGIN.format(code=indent(code, "    "))
    command = [sys.executable, "-c", begin, *map(str, words)]
    own = {**os.environ, "LINKMGR_DATABASE_URL": database_url(), **environment}
    with subprocess.Popen(command, env=own, stdin=PIPE, stdout=screen, stderr=screen) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[bytes], given: bytes | None = None) -> Ran:
    out, err = process.communicate(given, timeout=SECONDS)
    return Ran(process.returncode, (out or b"").decode(errors="replace"), (err or b"").decode(errors="replace"))


def ran(*words: object, given: bytes | None = None, code: str = "", **environment: str) -> Ran:
    with started(*words, code=code, **environment) as process:
        return ended(process, given)


def database_url() -> str:
    """Of the database that this test has, not of the one it was made beside."""
    url, _, name = os.environ["LINKMGR_DATABASE_URL"].partition("?")[0].rpartition("/")
    rest = os.environ["LINKMGR_DATABASE_URL"].partition("?")[2]
    assert name != connection.settings_dict["NAME"]
    return f"{url}/{connection.settings_dict['NAME']}" + (f"?{rest}" if rest else "")
