"""The wall clock of a site: from moments to what it shows, and back on nights that lack an hour or have it twice."""

from datetime import datetime, timedelta, tzinfo

END = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - what a wall clock shows has no zone
"""The last second calendars have; what lies beyond is told as this."""
BEGINNING = datetime(1, 1, 1)  # noqa: DTZ001
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


def unix_seconds(moment: datetime) -> float:
    """Raises ValueError for a moment without a zone, which Python would read by the clock of this machine."""
    if moment.utcoffset() is None:
        raise ValueError("a moment needs a zone")
    return moment.timestamp()


def wall(seconds: float, zone: tzinfo) -> datetime:
    """What the clock shows at a moment in Unix seconds, without a zone; the edge of the calendar beyond it."""
    try:
        return datetime.fromtimestamp(seconds, zone).replace(tzinfo=None, fold=0)
    except (OverflowError, ValueError):
        return END if seconds > 0 else BEGINNING


def first_shown(shown: datetime, zone: tzinfo) -> datetime:
    """The first moment at which the clock has come to `shown` (without a zone), aware.

    Shown twice, since clocks were put back: the first time, as RFC 5545 §3.3.5 has it. Never shown, since clocks were
    put forward: the moment of the leap. So a later `shown` never comes earlier than an earlier one.
    """
    first = shown.replace(tzinfo=zone)
    before, after = first.utcoffset(), first.replace(fold=1).utcoffset()
    if before is None or after is None or before >= after:
        return first
    return datetime.fromtimestamp(_leap(shown, zone, before, after), zone)


def _leap(shown: datetime, zone: tzinfo, before: timedelta, after: timedelta) -> int:
    """The Unix second in which clocks leap over `shown`: it lies between the readings of it by either offset."""
    early, late = (int((shown - offset - EPOCH).total_seconds()) for offset in (after, before))
    while late - early > 1:
        middle = (early + late) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late
