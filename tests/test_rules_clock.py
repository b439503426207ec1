"""Rules on nights on which clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.make import Item, custom
from tests.test_rules import moment, profile, simple
from timeprofiles.rules import occurrences, open_at

pytestmark = pytest.mark.any_postgres

DAILY = simple("day")


def told(begin: str, end: str, zone: str, window: tuple[str, str], *, whole_days: bool = False) -> list[str]:
    """Occurrences of a daily rule begun on another day, as `begin → end` with offsets."""
    clock = ZoneInfo(zone)
    item = profile(f"2005-01-10 {begin}", f"2005-01-{end}", DAILY, zone=clock, whole_days=whole_days)
    found = occurrences(item, clock, *(moment(each, clock) for each in window))
    return [" → ".join(each.isoformat(" ", "minutes") for each in one) for one in found]


FORWARD = ("2026-03-28 12:00", "2026-03-29 21:00")
BACK = ("2026-10-24 12:00", "2026-10-25 21:00")
NIGHTS = {
    "02:30 that is not there is the leap": (
        *("02:30", "10 04:00", "Europe/Prague", FORWARD),
        ["2026-03-29 03:00+02:00 → 2026-03-29 04:00+02:00"],
    ),
    "an end that is not there is the leap": (
        *("01:00", "10 02:30", "Europe/Prague", FORWARD),
        ["2026-03-29 01:00+01:00 → 2026-03-29 03:00+02:00"],
    ),
    "what the clock leaps over does not take place": (*("02:10", "10 02:50", "Europe/Prague", FORWARD), []),
    "a night of 23 hours": (
        *("22:00", "11 06:00", "Europe/Prague", FORWARD),
        ["2026-03-28 22:00+01:00 → 2026-03-29 06:00+02:00"],
    ),
    "02:30 that is there twice is the first": (
        *("02:30", "10 04:00", "Europe/Prague", BACK),
        ["2026-10-25 02:30+02:00 → 2026-10-25 04:00+01:00"],
    ),
    "an end that is there twice is the first": (
        *("01:00", "10 02:30", "Europe/Prague", BACK),
        ["2026-10-25 01:00+02:00 → 2026-10-25 02:30+02:00"],
    ),
    "what is there twice takes place once": (
        *("02:10", "10 02:50", "Europe/Prague", BACK),
        ["2026-10-25 02:10+02:00 → 2026-10-25 02:50+02:00"],
    ),
    "a night of 25 hours": (
        *("22:00", "11 06:00", "Europe/Prague", BACK),
        ["2026-10-24 22:00+02:00 → 2026-10-25 06:00+01:00"],
    ),
    "half an hour back": (
        *("01:45", "10 03:00", "Australia/Lord_Howe", ("2026-04-04 12:00", "2026-04-05 12:00")),
        ["2026-04-05 01:45+11:00 → 2026-04-05 03:00+10:30"],
    ),
    "half an hour forward": (
        *("02:15", "10 03:00", "Australia/Lord_Howe", ("2026-10-03 12:00", "2026-10-04 12:00")),
        ["2026-10-04 02:30+11:00 → 2026-10-04 03:00+11:00"],
    ),
    "an offset that never changes": (
        *("02:30", "10 04:00", "Asia/Kathmandu", FORWARD),
        ["2026-03-29 02:30+05:45 → 2026-03-29 04:00+05:45"],
    ),
    "clocks put back for a month": (
        *("02:30", "10 04:00", "Africa/Casablanca", ("2026-02-14 12:00", "2026-02-15 12:00")),
        ["2026-02-15 02:30+01:00 → 2026-02-15 04:00+00:00"],
    ),
    "a day that is not there": (
        *("08:00", "10 17:00", "Pacific/Apia", ("2011-12-29 06:00", "2012-01-01 06:00")),
        ["2011-12-29 08:00-10:00 → 2011-12-29 17:00-10:00", "2011-12-31 08:00+14:00 → 2011-12-31 17:00+14:00"],
    ),
}


@pytest.mark.parametrize(("begin", "end", "zone", "window", "expected"), NIGHTS.values(), ids=NIGHTS)
def test_a_daily_rule_when_clocks_change(
    begin: str, end: str, zone: str, window: tuple[str, str], expected: list[str]
) -> None:
    assert told(begin, end, zone, window) == expected


WHOLE_DAYS = {
    "of 23 hours": (
        *("Europe/Prague", ("2026-03-29 12:00", "2026-03-29 13:00")),
        ["2026-03-29 00:00+01:00 → 2026-03-30 00:00+02:00"],
    ),
    "without midnight": (
        *("Asia/Beirut", ("2026-03-29 12:00", "2026-03-29 13:00")),
        ["2026-03-29 01:00+03:00 → 2026-03-30 00:00+03:00"],
    ),
    "with midnight twice": (
        *("America/Havana", ("2026-11-01 12:00", "2026-11-01 13:00")),
        ["2026-11-01 00:00-04:00 → 2026-11-02 00:00-05:00"],
    ),
    "that is not there": (
        *("Pacific/Apia", ("2011-12-29 12:00", "2011-12-31 12:00")),
        ["2011-12-29 00:00-10:00 → 2011-12-31 00:00+14:00", "2011-12-31 00:00+14:00 → 2012-01-01 00:00+14:00"],
    ),
    "that begins again after a minute": (
        *("America/St_Johns", ("2009-10-31 12:00", "2009-11-01 12:00")),
        ["2009-10-31 00:00-02:30 → 2009-11-01 00:00-02:30", "2009-11-01 00:00-02:30 → 2009-11-02 00:00-03:30"],
    ),
}


@pytest.mark.parametrize(("zone", "window", "expected"), WHOLE_DAYS.values(), ids=WHOLE_DAYS)
def test_whole_days_when_clocks_change(zone: str, window: tuple[str, str], expected: list[str]) -> None:
    assert told("09:00", "10 09:00", zone, window, whole_days=True) == expected


def test_a_day_lasts_until_the_next_first_begins() -> None:
    zone = ZoneInfo("America/St_Johns")
    item = profile("2005-01-10 09:00", "2005-01-10 09:00", DAILY, zone=zone, whole_days=True)
    found = open_at(item, zone, datetime.fromisoformat("2009-10-31 23:30-03:30"))
    assert found
    assert found.begin.isoformat(" ", "minutes") == "2009-11-01 00:00-02:30"


def test_only_the_first_occurrence_knows_an_hour_that_comes_twice() -> None:
    prague = ZoneInfo("Europe/Prague")
    begin = int(datetime(2026, 10, 25, 1, 30, tzinfo=UTC).timestamp())
    item = profile(begin, begin + 7_200, DAILY)
    found = occurrences(item, prague, moment("2026-10-25", prague), moment("2026-10-27", prague))
    assert [each.isoformat(" ", "minutes") for one in found for each in one] == [
        *("2026-10-25 02:30+01:00", "2026-10-25 04:30+01:00", "2026-10-26 02:30+01:00", "2026-10-26 04:30+01:00")
    ]


def test_an_interval_across_an_hour_that_comes_twice_has_no_length_on_other_days() -> None:
    prague = ZoneInfo("Europe/Prague")
    begin = int(datetime(2026, 10, 25, 0, 50, tzinfo=UTC).timestamp())
    item = profile(begin, begin + 1_200, DAILY)
    [only] = occurrences(item, prague, moment("2026-10-25", prague), moment("2026-11-25", prague))
    assert [each.isoformat(" ", "minutes") for each in only] == ["2026-10-25 02:50+02:00", "2026-10-25 02:10+01:00"]


@pytest.mark.parametrize(("day", "number"), [("SUN", 1), ("SAT", 0)])
def test_such_an_interval_takes_place_only_on_a_day_that_the_rule_names(day: str, number: int) -> None:
    prague = ZoneInfo("Europe/Prague")
    sunday = int(datetime(2026, 10, 25, 0, 50, tzinfo=UTC).timestamp())
    item = profile(sunday, sunday + 1_200, custom("week", [day]))
    found = occurrences(item, prague, moment("2026-10-20", prague), moment("2026-12-25", prague))
    assert len([*found]) == number


@pytest.mark.parametrize(
    ("rule", "at", "is_open"),
    [
        (custom("week", ["SUN"]), "2026-03-29 01:00+00:00", True),
        (custom("week", ["SUN"]), "2026-03-29 00:59+00:00", False),
        (custom("week", ["SAT"]), "2026-03-29 01:00+00:00", False),
    ],
)
def test_it_opens_when_the_clock_leaps_over_its_beginning(rule: Item, at: str, is_open: bool) -> None:
    item = profile("2026-01-04 02:30", "2026-01-04 03:30", rule)
    assert bool(open_at(item, ZoneInfo("Europe/Prague"), datetime.fromisoformat(at))) is is_open
