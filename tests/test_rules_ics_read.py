"""The calendar of time profiles expanded as calendars do, each in its way, against the occurrences."""

from bisect import bisect
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import msgspec
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings

from tests import plain_rules
from tests.make import Item
from tests.test_rules import PRAGUE, profile, simple
from tests.test_rules_against_plain import ZONES, cases
from tests.test_rules_ics import HORIZON, calendar
from timeprofiles.bulk import TimeProfileItem
from timeprofiles.rules import occurrences

pytestmark = pytest.mark.any_postgres

Stretch = tuple[float, float]


def shown(read: icalendar.Calendar, zone: ZoneInfo, horizon: Any, *, by_clock: bool) -> list[Stretch]:
    """All stretches in the horizon. `by_clock`: lengths are what the clock shows and 02:30 always has a meaning; else
    they are seconds, and 02:30 is left out on nights without it."""
    begin, end = (each.timestamp() for each in horizon)
    found = {one for event in read.walk("VEVENT") for one in expanded(event, zone, end, by_clock=by_clock)}
    return sorted(one for one in found if one[0] < end and one[1] > begin)


def expanded(event: Any, zone: ZoneInfo, end: float, *, by_clock: bool) -> Iterator[Stretch]:
    first = event["DTSTART"].dt
    if not isinstance(first, datetime):
        yield from whole_days(event, zone, end)
        return
    last = event["DTEND"].dt
    for begin in begins(event, first, end):
        length = last.replace(tzinfo=None) - first.replace(tzinfo=None)
        later = (begin + length).timestamp() if by_clock else begin.timestamp() + last.timestamp() - first.timestamp()
        is_there = datetime.fromtimestamp(begin.timestamp(), begin.tzinfo).hour == begin.hour
        if is_there or by_clock:
            yield begin.timestamp(), later


def whole_days(event: Any, zone: ZoneInfo, end: float) -> Iterator[Stretch]:
    first = event["DTSTART"].dt
    length = event["DTEND"].dt - first if "DTEND" in event else timedelta(days=1)
    for begin in begins(event, datetime.combine(first, time()), end):
        yield plain_rules.moment(begin, zone), plain_rules.moment(begin + length, zone)


def begins(event: Any, first: datetime, end: float) -> list[datetime]:
    if "RRULE" not in event:
        return [first]
    left_out = event.get("EXDATE", [])
    lists = left_out if isinstance(left_out, list) else [left_out]
    without = {day.dt if isinstance(day.dt, datetime) else midnight(day.dt) for each in lists for day in each.dts}
    named = rrulestr(event["RRULE"].to_ical().decode(), dtstart=first)
    return [each for each in takewhile(lambda one: one.timestamp() < end + 86_400, named) if each not in without]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


@given(cases())
@settings(max_examples=150, deadline=None)
def test_every_reading_of_the_calendar_shows_the_occurrences(case: tuple[Item, ZoneInfo, int, int]) -> None:
    item, zone, window, _ = case
    made = msgspec.convert(item, TimeProfileItem)
    horizon = [datetime.fromtimestamp(window + day * 86_400, UTC) for day in (-200, 200)]
    read = calendar(made, zone=zone, horizon=horizon)
    expected = [tuple(map(datetime.timestamp, each)) for each in occurrences(made, zone, *horizon)]
    assert shown(read, zone, horizon, by_clock=True) == expected
    assert shown(read, zone, horizon, by_clock=False) == expected


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_the_calendar_knows_every_change_of_the_zone(zone: ZoneInfo) -> None:
    item = profile("1970-01-10 08:00", "1970-01-10 17:00", simple("day"), zone=zone)
    [told] = calendar(item, zone=zone).walk("VTIMEZONE")
    seconds = range(0, int(HORIZON[1].timestamp()), 7 * 3_600)
    at_second = offsets(told)
    assert told["TZID"] == zone.key
    assert [each for each in seconds if at_second(each) != datetime.fromtimestamp(each, zone).utcoffset()] == []


def offsets(told: icalendar.Timezone) -> Callable[[int], timedelta]:
    """By the moments at which the observances of a VTIMEZONE set in."""
    onsets: list[tuple[float, timedelta]] = []
    for each in told.subcomponents:
        dates = each.get("RDATE", [])
        lists = dates if isinstance(dates, list) else [dates]
        shown = [each["DTSTART"].dt, *(one.dt for many in lists for one in many.dts)]
        before, after = each["TZOFFSETFROM"].td, each["TZOFFSETTO"].td
        onsets += [((one - before).replace(tzinfo=UTC).timestamp(), after) for one in shown]
    onsets.sort()
    return lambda second: onsets[bisect(onsets, second, key=lambda onset: onset[0]) - 1][1]


def test_another_library_reads_the_zone_as_it_is() -> None:
    [told] = calendar(profile("2025-01-10 08:00", "2025-01-10 17:00", simple("day"))).walk("VTIMEZONE")
    own = told.to_tz(lookup_tzid=False)
    hours = [HORIZON[0].astimezone(UTC) + timedelta(hours=each) for each in range(0, 24 * 1_090, 5)]
    assert [each for each in hours if each.astimezone(own).utcoffset() != each.astimezone(PRAGUE).utcoffset()] == []
