"""Time rules the slow and obvious way (contract §3): walk the days and ask of each whether the rule starts there.

Shares no code with the server, and no library: items as they stand on the wire, offsets of the zone, arithmetic.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

Item = dict[str, Any]
Stretch = tuple[int, int]
"""Unix seconds: the first one in, the first one out."""
DAY = timedelta(days=1)
NAMES = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
KINDS = {name: [name] for name in NAMES} | {"WEEK_DAY": NAMES[:5], "DAY_OFF": NAMES[5:]}
PLACES = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def starts_on(day: date, first: date, repeat: Item) -> bool:
    """Whether a rule that counts from `first` starts on this day."""
    if day < first:
        return False
    passed = (day - first).days
    match repeat["repeat_type"]:
        case "day":
            return True
        case "week":
            return passed % 7 == 0
        case "twoWeeks":
            return passed % 14 == 0
        case "month":
            return day.day == first.day
        case "year":
            return (day.month, day.day) == (first.month, first.day)
        case _:
            return custom_on(day, first, repeat["repeat_custom"])


def custom_on(day: date, first: date, custom: Item) -> bool:
    every, on = custom["repeat_looper"], custom.get("repeat_options")
    match custom["repeat_point_type"]:
        case "day":
            return (day - first).days % every == 0
        case "week":
            weeks = (monday(day) - monday(first)).days // 7
            return weeks % every == 0 and NAMES[day.weekday()] in on
        case "month":
            months = (day.year * 12 + day.month) - (first.year * 12 + first.month)
            return months % every == 0 and on_day_of_month(day, on)
        case _:
            if (day.year - first.year) % every or day.month not in on["months"]:
                return False
            return is_nth(day, on["range"]) if "range" in on else day.day == first.day


def monday(day: date) -> date:
    while day.weekday():
        day -= DAY
    return day


def on_day_of_month(day: date, on: Item) -> bool:
    return day.day in on["range"] if on["format"] == "dayNumbers" else is_nth(day, on["range"])


def is_nth(day: date, on: Item) -> bool:
    length = calendar.monthrange(day.year, day.month)[1]
    month = [day.replace(day=number) for number in range(1, length + 1)]
    alike = [each for each in month if NAMES[each.weekday()] in KINDS[on["day_type"]]]
    place = PLACES[on["week_order"]]
    return place < len(alike) and alike[place] == day


# ── the clock ────────────────────────────────────────────────────────────────────────────────────────────────────────


def clock(second: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(second, zone).replace(tzinfo=None, fold=0)


@cache
def moment(shown: datetime, zone: ZoneInfo) -> int:
    """The first second at which the clock shows this; if it never does, the first at which it shows something later."""
    near = int(shown.replace(tzinfo=UTC).timestamp())
    offsets = {int(clock(second, zone).replace(tzinfo=UTC).timestamp()) - second for second in around(near)}
    readings = sorted(near - offset for offset in offsets)
    right = [second for second in readings if clock(second, zone) == shown]
    if right:
        return right[0]
    second = readings[0]
    while clock(second, zone) < shown:
        second += 1
    return second


def around(second: int) -> range:
    return range(second - 36 * 3600, second + 36 * 3600, 1800)


# ── occurrences ──────────────────────────────────────────────────────────────────────────────────────────────────────


def occurrences(item: Item, zone: ZoneInfo, begin: int, end: int) -> list[Stretch]:
    """Every stretch of the rule of which something lies between two Unix seconds."""
    options = item["repeat_options"]
    repeat = options["repeat_format"] if options["repeat_enable"] else None
    times = item["time_options"]
    first = clock(times["date_from"], zone).date()
    days = [first] if repeat is None else [day for day in walk(first, end, zone) if starts_on(day, first, repeat)]
    last = repeat["repeat_end"]["date"] if repeat and repeat["repeat_end"]["format"] == "date" else end
    found = [stretch(day, first, times, zone) for day in days if may_last(day, times, zone, begin)]
    return [each for each in found if each[0] < each[1] and each[0] <= last and each[0] < end and each[1] > begin]


def walk(first: date, end: int, zone: ZoneInfo) -> list[date]:
    number = (clock(end, zone).date() - first).days + 3
    return [first + DAY * each for each in range(number)]


def may_last(day: date, times: Item, zone: ZoneInfo, begin: int) -> bool:
    """Spares the reading of the clock on days that are over long before."""
    length = timedelta(seconds=times["date_to"] - times["date_from"])
    return datetime.combine(day, time()) + length + 4 * DAY > clock(begin, zone)


def stretch(day: date, first: date, times: Item, zone: ZoneInfo) -> Stretch:
    opens, closes = clock(times["date_from"], zone), clock(times["date_to"], zone)
    if times["is_all_day"]:
        later = day + (closes.date() - opens.date()) + DAY
        return moment(datetime.combine(day, time()), zone), moment(datetime.combine(later, time()), zone)
    if day == first:
        return times["date_from"], times["date_to"]
    later = day + (closes.date() - opens.date())
    return moment(datetime.combine(day, opens.time()), zone), moment(datetime.combine(later, closes.time()), zone)
