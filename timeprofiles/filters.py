"""What lists of time profiles are filtered by."""

from datetime import timedelta
from typing import Any, get_args

from django.db.models import Q, QuerySet
from django_filters import ChoiceFilter
from rest_framework.request import Request

from linkmgr.api.rest.filters import Filters, FlagFilter, TextFilter, lookups
from timeprofiles.in_time import A_MOMENT, read_moment
from timeprofiles.models import TimeProfile
from timeprofiles.repeat import RepeatType

REPEAT_TYPES = [(word, word) for word in get_args(RepeatType)]
MARGIN = timedelta(days=3)
"""More than whole days, zones and changes of clocks can move an occurrence."""


class MomentFilter(TextFilter):
    """Read by `read_moment`."""

    described = A_MOMENT


class TimeProfileFilters(Filters):
    repeat_enable = FlagFilter(field_name="repeat_options__repeat_enable")
    repeat_type = ChoiceFilter(
        field_name="repeat_options__repeat_format__repeat_type", choices=REPEAT_TYPES, method="of_repeat_type"
    )
    open_at = MomentFilter(method="perhaps_open_at")

    class Meta(Filters.Meta):
        model = TimeProfile
        fields = lookups(TimeProfile)

    def of_repeat_type(self, rows: QuerySet[Any], name: str, word: str) -> QuerySet[Any]:
        """One that is switched off has no effect, so it is not found."""
        return rows.filter(**{name: word}, repeat_options__repeat_enable=True)

    def perhaps_open_at(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """Without those that cannot be; which of the others are, `rules` judges one by one. Raises Refusal."""
        assert isinstance(self.request, Request)
        seconds, margin = read_moment(self.request, name).timestamp(), MARGIN.total_seconds()
        not_over = Q(repeat_options__repeat_enable=True) | Q(date_to__gte=seconds - margin)
        return rows.filter(not_over, date_from__lte=seconds + margin)
