"""Random rules on the clocks of odd zones against the plain implementation: both must always agree."""

import math
from datetime import UTC, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import plain_rules
from tests.make import Item, custom, time_profile
from timeprofiles.bulk import TimeProfileItem
from timeprofiles.repeat import DayType, RepeatType, WeekDay, WeekOrder
from timeprofiles.rules import occurrences, open_at
from timeprofiles.vtimezone import changes

pytestmark = pytest.mark.any_postgres

HOUR, DAY = 3_600, 86_400
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Prague",
        "Europe/Dublin",  # winter time is the exception
        "America/New_York",
        "America/St_Johns",  # until 2011 clocks changed at 00:01, over midnight
        "America/Havana",  # clocks change at midnight
        "America/Sao_Paulo",
        "Asia/Beirut",
        "Asia/Kathmandu",
        "Africa/Casablanca",  # four changes a year
        "Africa/Monrovia",  # an offset with seconds until 1972
        "Australia/Lord_Howe",  # half an hour
        "Antarctica/Troll",  # two hours
        "Pacific/Apia",  # without 2011-12-30
    )
]
days = st.integers(-40, 40).map(lambda number: number * DAY)
words = {kind: st.sampled_from(get_args(kind)) for kind in (WeekDay, WeekOrder, DayType)}
nth = st.fixed_dictionaries({"week_order": words[WeekOrder], "day_type": words[DayType]})
months = st.lists(st.integers(1, 12), min_size=1, max_size=14)
on: dict[str, st.SearchStrategy[Any]] = {
    "day": st.just([]),
    "week": st.lists(words[WeekDay], min_size=1, max_size=8),
    "month": st.one_of(
        st.lists(st.integers(1, 31) | st.integers(28, 31), min_size=1, max_size=5).map(
            lambda numbers: {"format": "dayNumbers", "range": numbers}
        ),
        nth.map(lambda range_: {"format": "parameterizedDay", "range": range_}),
    ),
    "year": st.fixed_dictionaries({"months": months}, optional={"range": nth}),
}
loopers = st.integers(1, 4) | st.integers(1, 60)


@st.composite
def moments(draw: st.DrawFn, zone: ZoneInfo) -> int:
    """Unix seconds, mostly near a change of the zone's clocks."""
    near = [change.at for change in changes(zone, 1971, 2037)]
    any_second = st.integers(3 * 365 * DAY, 68 * 365 * DAY)
    return draw(st.sampled_from(near) if near else any_second) + draw(st.sampled_from([0, -1, 1800]))


@st.composite
def rules(draw: st.DrawFn, window: int) -> Item | None:
    kind = draw(st.sampled_from([None, *get_args(RepeatType), "custom", "custom", "custom"]))
    if kind is None:
        return None
    point = draw(st.sampled_from(sorted(on)))
    format_ = custom(point, draw(on[point]), every=draw(loopers)) | {"repeat_type": kind}
    if draw(st.integers(0, 3)) == 0:
        format_["repeat_end"] = {"format": "date", "date": window + draw(days) + draw(st.integers(-HOUR, HOUR))}
    return format_


@st.composite
def cases(draw: st.DrawFn) -> tuple[Item, ZoneInfo, int, int]:
    """An item, a zone, a window near a change of its clocks; the rule began in the ten years before."""
    zone = draw(st.sampled_from(ZONES))
    window = draw(moments(zone)) + draw(days) // 20
    ago = draw(st.integers(0, 20) | st.integers(0, 3_650)) * DAY
    begin = max(0, window - ago + draw(st.integers(-3 * HOUR, 3 * HOUR).map(lambda second: second // 600 * 600)))
    length = draw(st.integers(0, 4 * HOUR) | st.integers(0, DAY) | st.integers(0, 50 * DAY))
    times = {"is_all_day": draw(st.booleans()), "date_from": begin, "date_to": begin + length}
    return time_profile(draw(rules(window)), time_options=times), zone, window, window + draw(st.integers(1, 70)) * DAY


def profile(item: Item) -> TimeProfileItem:
    return msgspec.convert(item, TimeProfileItem)


@given(cases())
@settings(max_examples=300, deadline=None)
def test_the_occurrences_are_those_of_the_plain_implementation(case: tuple[Item, ZoneInfo, int, int]) -> None:
    item, zone, begin, end = case
    window = [datetime.fromtimestamp(second, UTC) for second in (begin, end)]
    found = [*occurrences(profile(item), zone, *window)]
    seconds = [(int(each.begin.timestamp()), int(each.end.timestamp())) for each in found]
    assert seconds == plain_rules.occurrences(item, zone, begin, end)
    assert all(moment.tzinfo is zone for each in found for moment in each)


@given(cases(), st.integers(-DAY, DAY))
@settings(max_examples=150, deadline=None)
def test_open_at_tells_the_first_of_the_plain_occurrences_that_hold_the_moment(
    case: tuple[Item, ZoneInfo, int, int], later: int
) -> None:
    item, zone, second, _ = case
    second = max(0, second + later)
    found = open_at(profile(item), zone, datetime.fromtimestamp(second, UTC))
    holding = [each for each in plain_rules.occurrences(item, zone, second, second + 1) if each[0] <= second < each[1]]
    assert (found and (found.begin.timestamp(), found.end.timestamp())) == (holding[0] if holding else None)


@given(cases(), st.floats(0, 1))
@settings(max_examples=100, deadline=None)
def test_a_window_in_two_parts_tells_what_it_tells_as_a_whole(
    case: tuple[Item, ZoneInfo, int, int], part: float
) -> None:
    item, zone, begin, end = case
    window = [datetime.fromtimestamp(second, UTC) for second in (begin, math.ceil(begin + (end - begin) * part), end)]
    whole = [*occurrences(profile(item), zone, window[0], window[2])]
    parts = [each for at in (0, 1) for each in occurrences(profile(item), zone, window[at], window[at + 1])]
    assert sorted(set(parts)) == sorted(set(whole))
