"""Which days a rule names (contract §3): recurrences of RFC 5545 with nothing left unsaid, read by dateutil."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple, assert_never

from dateutil import rrule
from msgspec import UnsetType

from timeprofiles.repeat import (
    DayNumbers,
    EveryDay,
    EveryMonth,
    EveryWeek,
    EveryYear,
    MonthRange,
    ParameterizedDay,
    RepeatCustom,
    RepeatFormat,
    YearRange,
)

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
FREQUENCIES: dict[Frequency, Literal[0, 1, 2, 3]] = {"YEARLY": 0, "MONTHLY": 1, "WEEKLY": 2, "DAILY": 3}
WEEK = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
KINDS = {word: (at,) for at, word in enumerate(WEEK)} | {"WEEK_DAY": (0, 1, 2, 3, 4), "DAY_OFF": (5, 6)}
ORDERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}


class Recurrence(NamedTuple):
    """Every `interval`-th day, week, month or year, and of it the days that are all of what is given."""

    frequency: Frequency
    interval: int = 1
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    week_days: tuple[int, ...] = ()
    """Monday is 0."""
    order: int = 0
    """Of the days that are left of a month only the n-th, or the last (-1); 0 for all of them."""


def recurrences(repeat: RepeatFormat, first: date) -> list[Recurrence]:
    """What a rule says to one who counts from the day `first`: one recurrence, or several that share no day."""
    match repeat.repeat_type:
        case "day":
            return [Recurrence("DAILY")]
        case "week" | "twoWeeks" as word:
            return [Recurrence("WEEKLY", 1 if word == "week" else 2, week_days=(first.weekday(),))]
        case "month":
            return [Recurrence("MONTHLY", month_days=(first.day,))]
        case "year":
            return [Recurrence("YEARLY", months=(first.month,), month_days=(first.day,))]
        case "custom":
            return [] if isinstance(repeat.repeat_custom, UnsetType) else _custom(repeat.repeat_custom, first)
        case never:
            assert_never(never)


def _custom(custom: RepeatCustom, first: date) -> list[Recurrence]:
    every = custom.repeat_looper
    match custom:
        case EveryDay():
            return [Recurrence("DAILY", every)]
        case EveryWeek(repeat_options=named):
            return [Recurrence("WEEKLY", every, week_days=tuple(sorted({WEEK.index(word) for word in named})))]
        case EveryMonth(repeat_options=DayNumbers(range=numbers)):
            return [Recurrence("MONTHLY", every, month_days=tuple(sorted(set(numbers))))]
        case EveryMonth(repeat_options=ParameterizedDay(range=nth)):
            return _ordered(Recurrence("MONTHLY", every), nth)
        case EveryYear(repeat_options=on):
            yearly = Recurrence("YEARLY", every, months=tuple(sorted(set(on.months))))
            if isinstance(on.range, UnsetType):
                return [yearly._replace(month_days=(first.day,))]
            return _ordered(yearly, on.range)
    raise AssertionError(custom)


def _ordered(each: Recurrence, on: MonthRange | YearRange) -> list[Recurrence]:
    """RFC 5545 knows the n-th Monday of a month in a year, but the n-th of several weekdays is one of the whole year:
    so months of every year are counted as months, those of every N-th year one by one."""
    ordered = each._replace(week_days=KINDS[on.day_type], order=ORDERS[on.week_order])
    if len(ordered.week_days) == 1 or not ordered.months:
        return [ordered]
    if ordered.interval == 1:
        return [ordered._replace(frequency="MONTHLY")]
    return [ordered._replace(months=(month,)) for month in ordered.months]


def days(recurrence: Recurrence, first: date, since: date, until: date) -> Iterator[date]:
    """The days it names from `since` to `until`, both included, in order and lazily; `since` is not before `first`.

    It counts from the day, week (from Monday), month or year of `first`, and looks at none that was over by `since`.
    """
    if until >= since:
        named = _candidates(recurrence, _in_step(recurrence, first, since), until)
        yield from (day for day in named if day >= since and not _is_milestone(recurrence, day))


def _in_step(recurrence: Recurrence, first: date, since: date) -> date:
    """A day not after `since` from which one may count as well: whole intervals after `first`."""
    interval = recurrence.interval
    match recurrence.frequency:
        case "DAILY":
            return since - timedelta((since - first).days % interval)
        case "WEEKLY":
            return since - timedelta((since - first).days % (7 * interval))
        case "MONTHLY":
            passed = (since.year - first.year) * 12 + since.month - first.month
            month = first.year * 12 + first.month - 1 + passed // interval * interval
            return date(month // 12, month % 12 + 1, 1)
        case "YEARLY":
            return date(first.year + (since.year - first.year) // interval * interval, 1, 1)
        case never:
            assert_never(never)


def _candidates(recurrence: Recurrence, begin: date, until: date) -> Iterator[date]:
    """Its days and its milestones.

    dateutil minds `until` only when it finds a day: asked for 30 February it would go on to the year 9999 (0.2 s).
    So every period that could be without a day gets a milestone, a day that it surely has.
    """
    _, interval, months, month_days, week_days, order = recurrence
    named = [rrule.weekday(day, order) if len(week_days) == 1 and order else rrule.weekday(day) for day in week_days]
    milestones = [rrule.weekday(day, 1) for day in week_days if _is_sparse(recurrence)]
    found = rrule.rrule(
        FREQUENCIES[recurrence.frequency],
        dtstart=datetime.combine(begin, time()),
        until=datetime.combine(until, time()),
        interval=interval,
        wkst=0,
        bymonth=months or None,
        bymonthday={1, *month_days} if month_days else None,
        byweekday=[*named, *milestones] or None,
        bysetpos=order if len(week_days) > 1 and order else None,
    )
    try:
        yield from (day.date() for day in found)
    except ValueError:
        return  # dateutil steps out of the last week of the year 9999


def _is_sparse(recurrence: Recurrence) -> bool:
    """Of the n-th days only the fifth Monday, Tuesday, … can be missing: there are eight days off in any February."""
    return recurrence.order == 5 and len(recurrence.week_days) == 1


def _is_milestone(recurrence: Recurrence, day: date) -> bool:
    if recurrence.month_days:
        return day.day not in recurrence.month_days
    return _is_sparse(recurrence) and day.day <= 28
