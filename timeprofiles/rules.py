"""What a time profile means in time (contract §3): its occurrences, and whether it is open at a moment.

Where the contract leaves a choice:

* An occurrence has its `begin` and not its `end`. One without length, and one that the clock leaps over, does not take
  place: closed, never open.
* The times are what the clock shows, every time: 22:00 to 06:00 lasts seven hours on the night that has 23. Only the
  first occurrence of a rule that is not of whole days is `date_from` to `date_to` to the second.
* 02:30 on a night without it is the moment the clock leaps over it; on a night that has it twice, the first of both.
  A day begins when the clock first shows its 00:00, or leaps over it.
* `date_from` gives the day to count from and the time of day. It is an occurrence itself only if the rule names its
  day: Mondays, counted from a Wednesday, begin on the Monday after.
* `repeat_end.date` before `date_from` leaves no occurrence. Calendars end with 9999-12-31 23:59:59 on the site's clock.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from zoneinfo import ZoneInfo

from timeprofiles.bulk import TimeProfileItem
from timeprofiles.models import TimeProfile
from timeprofiles.series import Occurrence, Series, rule_of, series_of
from timeprofiles.wallclock import unix_seconds

__all__ = ["Occurrence", "occurrences", "open_at"]


def occurrences(
    profile: TimeProfile | TimeProfileItem, zone: ZoneInfo, begin: datetime, end: datetime
) -> Iterator[Occurrence]:
    """Every occurrence of which something lies in [begin, end), whole, ordered by their beginnings, lazily.

    The work begins at `begin`, however long ago the rule did. A daily rule has three million occurrences up to 9999:
    who shows them takes a slice (`itertools.islice`) of a window of limited length, 1 000 of ten years, say; a rule
    without any goes through the window at 10 000 of its periods a second or more. Raises ValueError for moments
    without a zone.
    """
    since, before = unix_seconds(begin), unix_seconds(end)
    return _within(profile, zone, since, before) if since < before else iter(())


def open_at(profile: TimeProfile | TimeProfileItem, zone: ZoneInfo, moment: datetime) -> Occurrence | None:
    """The occurrence that holds the moment, of several the one begun first; None when closed."""
    since = unix_seconds(moment)
    return next(_within(profile, zone, since, math.nextafter(since, math.inf)), None)


def _within(
    profile: TimeProfile | TimeProfileItem, zone: ZoneInfo, since: float, before: float
) -> Iterator[Occurrence]:
    each = [_taking_place(series, since, before) for series in series_of(rule_of(profile), zone)]
    return merge(*each, key=lambda occurrence: occurrence.begin.timestamp())


def _taking_place(series: Series, since: float, before: float) -> Iterator[Occurrence]:
    return (occurrence for _, occurrence in series.planned(since, before) if not occurrence.is_empty)
