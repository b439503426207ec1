"""The form of a time profile: moments by the site's wall clock, and the rule judged as the API judges it."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django import forms
from django.core.exceptions import ValidationError

from linkmgr.admin.faults import as_error
from linkmgr.admin.forms import LinkedForm
from linkmgr.bulk.check import OnFault, Refused, TooDeep, check
from timeprofiles.bulk import TimeProfileItem
from timeprofiles.models import LAST_SECOND, TimeProfile
from timeprofiles.moments import NoMoment, read, shown

WALL_CLOCK = "By the site's clock, such as 2026-01-31 08:00, or Unix seconds."
OTHERWISE_FINE: dict[str, Any] = {
    "link_id": "00000000-0000-0000-0000-000000000000",
    "name": "any",
    "time_options": {"is_all_day": False, "date_from": 0, "date_to": 0},
}
"""An item of which only the rule can be at fault."""


class RuleField(forms.JSONField):
    """The rule of repetition as JSON; it comes out as the API would store it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "widget": forms.Textarea(attrs={"rows": 16, "cols": 80, "spellcheck": "false"})})

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """As it was typed: a text that is refused is shown again, not read again."""
        return data

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            msgspec.json.decode(value)
            item = msgspec.json.encode({**OTHERWISE_FINE, "repeat_options": msgspec.Raw(value.encode())})
            rows = check(TimeProfileItem, [msgspec.Raw(item)], OnFault.REFUSE)
        except Refused as error:
            raise ValidationError(
                [as_error(fault._replace(path=fault.path[1:])) for fault in error.items[0].faults]
            ) from error
        except (ValueError, RecursionError, TooDeep) as error:
            raise ValidationError("This is not valid JSON.", code="invalid") from error
        return json.loads(rows.columns["repeat_options"][0])

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.to_python(data))
        except ValidationError:
            return True


class TimeProfileForm(LinkedForm):
    date_from = forms.CharField(label="From", help_text=WALL_CLOCK)
    date_to = forms.CharField(label="To", help_text=f"{WALL_CLOCK} Not before the beginning.")

    class Meta:
        model = TimeProfile
        exclude: tuple[str, ...] = ()
        field_classes = {"repeat_options": RuleField}

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        value = super().get_initial_for_field(field, field_name)
        moment = field_name in ("date_from", "date_to") and isinstance(value, int)
        return shown(value, self._zone()) if moment else value

    def clean_date_from(self) -> int:
        return self._seconds("date_from")

    def clean_date_to(self) -> int:
        return self._seconds("date_to")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if {"date_from", "date_to"} <= given.keys() and given["date_to"] < given["date_from"]:
            self.add_error("date_to", "Must not be before the beginning.")
        return given

    def _seconds(self, name: str) -> int:
        try:
            seconds = read(self.cleaned_data[name], self._zone())
        except NoMoment as error:
            raise ValidationError("Must be a date such as 2026-01-31 08:00, or Unix seconds.") from error
        if not 0 <= seconds <= LAST_SECOND:
            raise ValidationError("Must be in the years 1970 to 9999.")
        return seconds

    def _zone(self) -> ZoneInfo:
        """The clock of the stored profile's site, or of the one chosen for a new one."""
        chosen = getattr(self, "cleaned_data", {}).get("site")
        site = chosen or (self.instance.site if self.instance.site_id else None)
        return ZoneInfo(site.time_zone if site else "UTC")
