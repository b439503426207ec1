"""What each rule of contract §3 means, day by day."""

from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.make import Item, custom, time_profile
from timeprofiles.bulk import TimeProfileItem
from timeprofiles.rules import occurrences, open_at

pytestmark = pytest.mark.any_postgres

PRAGUE = ZoneInfo("Europe/Prague")
NEVER = {"format": "never"}


def moment(text: str, zone: ZoneInfo = PRAGUE) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def until(text: str, zone: ZoneInfo = PRAGUE) -> Item:
    return {"format": "date", "date": int(moment(text, zone).timestamp())}


def simple(kind: str, end: Item = NEVER) -> Item:
    return {"repeat_type": kind, "repeat_end": end}


def numbers(*days: int, every: int = 1) -> Item:
    return custom("month", {"format": "dayNumbers", "range": list(days)}, every=every)


def nth(order: str, kind: str, every: int = 1) -> Item:
    on = {"format": "parameterizedDay", "range": {"week_order": order, "day_type": kind}}
    return custom("month", on, every=every)


def yearly(*months: int, order: str = "", kind: str = "", every: int = 1) -> Item:
    range_ = {"range": {"week_order": order, "day_type": kind}} if order else {}
    return custom("year", {"months": list(months)} | range_, every=every)


def profile(
    begin: str | int, end: str | int, rule: Item | None = None, *, zone: ZoneInfo = PRAGUE, whole_days: bool = False
) -> TimeProfileItem:
    """`begin` and `end` by the clock of the zone, or in Unix seconds."""
    times = [int(moment(each, zone).timestamp()) if isinstance(each, str) else each for each in (begin, end)]
    options = {"is_all_day": whole_days, "date_from": times[0], "date_to": times[1]}
    return msgspec.convert(time_profile(rule, time_options=options), TimeProfileItem)


def begins(item: TimeProfileItem, number: int, since: str = "1970-01-01") -> list[str]:
    """The days on which the next ones begin."""
    found = occurrences(item, PRAGUE, moment(since), moment("9999-12-30"))
    return [each.begin.date().isoformat() for each in islice(found, number)]


# 2026-01-07 is a Wednesday, 2026-02-01 and 2026-03-01 are Sundays
DAYS: dict[str, tuple[str, Item | None, list[str]]] = {
    "once": ("2026-01-07", None, ["2026-01-07"]),
    "every day": ("2026-01-07", simple("day"), ["2026-01-07", "2026-01-08", "2026-01-09"]),
    "every week on the same weekday": ("2026-01-07", simple("week"), ["2026-01-07", "2026-01-14", "2026-01-21"]),
    "every two weeks": ("2026-01-07", simple("twoWeeks"), ["2026-01-07", "2026-01-21", "2026-02-04"]),
    "every month": ("2026-01-07", simple("month"), ["2026-01-07", "2026-02-07", "2026-03-07"]),
    "months without a 31st are skipped": ("2026-01-31", simple("month"), ["2026-01-31", "2026-03-31", "2026-05-31"]),
    "February is skipped on the 30th": ("2026-01-30", simple("month"), ["2026-01-30", "2026-03-30", "2026-04-30"]),
    "every year": ("2026-01-07", simple("year"), ["2026-01-07", "2027-01-07", "2028-01-07"]),
    "29 February only in leap years": ("2096-02-29", simple("year"), ["2096-02-29", "2104-02-29", "2108-02-29"]),
    "repeat_custom means nothing to other types": (
        "2026-01-07",
        custom("week", ["MON"]) | {"repeat_type": "day"},
        ["2026-01-07", "2026-01-08", "2026-01-09"],
    ),
    "every third day": ("2026-01-07", custom("day", [], every=3), ["2026-01-07", "2026-01-10", "2026-01-13"]),
    "on weekdays, from the first one named": (
        "2026-01-07",
        custom("week", ["TUE", "THU", "TUE"]),
        ["2026-01-08", "2026-01-13", "2026-01-15"],
    ),
    "every second week, weeks from Monday": (
        "2026-01-07",
        custom("week", ["MON", "SUN"], every=2),
        ["2026-01-11", "2026-01-19", "2026-01-25", "2026-02-02"],
    ),
    "on day numbers": ("2026-01-07", numbers(15, 1), ["2026-01-15", "2026-02-01", "2026-02-15"]),
    "on day numbers that months lack": ("2026-01-30", numbers(29, 31), ["2026-01-31", "2026-03-29", "2026-03-31"]),
    "every second month counts from date_from's": ("2026-01-07", numbers(1, every=2), ["2026-03-01", "2026-05-01"]),
    "every twelfth month on a day that one lacks": ("2027-02-01", numbers(29, every=12), ["2028-02-29", "2032-02-29"]),
    "the first Monday": ("2026-01-07", nth("first", "MON"), ["2026-02-02", "2026-03-02", "2026-04-06"]),
    "the second Tuesday": ("2026-01-07", nth("second", "TUE"), ["2026-01-13", "2026-02-10"]),
    "the third Wednesday": ("2026-01-07", nth("third", "WED"), ["2026-01-21", "2026-02-18"]),
    "the fourth Thursday": ("2026-01-07", nth("fourth", "THU"), ["2026-01-22", "2026-02-26"]),
    "the fifth Friday, where there is one": ("2026-01-07", nth("fifth", "FRI"), ["2026-01-30", "2026-05-29"]),
    "the last Saturday": ("2026-01-07", nth("last", "SAT"), ["2026-01-31", "2026-02-28"]),
    "the first working day": ("2026-01-01", nth("first", "WEEK_DAY"), ["2026-01-01", "2026-02-02", "2026-03-02"]),
    "the fifth working day": ("2026-01-01", nth("fifth", "WEEK_DAY"), ["2026-01-07", "2026-02-06", "2026-03-06"]),
    "the last working day": ("2026-01-01", nth("last", "WEEK_DAY"), ["2026-01-30", "2026-02-27", "2026-03-31"]),
    "the first day off": ("2026-01-01", nth("first", "DAY_OFF"), ["2026-01-03", "2026-02-01", "2026-03-01"]),
    "the fifth day off": ("2026-01-01", nth("fifth", "DAY_OFF"), ["2026-01-17", "2026-02-15", "2026-03-15"]),
    "the last day off of every third month": (
        "2026-01-01",
        nth("last", "DAY_OFF", every=3),
        ["2026-01-31", "2026-04-26", "2026-07-26"],
    ),
    "in months on date_from's day number": ("2026-01-07", yearly(7, 1), ["2026-01-07", "2026-07-07", "2027-01-07"]),
    "in months of which some lack it": ("2026-01-31", yearly(1, 2, 4, 5), ["2026-01-31", "2026-05-31", "2027-01-31"]),
    "every second year in months": ("2026-03-07", yearly(1, 7, every=2), ["2026-07-07", "2028-01-07", "2028-07-07"]),
    "the last Sunday in months": (
        "2026-01-07",
        yearly(3, 10, order="last", kind="SUN"),
        ["2026-03-29", "2026-10-25", "2027-03-28"],
    ),
    "the first working day in months": (
        "2026-01-07",
        yearly(1, 8, order="first", kind="WEEK_DAY"),
        ["2026-08-03", "2027-01-01", "2027-08-02", "2028-01-03"],
    ),
    "the first working day in months of every second year": (
        "2026-01-07",
        yearly(1, 2, 8, order="first", kind="WEEK_DAY", every=2),
        ["2026-02-02", "2026-08-03", "2028-01-03", "2028-02-01"],
    ),
    "the fifth Monday of February": ("2026-01-01", yearly(2, order="fifth", kind="MON"), ["2044-02-29", "2072-02-29"]),
}


