"""Filters of collections, by django-filter. What cannot be read is refused: a filter that is ignored tells too much."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django_filters import BaseInFilter, CharFilter, Filter, FilterSet, IsoDateTimeFilter, UUIDFilter

NUMBER = ("exact", "lt", "lte", "gt", "gte", "in")
MOMENT = ("exact", "lt", "lte", "gt", "gte")
TEXT = ("exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "in")
KEY = ("exact", "in")
FLAG = ("exact",)


class FlagField(forms.Field):
    """`true` or `false`, and nothing that could be taken for either."""

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        if value not in ("true", "false"):
            raise ValidationError("Must be true or false.")
        return bool(value == "true")


class FlagFilter(Filter):
    field_class = FlagField


class WholeNumberFilter(Filter):
    field_class = forms.IntegerField


class WholeNumbersFilter(BaseInFilter, WholeNumberFilter):
    """Of several numbers, separated by commas."""


class Filters(FilterSet):
    """Filters of a collection. A column has those of its type: `filters_of` says which."""

    class Meta:
        filter_overrides = {
            models.SmallIntegerField: {"filter_class": WholeNumberFilter},
            models.IntegerField: {"filter_class": WholeNumberFilter},
            models.BigIntegerField: {"filter_class": WholeNumberFilter},
            models.BooleanField: {"filter_class": FlagFilter},
            models.DateTimeField: {"filter_class": IsoDateTimeFilter},
            models.UUIDField: {"filter_class": UUIDFilter},
            models.CharField: {"filter_class": CharFilter},
            models.TextField: {"filter_class": CharFilter},
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
