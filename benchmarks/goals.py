"""What linkmgr is to reach, and what it did. "Must" is a promise, "aim" is where the work goes on."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from benchmarks.clients import DEADLOCKS, DISJOINT, ERRORS, REQUESTS
from benchmarks.course import FLOOR, LINKMGR
from benchmarks.items import APARTMENTS, CONTACTS, KINDS, TIME_PROFILES
from benchmarks.million import IMPORT, PEAK
from benchmarks.peers import PEERS
from benchmarks.reads import BY_LINK_ID, PAGES, READS, Read
from benchmarks.results import Results
from benchmarks.single import SINGLE
from benchmarks.upserts import ONE_BAD, UNCHANGED, WRITTEN

Value = Callable[[Results], float | None]


class Verdict(StrEnum):
    AIM = "aim reached"
    MUST = "must met"
    MISSED = "missed"
    UNKNOWN = "not measured"


class Goal(NamedTuple):
    what: str
    must: float
    aim: float
    unit: str
    value: Value
    more_is_better: bool = False

    def verdict(self, results: Results) -> Verdict:
        value = self.value(results)
        if value is None:
            return Verdict.UNKNOWN
        sign = -1 if self.more_is_better else 1
        reached = [
            name for name, limit in ((Verdict.AIM, self.aim), (Verdict.MUST, self.must)) if sign * value <= sign * limit
        ]
        return reached[0] if reached else Verdict.MISSED


def _floors(measure: str) -> Value:
    return lambda results: results.ratio(measure, LINKMGR, FLOOR)


def _times_clean(measure: str) -> Value:
    return lambda results: results.ratio(measure, ONE_BAD, LINKMGR)


def _times_faster(peer: str) -> Value:
    return lambda results: results.ratio(CONTACTS.name, peer, LINKMGR)


def _facts(*names: str) -> Value:
    """Their sum."""
    return lambda results: sum(results.facts[name] for name in names) if set(names) <= set(results.facts) else None


def _seconds(measure: str, scale: float = 1) -> Value:
    def value(results: Results) -> float | None:
        middle = results.middle(measure, LINKMGR)
        return middle if middle is None else middle * scale

    return value


def _items_a_second(results: Results) -> float | None:
    middle = results.middle(DISJOINT, LINKMGR)
    share = results.plan["rows"] // results.plan["clients"]
    items = min(results.plan["items"], 2 * share) * results.plan["clients"] * REQUESTS
    return items / middle if middle else None


def _slowest(reads: tuple[Read, ...], results: Results) -> float | None:
    """In milliseconds, the one whose median is the greatest."""
    middles = [results.middle(READS, read.name) for read in reads]
    taken = [middle for middle in middles if middle is not None]
    return max(taken) * 1000 if taken else None


_FASTER = {"fastapi": (5, 8), "ninja": (5, 9), "drf": (6, 10), "each": (80, 150)}
GOALS = (
    Goal("contacts over HTTP, with history", 3.0, 2.2, "floors", _floors(CONTACTS.name)),
    Goal("apartments over HTTP, with history", 3.3, 2.4, "floors", _floors(APARTMENTS.name)),
    Goal("time profiles over HTTP, with history", 3.5, 2.6, "floors", _floors(TIME_PROFILES.name)),
    *(Goal(f"{kind.title}, all unchanged", 2.2, 1.8, "floors", _floors(f"{kind.name} {UNCHANGED}")) for kind in KINDS),
    Goal(
        "all unchanged: row versions and entries of history", 0, 0, "", _facts(*(WRITTEN[kind.name] for kind in KINDS))
    ),
    *(Goal(f"{kind.title}, one bad item", 1.5, 1.2, "× the clean request", _times_clean(kind.name)) for kind in KINDS),
    *(
        Goal(f"contacts beside {each.title}", *_FASTER[each.name], "times faster", _times_faster(each.name), True)
        for each in PEERS
    ),
    Goal("several clients, items of their own", 80_000, 130_000, "items/s", _items_a_second, more_is_better=True),
    Goal("several clients, the same items: errors and deadlocks", 0, 0, "", _facts(ERRORS, DEADLOCKS)),
    Goal("one contact a request, back to back", 2.5, 1.5, "ms", _seconds(SINGLE, 1000)),
    Goal("import of many contacts (NDJSON)", 25, 12, "s", _seconds(IMPORT)),
    Goal("import of many contacts, peak of memory", 150, 80, "MiB", _facts(PEAK)),
    Goal("any page among many contacts, the slowest", 50, 10, "ms", partial(_slowest, PAGES)),
    Goal("one of many contacts by its link_id", 3, 1, "ms", partial(_slowest, BY_LINK_ID)),
)
