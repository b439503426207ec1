"""`python -m benchmarks OPTIONS`: what `linkmgr bench` runs, its options as JSON."""

import json
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks import tables
from benchmarks.goals import GOALS, Verdict
from benchmarks.ground import BenchError
from benchmarks.peers import MODULES
from benchmarks.plan import Plan
from benchmarks.report import write
from benchmarks.results import Results
from benchmarks.run import run
from linkmgr.postgres import PostgresError

COULD_NOT_RUN, INTERRUPTED = 2, 130
WIDE = 200
"""Columns of what is no terminal: nothing is cut there."""


def main() -> None:
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _interrupt)
    options = json.loads(sys.argv[1])
    where, into = (Path(options.pop(name)) if options[name] else options.pop(name) for name in ("data_dir", "write"))
    plan = Plan.of(**options)
    console, errors = Console(highlight=False), Console(stderr=True, soft_wrap=True, highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    try:
        if missing := [name for name in MODULES if plan.peers and not find_spec(name)]:
            raise BenchError(f"the peers need {', '.join(missing)}: `uv sync --group bench`, or --no-peers")
        results = run(plan, where, lambda line: errors.print(escape(line)))
    except (BenchError, PostgresError) as error:
        errors.print(f"linkmgr bench: {escape(str(error))}")
        sys.exit(COULD_NOT_RUN)
    except KeyboardInterrupt:
        errors.print("Interrupted; nothing is left.")
        sys.exit(INTERRUPTED)
    show(results, console)
    if into:
        write(results, into)
        console.print(f"Written: {into}/performance.md, .svg and .json", markup=False)


def show(results: Results, console: Console) -> None:
    for of in (tables.beside_peers, tables.everything, tables.reads, tables.goals):
        told = of(results)
        if told.rows:
            console.print(_drawn(told))
    missed = sum(goal.verdict(results) is Verdict.MISSED for goal in GOALS)
    console.print(f"{missed} goals missed.")


def _drawn(told: tables.Table) -> Table:
    table = Table()
    for at, name in enumerate(told.header):
        table.add_column(name, justify="right" if at in told.right else "left")
    for row in told.rows:
        table.add_row(*(escape(cell.replace("**", "").replace("`", "")) for cell in row))
    return table


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
