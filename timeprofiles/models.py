"""Time profiles: when access is open, as a rule of the site's wall clock (contract §3)."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q

from linkmgr.bulk.models import Linked
from linkmgr.history.log import keep_log

LONGEST_NAME = 255
LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z, in Unix seconds."""


def _seconds(verbose_name: str) -> "models.BigIntegerField[int, int]":
    return models.BigIntegerField(
        verbose_name, validators=[MinValueValidator(0), MaxValueValidator(LAST_SECOND)], help_text="Unix seconds."
    )


class IsRule(Func):
    """A condition in SQL: what everybody relies on of a rule. All of it is checked by `repeat.RepeatOptions`."""

    output_field = models.BooleanField()
    arity = 1
    template = """coalesce(CASE
        WHEN jsonb_typeof(%(expressions)s -> 'repeat_enable') <> 'boolean' THEN false
        WHEN %(expressions)s -> 'repeat_enable' = 'false'::jsonb THEN true
        ELSE jsonb_typeof(%(expressions)s #> '{repeat_format,repeat_type}') = 'string'
            AND jsonb_typeof(%(expressions)s #> '{repeat_format,repeat_end}') = 'object' END, false)"""

    def as_sql(self, *args: Any, **options: Any) -> tuple[str, tuple[Any, ...]]:
        statement, params = super().as_sql(*args, **options)
        return statement, tuple(params) * self.template.count("%(expressions)s")


class TimeProfile(Linked):
    name = models.CharField(max_length=LONGEST_NAME)
    is_all_day = models.BooleanField("all day", default=False, help_text="Whole days of the site's time zone.")
    date_from = _seconds("from")
    date_to = _seconds("to")
    repeat_options = models.JSONField(help_text="The rule of repetition as devices write it (docs/contract.md §3).")

    class Meta:
        ordering = ("name",)
        triggers = Linked.Meta.triggers
        constraints = (
            *Linked.Meta.constraints,
            models.CheckConstraint(condition=~Q(name=""), name="timeprofile_name"),
            models.CheckConstraint(
                condition=Q(date_from__gte=0, date_from__lte=F("date_to"), date_to__lte=LAST_SECOND),
                name="timeprofile_dates",
                violation_error_message="The end must not be before the beginning.",
            ),
            models.CheckConstraint(condition=IsRule("repeat_options"), name="timeprofile_repeat_options"),
        )

    def __str__(self) -> str:
        return self.name


TimeProfileChange = keep_log(TimeProfile)
