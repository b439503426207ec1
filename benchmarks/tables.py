"""Figures as rows of text: the same for the terminal and for the report."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.course import FLOOR, LINKMGR
from benchmarks.goals import GOALS
from benchmarks.items import CONTACTS
from benchmarks.peers import PEERS
from benchmarks.reads import READS
from benchmarks.results import Results, Spread, spread
from benchmarks.rounds import Series

NOTHING = "–"


class Table(NamedTuple):
    """`right` are the columns, from 0, that hold numbers."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int]


def goals(results: Results) -> Table:
    rows = []
    for goal in GOALS:
        value = goal.value(results)
        measured = NOTHING if value is None else f"{number(value)} {goal.unit}".strip()
        rows.append((goal.what, number(goal.must), number(goal.aim), measured, goal.verdict(results).value))
    return Table(("goal", "must", "aim", "measured", ""), rows, (1, 2, 3))


def beside_peers(results: Results) -> Table:
    """What others take for the same contacts."""
    titles = {
        FLOOR: "the floor: bare SQL",
        LINKMGR: "**linkmgr**, with history",
        **{each.name: each.title for each in PEERS},
    }
    rows = []
    for name, title in titles.items():
        if taken := results.seconds(CONTACTS.name, name):
            floors, times = results.ratios(CONTACTS.name, name), results.ratios(CONTACTS.name, name, LINKMGR)
            rows.append((title, str(len(taken)), *_spread(spread(taken), 1000), *_ratio(floors), *_ratio(times)[:1]))
    header = ("contacts", "samples", "median, ms", "middle half, ms", "floors", "middle half", "× linkmgr")
    return Table(header, rows, range(1, 7))


def everything(results: Results) -> Table:
    """Every series but the peers' and the reads."""
    rows = []
    for measure, series in results.series.items():
        if measure != READS:
            rows += list(_rows(results, measure, series))
    return Table(
        ("measure", "of", "samples", "median, ms", "middle half, ms", "floors", "middle half"), rows, range(2, 7)
    )


def reads(results: Results) -> Table:
    series = results.series.get(READS, {})
    rows = [(name, *_spread(spread(results.seconds(READS, name)), 1000)) for name in series]
    return Table(("read", "median, ms", "middle half, ms"), rows, (1, 2))


def number(value: float) -> str:
    """With as many digits as mean something."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _rows(results: Results, measure: str, series: Series) -> Iterator[Sequence[str]]:
    for name in series:
        taken = results.seconds(measure, name)
        if taken and name not in {each.name for each in PEERS}:
            floors = results.ratios(measure, name) if FLOOR in series else None
            yield measure, name, str(len(taken)), *_spread(spread(taken), 1000), *_ratio(floors)


def _spread(spread: Spread, scale: float) -> tuple[str, str]:
    return number(spread.middle * scale), f"{number(spread.low * scale)} – {number(spread.high * scale)}"


def _ratio(ratio: Spread | None) -> tuple[str, str]:
    return (NOTHING, NOTHING) if ratio is None else (f"{ratio.middle:.2f}", f"{ratio.low:.2f} – {ratio.high:.2f}")
