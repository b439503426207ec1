"""Time profiles as a plain resource. The rule of repetition is as devices write it (contract §3)."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Self

from msgspec import Meta

from linkmgr.api.rest.resource import Linked
from linkmgr.bulk.faults import Fault
from linkmgr.bulk.fields import TEXT, Columns, FlatItem
from timeprofiles.bulk import TIME_PROFILE, Seconds, rule_texts, times_faults
from timeprofiles.filters import TimeProfileFilters
from timeprofiles.models import LONGEST_NAME
from timeprofiles.repeat import RepeatOptions


class TimeProfileItem(FlatItem):
    """`date_from` and `date_to` are Unix seconds; what they mean is told on the clock of the site."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, extra_json_schema=TEXT)]
    is_all_day: bool
    date_from: Seconds
    date_to: Seconds
    repeat_options: RepeatOptions

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        return {**super().columns(items), "repeat_options": rule_texts([item.repeat_options for item in items])}

    @classmethod
    def faults(cls, items: Sequence[Self]) -> Iterator[tuple[int, Fault]]:
        for at, item in enumerate(items):
            yield from ((at, fault) for fault in times_faults(item.date_from, item.date_to, item.repeat_options))


TIME_PROFILES = Linked(
    "time-profiles",
    TIME_PROFILE._replace(item=TimeProfileItem),
    filters=TimeProfileFilters,
    search=("name__icontains",),
)
