"""What the calendar of time profiles says and how it is written, read by another library."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import msgspec
import pytest

from tests.make import Item, custom, time_profile
from tests.test_rules import PRAGUE, moment, nth, numbers, profile, simple, until, yearly
from timeprofiles.bulk import TimeProfileItem
from timeprofiles.ics import TooManyEvents, as_ics

pytestmark = pytest.mark.any_postgres

HORIZON = (moment("2025-01-01"), moment("2028-01-01"))
STAMP = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NAMES = ["Büro; Halle, Hof\\Süd\nund Keller", "ночной охранник " * 12, "tab\tand \r\n line\x07", "x" * 255]


def calendar(*items: TimeProfileItem, zone: ZoneInfo = PRAGUE, horizon: Any = HORIZON) -> icalendar.Calendar:
    octets = as_ics(items, zone, begin=horizon[0], end=horizon[1], stamp=STAMP)
    return icalendar.Calendar.from_ical(octets)


def rules_of(*items: TimeProfileItem) -> list[str]:
    events = calendar(*items).walk("VEVENT")
    return [event["RRULE"].to_ical().decode() for event in events if "RRULE" in event]


SAID = {
    "FREQ=DAILY;INTERVAL=1;WKST=MO": simple("day"),
    "FREQ=WEEKLY;INTERVAL=1;WKST=MO;BYDAY=WE": simple("week"),
    "FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=WE": simple("twoWeeks"),
    "FREQ=MONTHLY;INTERVAL=1;WKST=MO;BYMONTHDAY=7": simple("month"),
    "FREQ=YEARLY;INTERVAL=1;WKST=MO;BYMONTHDAY=7;BYMONTH=1": simple("year"),
    "FREQ=DAILY;UNTIL=20260301T070000Z;INTERVAL=1;WKST=MO": simple("day", until("2026-03-01 08:00")),
    "FREQ=WEEKLY;INTERVAL=3;WKST=MO;BYDAY=MO,FR": custom("week", ["FRI", "MON", "FRI"], every=3),
    "FREQ=MONTHLY;INTERVAL=2;WKST=MO;BYMONTHDAY=1,31": numbers(31, 1, every=2),
    "FREQ=MONTHLY;INTERVAL=1;WKST=MO;BYDAY=-1SU": nth("last", "SUN"),
    "FREQ=MONTHLY;INTERVAL=1;WKST=MO;BYSETPOS=2;BYDAY=MO,TU,WE,TH,FR": nth("second", "WEEK_DAY"),
    "FREQ=YEARLY;INTERVAL=4;WKST=MO;BYMONTHDAY=7;BYMONTH=1,2": yearly(2, 1, every=4),
    "FREQ=YEARLY;INTERVAL=1;WKST=MO;BYDAY=5MO;BYMONTH=1,3": yearly(1, 3, order="fifth", kind="MON"),
    "FREQ=MONTHLY;INTERVAL=1;WKST=MO;BYSETPOS=-1;BYDAY=SA,SU;BYMONTH=3,4": yearly(3, 4, order="last", kind="DAY_OFF"),
}


@pytest.mark.parametrize(("said", "rule"), SAID.items())
def test_a_rule_is_one_recurrence(said: str, rule: Item) -> None:
    [found] = rules_of(profile("2026-01-07 08:00", "2026-01-07 17:00", rule))
    assert sorted(found.split(";")) == sorted(said.split(";"))


def test_a_working_day_in_months_of_every_second_year_is_a_recurrence_for_each_month() -> None:
    item = profile("2026-01-07 08:00", "2026-01-07 17:00", yearly(3, 9, order="first", kind="WEEK_DAY", every=2))
    assert [str(event["UID"]) for event in calendar(item).walk("VEVENT")] == [item.link_id, f"{item.link_id}-2"]


def test_nights_on_which_clocks_change_are_told_on_their_own() -> None:
    item = profile("2026-01-07 22:00", "2026-01-08 06:00", simple("day"))
    series, *nights = calendar(item).walk("VEVENT")
    assert [each.dt.isoformat(" ", "minutes") for one in series["EXDATE"] for each in one.dts] == [
        *("2026-03-28 22:00+01:00", "2026-10-24 22:00+02:00", "2027-03-27 22:00+01:00", "2027-10-30 22:00+02:00")
    ]
    assert [f"{night['DTSTART'].dt:%d.%m. %H:%M} {night['DTEND'].dt:%H:%M}" for night in nights] == [
        *("28.03. 21:00 04:00", "24.10. 20:00 05:00", "27.03. 21:00 04:00", "30.10. 20:00 05:00")
    ]


def test_a_rule_that_meets_a_change_every_time_is_told_one_by_one_within_the_horizon() -> None:
    item = profile("2020-02-01 08:00", "2020-05-01 08:00", simple("year"))
    found = calendar(item).walk("VEVENT")
    assert [(each["DTSTART"].dt.year, "RRULE" in each) for each in found] == [
        (2025, False),
        (2026, False),
        (2027, False),
    ]


def test_whole_days_are_dates() -> None:
    item = profile("2026-01-07 08:00", "2026-01-08 17:00", simple("week", until("2026-02-04 00:00")), whole_days=True)
    [event] = calendar(item).walk("VEVENT")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2026, 1, 7), date(2026, 1, 9))
    assert event["RRULE"]["UNTIL"] == [date(2026, 2, 4)]


def test_a_day_that_is_not_there_is_left_out() -> None:
    apia = ZoneInfo("Pacific/Apia")
    item = profile("2011-12-01 08:00", "2011-12-01 08:00", simple("day"), zone=apia, whole_days=True)
    [event] = calendar(item, zone=apia, horizon=(moment("2011-06-01"), moment("2012-06-01"))).walk("VEVENT")
    assert [each.dt for each in event["EXDATE"].dts] == [date(2011, 12, 30)]


CLOSED = {
    "no length": profile("2026-01-07 08:00", "2026-01-07 08:00", simple("day")),
    "no day": profile("2026-02-01 08:00", "2026-02-01 09:00", numbers(30, every=12)),
    "an end before its beginning": profile("2026-01-07 08:00", "2026-01-07 09:00", simple("day", until("2025-01-01"))),
    "a beginning after the horizon": profile("2030-01-07 08:00", "2030-01-07 09:00", simple("day")),
}


@pytest.mark.parametrize("item", CLOSED.values(), ids=CLOSED)
def test_a_rule_without_occurrences_is_no_event(item: TimeProfileItem) -> None:
    assert calendar(item).walk("VEVENT") == []


# ── how it is written ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_are_read_as_they_are_but_for_control_characters(name: str) -> None:
    item = msgspec.convert(time_profile(name=name), TimeProfileItem)
    [event] = calendar(item).walk("VEVENT")
    assert str(event["SUMMARY"]) == name.replace("\r\n", "\n").replace("\x07", " ")


def test_lines_have_at_most_75_octets_and_end_as_the_standard_has_it() -> None:
    items = [msgspec.convert(time_profile(name=name), TimeProfileItem) for name in NAMES]
    octets = as_ics(items, PRAGUE, begin=HORIZON[0], end=HORIZON[1], stamp=STAMP)
    lines = octets.split(b"\r\n")
    assert [line for line in lines if len(line) > 75 or b"\n" in line or line.decode() is None] == []
    assert (lines[0], lines[-2:]) == (b"BEGIN:VCALENDAR", [b"END:VCALENDAR", b""])


def test_several_profiles_are_one_calendar() -> None:
    items = [profile("2026-01-07 08:00", "2026-01-07 17:00", simple(kind)) for kind in ("day", "week", "month")]
    read = calendar(*items)
    uids = [str(event["UID"]) for event in read.walk("VEVENT") if "RRULE" in event]
    assert uids == [item.link_id for item in items]
    assert {event["DTSTAMP"].dt for event in read.walk("VEVENT")} == {STAMP}
    assert read.errors == [error for each in read.walk() for error in each.errors] == []


def test_a_profile_of_any_year_is_told() -> None:
    items = [profile(0, 60), profile("9999-12-31 08:00", 253_402_300_799), profile(0, 253_402_300_799, whole_days=True)]
    assert len(calendar(*items).walk("VEVENT")) == 3


def test_more_events_than_a_calendar_takes_are_refused() -> None:
    items = [profile("2026-01-07 08:00", "9999-01-07 17:00", simple("day"))] * 40
    with pytest.raises(TooManyEvents):
        calendar(*items)


@pytest.mark.parametrize(
    "horizon", [("2026-01-01", "2026-01-01"), ("2026-01-02", "2026-01-01"), ("2000-01-01", "2030-01-01")]
)
def test_a_horizon_that_is_none_is_refused(horizon: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="horizon"):
        calendar(horizon=[moment(each) for each in horizon])


def test_the_edges_of_the_calendar_can_be_the_horizon() -> None:
    item = profile(0, 3_600, simple("day"))
    edges = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    early = calendar(item, horizon=(edges[0], edges[0] + timedelta(days=400)))
    late = calendar(item, horizon=(edges[1] - timedelta(days=400), edges[1]))
    assert [len(read.walk("VEVENT")) > 0 for read in (early, late)] == [False, True]
