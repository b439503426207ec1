"""A time profile on the wire (seed 001); the rule of repetition is in `repeat`."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Self

import msgspec
from msgspec import UNSET, Meta, UnsetType

from linkmgr.bulk.faults import Fault, Need, Path, Problem
from linkmgr.bulk.fields import TEXT, Columns, Item
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.stage import Stage
from timeprofiles.models import LAST_SECOND, LONGEST_NAME, TimeProfile
from timeprofiles.repeat import RepeatOptions, repeat_faults

Seconds = Annotated[int, Meta(ge=0, le=LAST_SECOND)]

_encode_lines = msgspec.json.Encoder().encode_lines


class TimeOptions(msgspec.Struct, gc=False):
    is_all_day: bool
    date_from: Seconds
    date_to: Seconds


class TimeProfileItem(Item):
    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, extra_json_schema=TEXT)]
    time_options: TimeOptions
    repeat_options: RepeatOptions

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        times = [item.time_options for item in items]
        return {
            "name": [item.name for item in items],
            "is_all_day": [time.is_all_day for time in times],
            "date_from": [time.date_from for time in times],
            "date_to": [time.date_to for time in times],
            "repeat_options": rule_texts([item.repeat_options for item in items]),
        }

    @classmethod
    def faults(cls, items: Sequence[Self]) -> Iterator[tuple[int, Fault]]:
        for at, item in enumerate(items):
            times, repeat = item.time_options, item.repeat_options
            begin, end = (times.date_from, times.date_to) if isinstance(times, TimeOptions) else (UNSET, UNSET)
            yield from ((at, fault) for fault in times_faults(begin, end, repeat, within=("time_options",)))

    @classmethod
    def of(cls, stored: TimeProfile) -> Self:
        return cls(
            link_id=str(stored.link_id),
            name=stored.name,
            time_options=TimeOptions(stored.is_all_day, stored.date_from, stored.date_to),
            repeat_options=stored.repeat_options,
        )


def rule_texts(rules: Sequence[RepeatOptions]) -> list[str]:
    """Each as JSON."""
    return _encode_lines(rules).decode().split("\n")[:-1]


def times_faults(
    begin: int | UnsetType, end: int | UnsetType, repeat: RepeatOptions | UnsetType, within: Path = ()
) -> Iterator[Fault]:
    """Of times and a rule that are each well-formed; UNSET is what could not be read. The times stand `within`."""
    if not isinstance(begin, UnsetType) and not isinstance(end, UnsetType) and end < begin:
        yield Fault((*within, "date_to"), Problem.VALUE, Need("integer"), "date_to")
    if not isinstance(repeat, UnsetType):
        yield from repeat_faults(repeat)


def merge(stage: Stage) -> None:
    """A time profile is known by its link_id alone."""
    stage.supersede_repeats()
    stage.upsert()


TIME_PROFILE = Kind("timeprofile", TimeProfile, TimeProfileItem, merge, for_all=True)
