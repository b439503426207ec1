"""How RFC 5545 writes what a calendar says: moments, texts, recurrences, lines of at most 75 octets."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from timeprofiles.recurrence import Recurrence

LONGEST_LINE = 75
WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
SPECIAL = re.compile(r"[\\;,]")


def encoded(lines: Iterable[str]) -> bytes:
    return b"".join(part + b"\r\n" for line in lines for part in _folded(line.encode()))


def _folded(octets: bytes) -> Iterator[bytes]:
    """Cut between characters, never inside one (§3.1)."""
    while len(octets) > LONGEST_LINE:
        cut = LONGEST_LINE
        while octets[cut] & 0xC0 == 0x80:
            cut -= 1
        yield octets[:cut]
        octets = b" " + octets[cut:]
    yield octets


def text(value: str) -> str:
    """Of control characters a text can only have tabs and, escaped, new lines (§3.3.11)."""
    lines = SPECIAL.sub(r"\\\g<0>", value).replace("\r\n", "\n").replace("\r", "\n")
    return CONTROLS.sub(" ", lines).replace("\n", "\\n")


def on_clock(shown: datetime) -> str:
    """`20260131T080000`, without its zone."""
    return shown.replace(tzinfo=None).isoformat("T", "seconds").replace("-", "").replace(":", "")


def on_day(shown: datetime) -> str:
    return shown.date().isoformat().replace("-", "")


def utc(moment: datetime) -> str:
    """`20260131T080000Z`; the last second of 9999 for what is later there."""
    try:
        return f"{on_clock(moment.astimezone(UTC))}Z"
    except OverflowError:
        return "99991231T235959Z"


def offset(value: timedelta) -> str:
    """`+0545`; seconds only where there are any, as in Liberia until 1972."""
    sign = "-" if value < timedelta() else "+"
    minutes, seconds = divmod(int(abs(value).total_seconds()), 60)
    return f"{sign}{minutes // 60:02}{minutes % 60:02}" + (f"{seconds:02}" if seconds else "")


def rrule(recurrence: Recurrence, until: str | None) -> str:
    """`until` as it stands there: UTC, or a day for events of whole days."""
    several = len(recurrence.week_days) > 1
    nth = str(recurrence.order) if recurrence.order and not several else ""
    parts = {
        "FREQ": recurrence.frequency,
        "INTERVAL": str(recurrence.interval),
        "WKST": "MO",
        "BYMONTH": ",".join(map(str, recurrence.months)),
        "BYMONTHDAY": ",".join(map(str, recurrence.month_days)),
        "BYDAY": ",".join(nth + WEEK[day] for day in recurrence.week_days),
        "BYSETPOS": str(recurrence.order) if recurrence.order and several else "",
        "UNTIL": until or "",
    }
    return "RRULE:" + ";".join(f"{name}={value}" for name, value in parts.items() if value)
