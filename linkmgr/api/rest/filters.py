"""Filters of collections, by django-filter. What cannot be read is refused: a filter that is ignored tells too much."""

import re
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django_filters import BaseInFilter, CharFilter, Filter, FilterSet, IsoDateTimeFilter, UUIDFilter
from django_filters.fields import IsoDateTimeField

from linkmgr.bulk.check import LINK_ID

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
LARGEST = 10**18 - 1
NUMBER = ("exact", "lt", "lte", "gt", "gte", "in")
MOMENT = ("exact", "lt", "lte", "gt", "gte")
TEXT = ("exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "in")
KEY = ("exact", "in")
FLAG = ("exact",)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class FlagField(forms.Field):
    """`true` or `false`, and nothing that could be taken for either."""

    def to_python(self, value: Any) -> bool | None:
        if value not in (None, "true", "false"):
            raise ValidationError("Must be true or false.")
        return None if value is None else bool(value == "true")


class FlagFilter(Filter):
    field_class = FlagField


class Said(forms.Field):
    """Of several values with commas none may be empty: it would be passed over."""

    def to_python(self, value: Any) -> Any:
        if value == "":
            raise ValidationError("Must say something.")
        return super().to_python(value)


class Spelled(Said):
    """What can be written in more ways than are taken: `must_be` says what is, `pattern` how it is written."""

    pattern: ClassVar[re.Pattern[str]]
    must_be: ClassVar[str]

    def to_python(self, value: Any) -> Any:
        if value and not self.pattern.fullmatch(value):
            raise ValidationError(f"Must be {self.must_be}.")
        return super().to_python(value)


class TextField(Said, forms.CharField):
    """As it is: a space is something to look for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "strip": False})


class TextFilter(CharFilter):
    field_class = TextField


class KeyField(Spelled, forms.UUIDField):
    """As link_ids are written (contract §1)."""

    pattern, must_be = LINK_ID, "a uuid"


class KeyFilter(UUIDFilter):
    field_class = KeyField


class MomentField(IsoDateTimeField):
    """In UTC, since PostgreSQL knows fewer offsets than ISO 8601 does. What has no date there is the first or the last
    moment."""

    def to_python(self, value: Any) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:
            return FIRST if moment and moment.year == 1 else LAST


class MomentFilter(IsoDateTimeFilter):
    field_class = MomentField


class WholeNumberField(Spelled, forms.IntegerField):
    pattern, must_be = WHOLE_NUMBER, "a whole number"


class WholeNumberFilter(Filter):
    field_class = WholeNumberField


class WholeNumbersFilter(BaseInFilter, WholeNumberFilter):
    """Of several numbers, separated by commas."""


class Filters(FilterSet):
    """Filters of a collection. A column has those of its type: `lookups` says which."""

    def __init__(self, data: QueryDict, **options: Any) -> None:
        asked = [(name, each) for name, each in type(self).base_filters.items() if name in data]
        self.base_filters = OrderedDict(asked)  # to copy and label all of them takes longer than the query
        super().__init__(data, **options)

    class Meta:
        filter_overrides = {
            models.SmallIntegerField: {"filter_class": WholeNumberFilter},
            models.IntegerField: {"filter_class": WholeNumberFilter},
            models.BigIntegerField: {"filter_class": WholeNumberFilter},
            models.BooleanField: {"filter_class": FlagFilter},
            models.DateTimeField: {"filter_class": MomentFilter},
            models.UUIDField: {"filter_class": KeyFilter},
            models.CharField: {"filter_class": TextFilter},
            models.SlugField: {"filter_class": TextFilter},
            models.TextField: {"filter_class": TextFilter},
        }


LOOKUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (models.BooleanField, FLAG),
    (models.IntegerField, NUMBER),
    (models.DateTimeField, MOMENT),
    (models.UUIDField, KEY),
    (models.CharField, TEXT),
    (models.TextField, TEXT),
)


def lookups(model: type[models.Model], *, without: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """For `Meta.fields`: every column with the lookups of its type. Columns of other types are left to declarations."""
    found = {}
    for field in model._meta.local_fields:
        known = next((names for kind, names in LOOKUPS if isinstance(field, kind)), None)
        if known and not field.is_relation and field.name not in {"id", *without}:
            found[field.name] = known
    return found
