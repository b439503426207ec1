"""A rule on the clock of a site: the days it names become stretches of time (contract §3)."""

import math
from collections.abc import Iterator
from datetime import MAXYEAR, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from timeprofiles.bulk import TimeProfileItem
from timeprofiles.models import TimeProfile
from timeprofiles.recurrence import Recurrence, days, recurrences
from timeprofiles.repeat import RepeatFormat, RepeatOptions, UntilDate
from timeprofiles.wallclock import END, first_shown, wall

LAST_DAY = date(MAXYEAR, 12, 31).toordinal()
DAY = timedelta(days=1)
MARGIN = 2
"""Days: more than any clock was ever put forward or back (a day, in Apia)."""


class Occurrence(NamedTuple):
    """From `begin`, included, to `end`, excluded; both aware, on the clock of the site."""

    begin: datetime
    end: datetime

    @property
    def is_empty(self) -> bool:
        """Of two moments of one zone Python compares the clock faces: an hour that comes twice would be misjudged."""
        return self.end.timestamp() <= self.begin.timestamp()


class Rule(NamedTuple):
    """What decides of a time profile, stored or on the wire; Unix seconds."""

    is_all_day: bool
    date_from: int
    date_to: int
    repeat: RepeatFormat | None

    @property
    def last(self) -> float:
        """No occurrence begins after this second."""
        end = self.repeat.repeat_end if self.repeat else None
        return end.date if isinstance(end, UntilDate) else math.inf


class Series(NamedTuple):
    """Occurrences of one length, one for each day that a recurrence names."""

    zone: ZoneInfo
    begin: datetime
    """The first, as the clock shows it, without a zone."""
    length: timedelta
    """By the clock: on a night of 23 hours one from 22:00 to 06:00 lasts seven."""
    last: float
    recurrence: Recurrence | None
    """None: only the first one."""
    first: Occurrence | None
    """The first one to the second, which knows the first 02:30 of a night from the second; None for whole days."""

    @property
    def is_all_day(self) -> bool:
        return self.first is None

    def planned(self, since: float, before: float) -> Iterator[tuple[datetime, Occurrence]]:
        """What ends after `since` and begins before `before` (Unix seconds): begin by the clock as planned, and what
        becomes of it. Empty ones too: the clock can leap over a short one, or over a whole day."""
        for day in self._days(since, min(before, self.last)):
            shown = datetime.combine(day, self.begin.time())
            occurrence = self._on(shown)
            begins = occurrence.begin.timestamp()
            if begins >= before or begins > self.last:
                return
            if occurrence.end.timestamp() > since:
                yield shown, occurrence

    def _days(self, since: float, until: float) -> Iterator[date]:
        first = self.begin.date()
        if self.recurrence is None:
            return iter((first,))
        early = wall(since, self.zone).toordinal() - self.length.days - MARGIN
        late = wall(until, self.zone).toordinal() + MARGIN
        since_day = max(early, first.toordinal())
        return days(self.recurrence, first, date.fromordinal(since_day), date.fromordinal(min(late, LAST_DAY)))

    def _on(self, shown: datetime) -> Occurrence:
        if self.first and shown == self.begin:
            return self.first
        end = shown + self.length if END - shown > self.length else END
        return Occurrence(first_shown(shown, self.zone), first_shown(end, self.zone))


def rule_of(profile: TimeProfile | TimeProfileItem) -> Rule:
    """Raises msgspec.ValidationError for a stored rule that is none, which only SQL by hand can have written."""
    times = profile.time_options if isinstance(profile, TimeProfileItem) else profile
    repeat = profile.repeat_options
    if not isinstance(repeat, RepeatOptions):
        repeat = msgspec.convert(repeat, RepeatOptions)
    repeats = repeat.repeat_format if repeat.repeat_enable and isinstance(repeat.repeat_format, RepeatFormat) else None
    return Rule(times.is_all_day, times.date_from, times.date_to, repeats)


def series_of(rule: Rule, zone: ZoneInfo) -> list[Series]:
    """None where the rule begins in the year 10000 of the site's clock; the occurrences of two never coincide."""
    try:
        begin = datetime.fromtimestamp(rule.date_from, zone)
    except (OverflowError, ValueError):
        return []
    shown, length = _span(rule, zone)
    first = None if rule.is_all_day else Occurrence(begin, _last_moment(rule.date_to, zone))
    if rule.repeat is None:
        return [Series(zone, shown, length, rule.last, None, first)]
    day = shown.date()
    every = recurrences(rule.repeat, day)
    if length <= timedelta():  # all others are empty
        return [Series(zone, shown, length, rule.last, None, first) for each in every if [*days(each, day, day, day)]]
    return [Series(zone, shown, length, rule.last, each, first) for each in every]


def _span(rule: Rule, zone: ZoneInfo) -> tuple[datetime, timedelta]:
    """Begin and length by the clock; below zero across an hour that comes twice."""
    begin, end = wall(rule.date_from, zone), wall(rule.date_to, zone)
    if not rule.is_all_day:
        return begin, end - begin
    return datetime.combine(begin, time()), (end.date() - begin.date()) + DAY


def _last_moment(seconds: int, zone: ZoneInfo) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, zone)
    except (OverflowError, ValueError):
        return END.replace(tzinfo=zone)
