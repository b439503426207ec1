"""Everything that was measured, as it is kept beside the report that is made of it."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

import msgspec

from benchmarks.rounds import Series

DIGITS = 6


class Spread(NamedTuple):
    """The median, and between which values the middle half of the samples lies."""

    middle: float
    low: float
    high: float


class Results(msgspec.Struct):
    """`series` are seconds, by measure, contender and round; `facts` are other numbers by name; `machine` and `plan`
    say where and how much. Everything that is told is computed of these."""

    machine: dict[str, str]
    plan: dict[str, int]
    series: dict[str, Series] = {}
    facts: dict[str, float] = {}

    def seconds(self, measure: str, contender: str) -> list[float]:
        return [each for each in self.series.get(measure, {}).get(contender, ()) if each is not None]

    def middle(self, measure: str, contender: str) -> float | None:
        """The median of its seconds."""
        taken = self.seconds(measure, contender)
        return median(taken) if taken else None

    def ratios(self, measure: str, contender: str, to: str = "floor", of: str = "") -> Spread | None:
        """How many times what the other one (of another measure, if one is named) took in the same round."""
        these = self.series.get(measure, {}).get(contender, ())
        those = self.series.get(of or measure, {}).get(to, ())
        taken = [this / that for this, that in zip(these, those, strict=False) if this and that]
        return spread(taken) if taken else None

    def ratio(self, measure: str, contender: str, to: str = "floor", of: str = "") -> float | None:
        found = self.ratios(measure, contender, to, of)
        return found.middle if found else None


def spread(values: Iterable[float]) -> Spread:
    """Of at least one value; quartiles are values that were measured."""
    taken = list(values)
    return Spread(median(taken), share(taken, 0.25), share(taken, 0.75))


def share(values: Sequence[float], part: float) -> float:
    """The value below which this part of the values lies; one of them."""
    return sorted(values)[round((len(values) - 1) * part)]


def dump(results: Results) -> bytes:
    """JSON that a person can read, with the same bytes for the same results."""
    rounded = msgspec.convert(msgspec.to_builtins(results), Results)
    for series in rounded.series.values():
        for name, values in series.items():
            series[name] = [value and round(value, DIGITS) for value in values]
    rounded.facts = {name: round(value, DIGITS) for name, value in rounded.facts.items()}
    return msgspec.json.format(msgspec.json.encode(rounded), indent=1) + b"\n"


def load(data: bytes) -> Results:
    return msgspec.json.decode(data, type=Results)
