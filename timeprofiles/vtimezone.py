"""A time zone of the IANA database as a VTIMEZONE (RFC 5545 §3.6.5), every change of its clocks spelled out."""

from datetime import MAXYEAR, UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from timeprofiles.content_lines import offset, on_clock

DAY = 86_400
LAST_YEAR = MAXYEAR - 1


class Change(NamedTuple):
    """Clocks are put forward or back."""

    at: int
    """Unix seconds."""
    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool


@lru_cache(maxsize=64)
def changes(zone: ZoneInfo, first_year: int, last_year: int) -> tuple[Change, ...]:
    """All from the first day of the one year to the last of the other; two on one day would be missed, none were ever.

    Looks at every day: 10 000 a hundredth of a second, so kept.
    """
    begin, end = (
        int(datetime(max(1, min(year, LAST_YEAR)), 1, 1, tzinfo=UTC).timestamp())
        for year in (first_year, last_year + 1)
    )
    days = pairwise((second, _offset(zone, second)) for second in range(begin, end + 1, DAY))
    return tuple(_change(zone, early, late) for (early, before), (late, after) in days if before != after)


def _change(zone: ZoneInfo, early: int, late: int) -> Change:
    before = _offset(zone, early)
    while late - early > 1:
        middle = (early + late) // 2
        early, late = (middle, late) if _offset(zone, middle) == before else (early, middle)
    shown = datetime.fromtimestamp(late, zone)
    return Change(late, before, _offset(zone, late), shown.tzname() or "", bool(shown.dst()))


def _offset(zone: ZoneInfo, second: int) -> timedelta:
    return datetime.fromtimestamp(second, zone).utcoffset() or timedelta()


def vtimezone(zone: ZoneInfo, first_year: int, last_year: int) -> list[str]:
    """One observance for all changes that are alike. After `last_year` the last one holds for who knows only this."""
    begin = datetime(max(2, first_year), 1, 1, tzinfo=UTC).astimezone(zone)
    at_first = begin.utcoffset() or timedelta()
    initial = Change(int(begin.timestamp()), at_first, at_first, begin.tzname() or "", bool(begin.dst()))
    alike: dict[Change, list[Change]] = {}
    for change in (initial, *changes(zone, first_year, last_year)):
        alike.setdefault(change._replace(at=0), []).append(change)
    observances = [line for each in alike.values() for line in _observance(each)]
    return ["BEGIN:VTIMEZONE", f"TZID:{zone.key}", *observances, "END:VTIMEZONE"]


def _observance(alike: list[Change]) -> list[str]:
    """Its moments are told by the clock as it stood before."""
    kind = "DAYLIGHT" if alike[0].is_daylight else "STANDARD"
    onsets = [on_clock(datetime.fromtimestamp(each.at, UTC).replace(tzinfo=None) + each.before) for each in alike]
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{onsets[0]}",
        f"TZOFFSETFROM:{offset(alike[0].before)}",
        f"TZOFFSETTO:{offset(alike[0].after)}",
        f"TZNAME:{alike[0].name}",
        *(f"RDATE:{onset}" for onset in onsets[1:]),
        f"END:{kind}",
    ]