@pytest.mark.parametrize(("begin", "rule", "expected"), DAYS.values(), ids=DAYS)
def test_a_rule_names_its_days(begin: str, rule: Item | None, expected: list[str]) -> None:
    item = profile(f"{begin} 08:00", f"{begin} 17:00", rule)
    assert begins(item, len(expected)) == expected


IMPOSSIBLE = {
    "30 February": ("2026-02-01", numbers(30, every=12)),
    "31 June": ("2026-01-31", yearly(2, 4, 6, 9, 11)),
    "29 February of odd years": ("2025-01-29", yearly(2, every=2)),
    "a fifth Monday of February in odd years": ("2025-01-01", yearly(2, order="fifth", kind="MON", every=2)),
}


@pytest.mark.parametrize(("begin", "rule"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_rule_that_names_no_day_is_closed(begin: str, rule: Item) -> None:
    item = profile(f"{begin} 00:00", f"{begin} 23:59", rule)
    assert begins(item, 1) == []
    assert open_at(item, PRAGUE, moment(f"{begin} 12:00")) is None


ENDS = {
    "at the beginning of the last": ("2026-01-09 08:00", ["2026-01-07", "2026-01-08", "2026-01-09"]),
    "a second before that": ("2026-01-09 07:59:59", ["2026-01-07", "2026-01-08"]),
    "at the beginning of the first": ("2026-01-07 08:00", ["2026-01-07"]),
    "before the first": ("2026-01-07 07:00", []),
    "years before the first": ("1971-01-01 00:00", []),
}


@pytest.mark.parametrize(("end", "expected"), ENDS.values(), ids=ENDS)
def test_a_series_ends_with_the_last_that_begins_at_or_before_its_date(end: str, expected: list[str]) -> None:
    item = profile("2026-01-07 08:00", "2026-01-07 17:00", simple("day", until(end)))
    assert begins(item, 9) == expected


def test_whole_days_reach_from_the_day_of_date_from_to_the_day_of_date_to() -> None:
    item = profile("2026-01-07 22:15", "2026-01-09 00:00", simple("month"), whole_days=True)
    found = occurrences(item, PRAGUE, moment("2026-02-01"), moment("2026-03-01"))
    assert [*found] == [(moment("2026-02-07"), moment("2026-02-10"))]


def test_whole_days_end_with_the_last_day_that_begins_at_or_before_the_date() -> None:
    rule = simple("day", until("2026-01-09 00:00"))
    item = profile("2026-01-07 22:15", "2026-01-07 22:15", rule, whole_days=True)
    assert begins(item, 9) == ["2026-01-07", "2026-01-08", "2026-01-09"]
