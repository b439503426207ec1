"""A time profile on the wire (seed 001); the rule of repetition is in `repeat`."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from linkmgr.bulk.faults import Fault, Need, Problem
from linkmgr.bulk.fields import Columns, Item
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
    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
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
            "repeat_options": _encode_lines([item.repeat_options for item in items]).decode().split("\n")[:-1],
        }

    @classmethod
    def faults(cls, items: Sequence[Self]) -> Iterator[tuple[int, Fault]]:
        for at, item in enumerate(items):
            times, repeat = item.time_options, item.repeat_options
            if isinstance(times, TimeOptions) and times.date_to < times.date_from:
                yield at, Fault(("time_options", "date_to"), Problem.VALUE, Need("integer"), "date_to")
            if isinstance(repeat, RepeatOptions):
                yield from ((at, fault) for fault in repeat_faults(repeat))

    @classmethod
    def of(cls, stored: TimeProfile) -> Self:
        return cls(
            link_id=str(stored.link_id),
            name=stored.name,
            time_options=TimeOptions(stored.is_all_day, stored.date_from, stored.date_to),
            repeat_options=stored.repeat_options,
        )


def merge(stage: Stage) -> None:
    """A time profile is known by its link_id alone."""
    stage.supersede_repeats()
    stage.upsert()


TIME_PROFILE = Kind("timeprofile", TimeProfile, TimeProfileItem, merge, for_all=True)
