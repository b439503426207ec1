"""What `linkmgr bulk_import` says: how far it is, what became of the rows, and why some were refused."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from time import monotonic
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from linkmgr.endings import interrupted
from linkmgr.files.judge import Refused
from linkmgr.files.load import Load, Part
from linkmgr.files.planned import Planned
from linkmgr.files.report import COUNTS

MOST_ON_SCREEN = 200
LINE_SECONDS = 5
SIGNS = {"created": "+", "changed": "~"}
LONGEST_VALUE = 80
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class Bar:
    """A bar for each part: rows, rate, time left."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[int, TaskID] = {}
        self._started = monotonic()

    def read(self, part: Part, rows: int) -> None:
        refuse_interrupted()
        task = self._task(part)
        rate = rows / max(monotonic() - self._started, 0.001)
        self._progress.update(task, completed=part.source.position(), told=f"{rows:,} rows, {rate:,.0f} a second")

    def storing(self, part: Part, rows: int) -> None:
        refuse_interrupted()
        self._progress.update(self._task(part), completed=part.source.size, told=f"storing {rows:,} rows …")

    def _task(self, part: Part) -> TaskID:
        if id(part) not in self._tasks:
            self._started = monotonic()
            self._tasks[id(part)] = self._progress.add_task(part.layout.name, total=part.source.size, told="")
        return self._tasks[id(part)]


class Lines:
    """The same as a line every few seconds, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = self._last = monotonic()

    def read(self, part: Part, rows: int) -> None:
        refuse_interrupted()
        if (now := monotonic()) - self._last >= LINE_SECONDS:
            self._last = now
            share = part.source.position() / max(part.source.size, 1)
            self._console.print(f"{part.layout.name}: {rows:,} rows read, {share:.0%}")

    def storing(self, part: Part, rows: int) -> None:
        refuse_interrupted()
        if rows and monotonic() - self._started >= LINE_SECONDS:
            self._console.print(f"{part.layout.name}: storing {rows:,} rows")


def refuse_interrupted() -> None:
    """Raises KeyboardInterrupt if one was forgotten."""
    if interrupted.is_set():
        raise KeyboardInterrupt


@contextmanager
def watch(console: Console) -> Iterator[Bar | Lines]:
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (TextColumn("{task.description:14}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        yield Bar(progress)


def print_faults(load: Load, name: str) -> None:
    """Every fault on standard error, a line each; on a screen the first ones, and how many more there are."""
    for part in load.parts:
        where = f"{name}:{part.part.layout.name}" if len(load.parts) > 1 else name
        lines = (line for refused in part.refused for line in _fault_lines(where, refused))
        _print_some(lines, "faults; --rejects FILE or --report FILE has them all")


def print_plan(console: Console, load: Load) -> None:
    """What a dry run found would be created and changed."""
    for part in load.parts:
        lines = (_plan_line(row) for row in part.plan if row.happened in SIGNS)
        _print_some(lines, "rows; --report FILE has them all", console)
        print_names(console, part.deleted_names, part.deleted)


def print_names(console: Console, names: Sequence[str], count: int) -> None:
    """Rows that are deleted, or would be: some of this many."""
    for name in names:
        console.print(f"- {_on_one_line(name)}", markup=False, highlight=False, soft_wrap=True)
    if more := count - len(names):
        console.print(f"… and {more:,} more to be deleted")


def print_counts(console: Console, load: Load) -> None:
    shown = [name for name in COUNTS if name not in {"superseded", "deleted"} or any(_of(load, name))]
    table = Table("", *shown, "refused")
    for column in table.columns[1:]:
        column.justify = "right"
    for part in load.parts:
        counts = [f"{getattr(part, name):,}" for name in shown]
        table.add_row(part.part.layout.name, *counts, f"{len(part.refused):,}")
    console.print(table)


def _of(load: Load, name: str) -> list[int]:
    return [getattr(part, name) for part in load.parts]


def _print_some(lines: Iterable[str], rest: str, console: Console | None = None) -> None:
    console = console or Console(stderr=True)
    lines = iter(lines)
    for line in islice(lines, MOST_ON_SCREEN) if console.is_terminal else lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if more := sum(1 for _ in lines):
        console.print(f"… and {more:,} more {rest}")


def _fault_lines(where: str, refused: Refused) -> Iterator[str]:
    """`apartments.csv:17: building "x": must be an integer`"""
    for fault in refused.faults:
        value = "" if fault.value is None else f" {_shown(fault.value)}"
        told = f"{fault.column}{value}: " if fault.column else ""
        yield f"{where}:{refused.row}: {told}{fault.reason}"


def _plan_line(row: Planned) -> str:
    changes = [
        f"{change.name}: {change.old} → {change.new}" if change.old is not None else f"{change.name}: {change.new}"
        for change in row.changes
    ]
    return _on_one_line(f"{SIGNS[row.happened]} {row.row}: {row.link_id} {row.name}: {'; '.join(changes)}")


def _on_one_line(text: str) -> str:
    """With control characters escaped: a line break would make two of a line, others speak to the terminal."""
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _shown(value: Any) -> str:
    text = _on_one_line(f'"{value}"' if isinstance(value, str) else str(value))
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
