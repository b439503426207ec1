"""How much work a question about a rule is, counted in calls of functions, not in seconds."""

import gc
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from tests.make import Item, custom
from tests.test_rules import PRAGUE, moment, nth, numbers, profile, simple, yearly
from timeprofiles.rules import occurrences, open_at

pytestmark = pytest.mark.any_postgres

RULES: dict[str, Item] = {
    "daily": simple("day"),
    "weekly": simple("week"),
    "every two weeks": simple("twoWeeks"),
    "monthly": simple("month"),
    "yearly": simple("year"),
    "every seventh day": custom("day", [], every=7),
    "every thousandth day": custom("day", [], every=1000),
    "every fifth week": custom("week", ["MON", "FRI"], every=5),
    "every fifth month": numbers(1, 31, every=5),
    "a fifth Monday": nth("fifth", "MON"),
    "a last working day in months": yearly(1, 2, 7, order="last", kind="WEEK_DAY"),
    "a last working day in months of odd years": yearly(2, 3, order="last", kind="WEEK_DAY", every=2),
    "every hundredth year": yearly(2, every=100),
    "30 February": numbers(30, every=12),
    "29 February of odd years": yearly(2, every=2),
    "a fifth Monday of February in odd years": yearly(2, order="fifth", kind="MON", every=2),
}
BEGUN = ("1971-02-01", "2016-02-29", "2025-02-28")
MOST_CALLS = 250


def calls(act: Callable[[], Any]) -> int:
    """Of Python functions and generators; dateutil makes one for each period it looks at, and for each day it finds."""
    counted = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal counted
        counted += event == "call"

    before = sys.getprofile()
    gc.disable()  # or the ends of other tests' objects are counted too
    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(before)
        gc.enable()
    return counted


@pytest.mark.parametrize("begun", BEGUN)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_week_of_a_rule_is_the_same_work_however_long_ago_it_began(rule: Item, begun: str) -> None:
    item = profile(f"{begun} 08:00", f"{begun} 17:00", rule)
    week = moment("2026-03-26"), moment("2026-04-02")
    assert calls(lambda: [*occurrences(item, PRAGUE, *week)]) < MOST_CALLS


@pytest.mark.parametrize("begun", BEGUN)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_whether_it_is_open_is_the_same_work_however_long_ago_it_began(rule: Item, begun: str) -> None:
    item = profile(f"{begun} 08:00", f"{begun} 17:00", rule)
    assert calls(lambda: open_at(item, PRAGUE, moment("2026-03-29 12:00"))) < MOST_CALLS


@pytest.mark.parametrize("begun", BEGUN)
def test_whether_it_is_open_is_the_same_work_where_thousands_overlap(begun: str) -> None:
    item = profile(f"{begun} 08:00", "9999-01-01 00:00", simple("day"))
    assert calls(lambda: open_at(item, PRAGUE, moment("2026-03-29 12:00"))) < MOST_CALLS


def test_the_first_ones_of_eight_thousand_years_are_the_work_of_a_few() -> None:
    item = profile(0, 3_600, simple("day"))
    window = datetime(1970, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
    assert calls(lambda: [*islice(occurrences(item, PRAGUE, *window), 10)]) < MOST_CALLS
