"""The rule of repetition as devices write it (seed 001, contract §3): branches told apart by a member's word.

`word` in a type's `extra` is the fault of a value that is not allowed there.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

from linkmgr.bulk.faults import Fault, Problem
from timeprofiles.models import LAST_SECOND

WeekDay = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
WeekOrder = Literal["first", "second", "third", "fourth", "fifth", "last"]
DayType = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN", "WEEK_DAY", "DAY_OFF"]
RepeatType = Literal["day", "week", "twoWeeks", "month", "year", "custom"]
_PLAIN = [word for word in get_args(RepeatType) if word != "custom"]
Looper = Annotated[int, Meta(ge=1, le=1000, extra={"word": "repeat_looper"})]
"""Every N-th day, week, month or year."""

_repeat_options = Meta(extra={"word": "repeat_options"})
_year_range = Meta(extra={"word": "year_range"})


class Never(msgspec.Struct, tag_field="format", tag="never", gc=False):
    date: Any = UNSET
    """No effect; kept where it could be one, since some clients send it always."""

    def __post_init__(self) -> None:
        if self.date is not None and not (type(self.date) is int and 0 <= self.date <= LAST_SECOND):
            self.date = UNSET


class UntilDate(msgspec.Struct, tag_field="format", tag="date", gc=False):
    date: Annotated[int, Meta(ge=0, le=LAST_SECOND)]


class DayNumbers(msgspec.Struct, tag_field="format", tag="dayNumbers", gc=False):
    range: Annotated[
        list[Annotated[int, Meta(ge=1, le=31, extra={"word": "day_of_month"})]],
        Meta(min_length=1, extra={"word": "day_numbers"}),
    ]


class MonthRange(msgspec.Struct, gc=False):
    week_order: Annotated[WeekOrder, _repeat_options]
    day_type: Annotated[DayType, _repeat_options]


class ParameterizedDay(msgspec.Struct, tag_field="format", tag="parameterizedDay", gc=False):
    range: MonthRange


class YearRange(msgspec.Struct, gc=False):
    week_order: Annotated[WeekOrder, _year_range]
    day_type: Annotated[DayType, _year_range]


class YearOptions(msgspec.Struct, gc=False):
    months: Annotated[
        list[Annotated[int, Meta(ge=1, le=12, extra={"word": "months"})]],
        Meta(min_length=1, extra={"word": "year_options"}),
    ]
    range: YearRange | UnsetType = UNSET


class EveryDay(msgspec.Struct, tag_field="repeat_point_type", tag="day", gc=False):
    repeat_looper: Looper
    repeat_options: Any = UNSET
    """Ignored; kept where it is empty, so that what is read is what was written."""

    def __post_init__(self) -> None:
        if self.repeat_options not in ([], {}, None):
            self.repeat_options = UNSET


class EveryWeek(msgspec.Struct, tag_field="repeat_point_type", tag="week", gc=False):
    repeat_looper: Looper
    repeat_options: Annotated[
        list[Annotated[WeekDay, _repeat_options]], Meta(min_length=1, extra={"word": "week_options"})
    ]


class EveryMonth(msgspec.Struct, tag_field="repeat_point_type", tag="month", gc=False):
    repeat_looper: Looper
    repeat_options: Annotated[DayNumbers | ParameterizedDay, Meta(extra={"word": "format"})]


class EveryYear(msgspec.Struct, tag_field="repeat_point_type", tag="year", gc=False):
    repeat_looper: Looper
    repeat_options: YearOptions


def _needed(name: str, *, unless: dict[str, Any]) -> dict[str, Any]:
    """In JSON Schema: a member that is required because of what another one says."""
    return {"allOf": [{"anyOf": [{"properties": unless}, {"required": [name]}]}]}


RepeatCustom = Annotated[EveryDay | EveryWeek | EveryMonth | EveryYear, Meta(extra={"word": "repeat_point_type"})]


class RepeatFormat(msgspec.Struct, gc=False):
    together: ClassVar = _needed("repeat_custom", unless={"repeat_type": {"enum": _PLAIN}})

    repeat_type: Annotated[RepeatType, Meta(extra={"word": "repeat_type"})]
    repeat_end: Annotated[Never | UntilDate, Meta(extra={"word": "format"})]
    repeat_custom: RepeatCustom | UnsetType = UNSET


class RepeatOptions(msgspec.Struct, gc=False):
    together: ClassVar = _needed("repeat_format", unless={"repeat_enable": {"const": False}})

    repeat_enable: bool
    repeat_format: RepeatFormat | UnsetType = UNSET


def repeat_faults(repeat: RepeatOptions) -> Iterator[Fault]:
    """Members that are required because of what another one says."""
    if isinstance(repeat.repeat_format, UnsetType):
        if repeat.repeat_enable:
            yield Fault(("repeat_options", "repeat_format"), Problem.MISSING)
    elif repeat.repeat_format.repeat_type == "custom" and isinstance(repeat.repeat_format.repeat_custom, UnsetType):
        yield Fault(("repeat_options", "repeat_format", "repeat_custom"), Problem.MISSING)
