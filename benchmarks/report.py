"""docs/performance.md and its chart, of nothing but the results: the same bytes for the same results."""

from pathlib import Path
from string import Template

from benchmarks import tables
from benchmarks.chart import chart
from benchmarks.results import Results, dump, load
from benchmarks.tables import Table

TEMPLATE = Path(__file__).with_name("performance.template.md")
JSON, MARKDOWN, SVG = "performance.json", "performance.md", "performance.svg"


def write(results: Results, directory: Path) -> None:
    """Results, report and chart into a directory. What is told is of the results as they were written."""
    directory.mkdir(parents=True, exist_ok=True)
    kept = dump(results)
    (directory / JSON).write_bytes(kept)
    for name, text in rendered(load(kept)).items():
        (directory / name).write_text(text)


def rendered(results: Results) -> dict[str, str]:
    """The files that are made of the results, by name."""
    parts = {
        "goals": _markdown(tables.goals(results)),
        "peers": _markdown(tables.beside_peers(results)),
        "everything": _markdown(tables.everything(results)),
        "reads": _markdown(tables.reads(results)),
        "machine": _markdown(Table(("", ""), [*results.machine.items()], ())),
        **{name: tables.number(amount) for name, amount in results.plan.items()},
    }
    return {MARKDOWN: Template(TEMPLATE.read_text()).substitute(parts), SVG: chart(results)}


def _markdown(table: Table) -> str:
    rules = ["--:" if at in table.right else "---" for at in range(len(table.header))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (table.header, rules, *table.rows))
