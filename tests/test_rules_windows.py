"""Occurrences of a window, openness at a moment, and the edges of the calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.make import custom, time_profile
from tests.test_rules import PRAGUE, begins, moment, nth, profile, simple
from timeprofiles.bulk import TimeProfileItem
from timeprofiles.models import LAST_SECOND, TimeProfile
from timeprofiles.rules import occurrences, open_at

pytestmark = pytest.mark.any_postgres

WINDOWS = {
    "touches the end": ("17:00", "18:00", 0),
    "the last second": ("16:59:59", "18:00", 1),
    "touches the beginning": ("07:00", "08:00", 0),
    "the first second": ("07:00", "08:00:01", 1),
    "within": ("12:00", "12:01", 1),
    "around": ("07:00", "18:00", 1),
    "none": ("12:00", "12:00", 0),
    "backwards": ("13:00", "12:00", 0),
}


@pytest.mark.parametrize(("begin", "end", "number"), WINDOWS.values(), ids=WINDOWS)
def test_what_lies_in_a_window_is_told_whole(begin: str, end: str, number: int) -> None:
    item = profile("2026-01-07 08:00", "2026-01-07 17:00", simple("day"))
    found = occurrences(item, PRAGUE, moment(f"2026-03-03 {begin}"), moment(f"2026-03-03 {end}"))
    assert [*found] == [(moment("2026-03-03 08:00"), moment("2026-03-03 17:00"))] * number


MOMENTS = {"07:59:59": False, "08:00:00": True, "16:59:59.999999": True, "17:00:00": False}


@pytest.mark.parametrize(("at", "is_open"), MOMENTS.items())
def test_a_profile_is_open_from_its_first_moment_to_before_its_last(at: str, is_open: bool) -> None:
    item = profile("2026-01-07 08:00", "2026-01-07 17:00", simple("day"))
    found = open_at(item, PRAGUE, moment(f"2026-03-03 {at}"))
    assert found == ((moment("2026-03-03 08:00"), moment("2026-03-03 17:00")) if is_open else None)


def test_occurrences_longer_than_their_period_overlap() -> None:
    item = profile("2026-01-07 08:00", "2026-01-09 20:00", simple("day"))
    found = [*occurrences(item, PRAGUE, moment("2026-03-03 12:00"), moment("2026-03-03 12:01"))]
    assert [each.begin.day for each in found] == [1, 2, 3]
    assert open_at(item, PRAGUE, moment("2026-03-03 12:00")) == found[0]


def test_what_has_no_length_is_never_open() -> None:
    item = profile("2026-01-07 08:00", "2026-01-07 08:00", simple("day"))
    assert begins(item, 1) == []
    assert open_at(item, PRAGUE, moment("2026-01-07 08:00")) is None


def test_a_rule_that_does_not_repeat_keeps_its_format_without_effect() -> None:
    item = time_profile(simple("day"))
    item["repeat_options"]["repeat_enable"] = False
    found = occurrences(msgspec.convert(item, TimeProfileItem), PRAGUE, moment("1970-01-01"), moment("2030-01-01"))
    assert len([*found]) == 1


def test_a_stored_profile_means_what_its_item_means() -> None:
    item = profile("2026-01-07 08:00", "2026-01-07 17:00", nth("last", "WEEK_DAY"))
    times, rule = item.time_options, msgspec.to_builtins(item.repeat_options)
    stored = TimeProfile(is_all_day=False, date_from=times.date_from, date_to=times.date_to, repeat_options=rule)
    window = moment("2026-03-01"), moment("2027-03-01")
    expected = [*occurrences(item, PRAGUE, *window)]
    assert [*occurrences(stored, PRAGUE, *window)] == expected
    assert [*occurrences(TimeProfileItem.of(stored), PRAGUE, *window)] == expected


@pytest.mark.parametrize("ask", [lambda *at: occurrences(*at, moment("2026-01-08")), open_at])
def test_a_moment_without_a_zone_is_refused(ask: Any) -> None:
    with pytest.raises(ValueError, match="zone"):
        ask(profile(0, 1), PRAGUE, moment("2026-01-07").replace(tzinfo=None))


ZONES = [ZoneInfo(name) for name in ("UTC", "America/Los_Angeles", "Pacific/Kiritimati")]


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("whole_days", [False, True])
def test_rules_reach_from_1970_to_9999(zone: ZoneInfo, whole_days: bool) -> None:
    item = profile(0, 3_600, simple("week"), whole_days=whole_days)
    edges = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    first = next(occurrences(item, zone, *edges))
    [*_, last] = occurrences(item, zone, edges[1] - timedelta(days=30), edges[1])
    assert (first.begin - moment("1970-01-01", UTC)) <= timedelta(hours=14)
    assert last.begin.date().isoformat() == ("9999-12-30" if zone.key == "UTC" else "9999-12-29")


@pytest.mark.parametrize("kind", ["day", "week", "twoWeeks", "month", "year"])
@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_what_lasts_beyond_the_calendar_ends_with_it(kind: str, zone: ZoneInfo) -> None:
    item = profile(LAST_SECOND - 15 * 3_600, LAST_SECOND, simple(kind), zone=zone)
    [only] = occurrences(item, zone, moment("9999-12-30", UTC), datetime.max.replace(tzinfo=UTC))
    assert only.begin.timestamp() == LAST_SECOND - 15 * 3_600
    assert (only.end.year, only.end.second) == (9999, 59)


def test_the_last_week_of_the_calendar_has_no_weekend() -> None:
    item = profile("2026-01-07 08:00", "2026-01-07 17:00", custom("week", ["FRI", "SAT", "SUN"]))
    found = occurrences(item, PRAGUE, moment("9999-12-20"), datetime.max.replace(tzinfo=UTC))
    assert [each.begin.day for each in found] == [24, 25, 26, 31]


def test_a_rule_of_the_year_10000_is_closed() -> None:
    item = profile(LAST_SECOND - 60, LAST_SECOND, simple("day"))
    kiritimati = ZoneInfo("Pacific/Kiritimati")
    assert open_at(item, kiritimati, datetime.fromtimestamp(LAST_SECOND - 30, UTC)) is None
    assert open_at(item, ZoneInfo("UTC"), datetime.fromtimestamp(LAST_SECOND - 30, UTC)) is not None
