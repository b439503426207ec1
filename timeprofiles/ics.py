"""Time profiles as a calendar (RFC 5545) that shows what `rules` says, whichever way the calendar reads it.

A recurrence becomes one event with its RRULE. Calendars disagree about the nights on which clocks change: whether 02:30
is left out where there is none, whether 22:00 to 06:00 lasts eight hours or ends at six. So every occurrence that such
a change touches is taken out of the series (EXDATE) and told on its own, in UTC, within the horizon asked for.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from timeprofiles.bulk import TimeProfileItem
from timeprofiles.content_lines import encoded, on_clock, on_day, rrule, text, utc
from timeprofiles.models import TimeProfile
from timeprofiles.series import DAY, MARGIN, Occurrence, Series, rule_of, series_of
from timeprofiles.vtimezone import changes, vtimezone
from timeprofiles.wallclock import END, first_shown, unix_seconds, wall

LONGEST_HORIZON = timedelta(days=20 * 366)
MOST_EVENTS = 10_000
MOST_YEARS = 150
"""Of the zone, told up to the horizon: 0.1 s of work, once."""
LONGEST_IN_SERIES = timedelta(days=180)
"""What lasts longer meets a change of clocks nearly every time."""
SEARCHED = 800
"""Occurrences among which one is looked for that no change touches: two years of a daily rule."""


class TooManyEvents(ValueError):
    """The calendar would need more than MOST_EVENTS events."""


class Horizon(NamedTuple):
    """Unix seconds, and the years around them."""

    begin: float
    end: float
    years: tuple[int, int]

    def has(self, occurrence: Occurrence) -> bool:
        return occurrence.end.timestamp() >= self.begin and occurrence.begin.timestamp() < self.end


class Event(NamedTuple):
    uid: str
    begin: datetime
    """Without a zone."""
    lines: list[str]


def as_ics(
    profiles: Iterable[TimeProfile | TimeProfileItem],
    zone: ZoneInfo,
    *,
    begin: datetime,
    end: datetime,
    stamp: datetime,
) -> bytes:
    """One calendar of all of them: text/calendar in UTF-8.

    The horizon [begin, end), at most twenty years, bounds what cannot be told for ever: occurrences on changes of
    clocks, those of rules that meet one every time, and the changes of the zone itself. Repeating rules that begin
    after it are left out. `stamp` says when the profiles were last written. A profile's UID is its link_id, with a
    number for further recurrences of its rule, with a moment for what is told on its own. Raises ValueError for a
    horizon that is none, TooManyEvents.
    """
    if not timedelta() < end - begin <= LONGEST_HORIZON:
        raise ValueError(f"the horizon must have up to {LONGEST_HORIZON.days} days")
    horizon = Horizon(unix_seconds(begin), unix_seconds(end), (begin.year - 1, end.year + 1))
    found = chain.from_iterable(_events_of(profile, zone, horizon) for profile in profiles)
    events = list(islice(found, MOST_EVENTS + 1))
    if len(events) > MOST_EVENTS:
        raise TooManyEvents
    first_year = min([begin.year, *(event.begin.year for event in events)])
    head = ["VERSION:2.0", "PRODID:-//linkmgr//time profiles//EN", "CALSCALE:GREGORIAN"]
    body = chain.from_iterable(_vevent(event, stamp) for event in events)
    times = vtimezone(zone, max(first_year - 1, end.year - MOST_YEARS), end.year + 1)
    return encoded(["BEGIN:VCALENDAR", *head, *times, *body, "END:VCALENDAR"])


def _vevent(event: Event, stamp: datetime) -> list[str]:
    return ["BEGIN:VEVENT", f"UID:{event.uid}", f"DTSTAMP:{utc(stamp)}", *event.lines, "END:VEVENT"]


def _events_of(profile: TimeProfile | TimeProfileItem, zone: ZoneInfo, horizon: Horizon) -> Iterator[Event]:
    summary = [f"SUMMARY:{text(profile.name)}", "TRANSP:TRANSPARENT"]
    for number, series in enumerate(series_of(rule_of(profile), zone), 1):
        uid = str(profile.link_id) if number == 1 else f"{profile.link_id}-{number}"
        for event in _events(uid, series, horizon):
            yield event._replace(lines=summary + event.lines)


def _events(uid: str, series: Series, horizon: Horizon) -> Iterator[Event]:
    if series.recurrence is None:
        return (_single(uid, series, *planned) for planned in series.planned(-math.inf, math.inf) if _is_one(planned))
    template = _untouched(series, horizon)
    if template is None:
        singles = series.planned(horizon.begin, horizon.end)
        return (_dated(uid, series, *planned) for planned in singles if _is_one(planned))
    touched = sorted(_touched(series, horizon).items())
    without = [shown for shown, _ in touched if shown >= template[0]]
    recurring = Event(uid, template[0], _recurring(series, *template, without))
    return chain([recurring], (_dated(uid, series, *planned) for planned in touched if _is_one(planned)))


def _is_one(planned: tuple[datetime, Occurrence]) -> bool:
    return not planned[1].is_empty


def _untouched(series: Series, horizon: Horizon) -> tuple[datetime, Occurrence] | None:
    """The first one that can stand for all."""
    if series.length > LONGEST_IN_SERIES and not series.is_all_day:
        return None
    first_ones = islice(series.planned(-math.inf, horizon.end), SEARCHED)
    return next((planned for planned in first_ones if _reads_alike(series, *planned)), None)


def _touched(series: Series, horizon: Horizon) -> dict[datetime, Occurrence]:
    """Those on changes of clocks. Of whole days only what the clock leaps over as a whole is a matter."""
    if series.is_all_day and series.length > MARGIN * DAY:
        return {}
    around = ((change.at - 1, change.at + DAY.total_seconds()) for change in changes(series.zone, *horizon.years))
    near = chain.from_iterable(series.planned(since, before) for since, before in around)
    return {each[0]: each[1] for each in near if horizon.has(each[1]) and not _reads_alike(series, *each)}


def _reads_alike(series: Series, shown: datetime, occurrence: Occurrence) -> bool:
    """Whether every calendar makes the same of its begin and length."""
    if series.is_all_day:
        return not occurrence.is_empty
    begin, end = occurrence
    return begin.replace(tzinfo=None) == shown and not begin.fold and begin.utcoffset() == end.utcoffset()


def _recurring(series: Series, shown: datetime, occurrence: Occurrence, without: list[datetime]) -> list[str]:
    assert series.recurrence
    if series.is_all_day:
        exdates = [f"EXDATE;VALUE=DATE:{on_day(each)}" for each in without]
        return [*_whole_days(series, shown), rrule(series.recurrence, _last_day(series)), *exdates]
    zone = series.zone.key
    times = [f"DTSTART;TZID={zone}:{on_clock(shown)}", f"DTEND;TZID={zone}:{on_clock(occurrence.end)}"]
    until = None if math.isinf(series.last) else utc(datetime.fromtimestamp(series.last, UTC))
    return [*times, rrule(series.recurrence, until), *(f"EXDATE;TZID={zone}:{on_clock(each)}" for each in without)]


def _dated(uid: str, series: Series, shown: datetime, occurrence: Occurrence) -> Event:
    return _single(f"{uid}-{utc(occurrence.begin)}", series, shown, occurrence)


def _single(uid: str, series: Series, shown: datetime, occurrence: Occurrence) -> Event:
    if series.is_all_day:
        return Event(uid, shown, _whole_days(series, shown))
    return Event(uid, shown, [f"DTSTART:{utc(occurrence.begin)}", f"DTEND:{utc(occurrence.end)}"])


def _whole_days(series: Series, begin: datetime) -> list[str]:
    """A day without an end is one day (RFC 5545 §3.6.1)."""
    lines = [f"DTSTART;VALUE=DATE:{on_day(begin)}"]
    if series.length > DAY:
        end = begin + series.length if series.length < END - begin else END
        lines.append(f"DTEND;VALUE=DATE:{on_day(end)}")
    return lines


def _last_day(series: Series) -> str | None:
    """The day that begins last of those that may; by the clock, which can go back over a midnight."""
    if math.isinf(series.last):
        return None
    day = wall(series.last, series.zone).replace(hour=0, minute=0, second=0)
    later = day + DAY if END - day > DAY else day
    return on_day(later if first_shown(later, series.zone).timestamp() <= series.last else day)
