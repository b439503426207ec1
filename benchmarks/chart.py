"""The chart of the report: what others take for the same contacts, as multiples of the floor, as SVG."""

from collections.abc import Iterator
from html import escape
from math import log10
from typing import NamedTuple

from benchmarks.course import FLOOR, LINKMGR
from benchmarks.items import CONTACTS
from benchmarks.peers import PEERS
from benchmarks.results import Results, Spread
from benchmarks.tables import number

WIDTH, LABELS, RIGHT = 1000, 470, 80
ROW, BAR, TOP, BOTTOM = 44, 22, 56, 44
STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 16px }
  .axis, .spread { stroke: #59636e } .grid { stroke: #d1d9e0 } .bar { fill: #8c959f } .own { fill: #0969da }
  .spread { stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .axis, .spread { stroke: #9198a1 } .grid { stroke: #3d444d }
    .bar { fill: #656c76 } .own { fill: #4493f8 }
  }
"""


class Bar(NamedTuple):
    label: str
    floors: Spread
    own: bool


def chart(results: Results) -> str:
    """Also of a run without peers, or without contacts at all."""
    bars = [bar for bar in _bars(results) if bar is not None]
    height = TOP + ROW * len(bars) + BOTTOM
    title = f"{number(results.plan['items'])} contacts in one request, as multiples of the floor"
    told = "; ".join(f"{bar.label}: {bar.floors.middle:.1f}" for bar in bars) or "nothing was measured"
    scale = _Scale(max((bar.floors.high for bar in bars), default=10))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">',
            f'<title id="t">{title}</title>',
            f'<desc id="d">Bars on a logarithmic scale, shorter is faster. {escape(told)}.</desc>',
            f"<style>{STYLE}</style>",
            f'<text class="title" x="16" y="28">{title} (logarithmic, shorter is faster)</text>',
            *scale.lines(height),
            *(line for at, bar in enumerate(bars) for line in _drawn(bar, TOP + ROW * at, scale)),
            "</svg>\n",
        ]
    )


def _bars(results: Results) -> Iterator[Bar | None]:
    titles = {
        FLOOR: "the floor: bare SQL",
        LINKMGR: "linkmgr, with history",
        **{each.name: each.title for each in PEERS},
    }
    for name, title in titles.items():
        if ratio := results.ratios(CONTACTS.name, name):
            yield Bar(title.replace("`", ""), ratio, name == LINKMGR)


class _Scale(NamedTuple):
    """Where a multiple of the floor lies; the axis begins at a half, so that the floor itself can be seen."""

    most: float

    def x(self, value: float) -> float:
        share = log10(max(value, 0.5) / 0.5) / log10(self.most / 0.5)
        return round(LABELS + share * (WIDTH - LABELS - RIGHT), 1)

    def lines(self, height: int) -> Iterator[str]:
        for tick in (1, 3, 10, 30, 100, 300, 1000):
            if tick <= self.most:
                x, y = self.x(tick), height - BOTTOM
                yield f'<line class="grid" x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{y}"/>'
                yield f'<text x="{x}" y="{y + 20}" text-anchor="middle">{tick}</text>'
        yield f'<line class="axis" x1="{LABELS}" y1="{TOP - 8}" x2="{LABELS}" y2="{height - BOTTOM}"/>'


def _drawn(bar: Bar, y: int, scale: _Scale) -> Iterator[str]:
    middle, low, high = (scale.x(value) for value in bar.floors)
    center = y + BAR / 2
    yield f'<text x="{LABELS - 10}" y="{center + 5}" text-anchor="end">{escape(bar.label)}</text>'
    of_whom = "bar own" if bar.own else "bar"
    yield f'<rect class="{of_whom}" x="{LABELS}" y="{y}" width="{middle - LABELS:.1f}" height="{BAR}" rx="2"/>'
    yield f'<line class="spread" x1="{low}" y1="{center}" x2="{high}" y2="{center}"/>'
    yield f'<text x="{max(middle, high) + 8:.1f}" y="{center + 5}">{bar.floors.middle:.1f}</text>'
