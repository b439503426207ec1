"""Time profiles in the admin."""

from typing import Any, get_args
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from linkmgr.admin import LinkedAdmin
from timeprofiles.bulk import TIME_PROFILE
from timeprofiles.files import TIME_PROFILES
from timeprofiles.forms import TimeProfileForm
from timeprofiles.models import TimeProfile
from timeprofiles.moments import shown
from timeprofiles.repeat import RepeatType

ONCE = "once"


class RepeatFilter(admin.SimpleListFilter):
    title = "repeats"
    parameter_name = "repeats"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(word, word) for word in (ONCE, *get_args(RepeatType))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case None:
                return queryset
            case "once":
                return queryset.filter(repeat_options__repeat_enable=False)
            case word:
                return queryset.filter(
                    repeat_options__repeat_enable=True, repeat_options__repeat_format__repeat_type=word
                )


@admin.register(TimeProfile)
class TimeProfileAdmin(LinkedAdmin):
    kind = TIME_PROFILE
    layout = TIME_PROFILES
    form = TimeProfileForm
    list_display = ("name", "is_all_day", "begins", "ends", "repeats", "copyable_link_id", "site", "updated_at")
    list_filter = ("is_all_day", RepeatFilter)
    ordering = ("name",)
    search_fields = ("name",)
    search_help_text = "A name, or a link_id or its beginning."
    fieldsets = (
        (None, {"fields": ("site", "link_id", "name")}),
        ("Time", {"fields": ("is_all_day", "date_from", "date_to")}),
        ("Repetition", {"fields": ("repeat_options",)}),
    )

    @admin.display(description="from", ordering="date_from")
    def begins(self, obj: TimeProfile) -> str:
        return _to_the_minute(obj, obj.date_from)

    @admin.display(description="to", ordering="date_to")
    def ends(self, obj: TimeProfile) -> str:
        return _to_the_minute(obj, obj.date_to)

    @admin.display(description="repeats")
    def repeats(self, obj: TimeProfile) -> str:
        """`once`, `week`, or for a rule of its own `every 2 weeks`."""
        rule: dict[str, Any] = obj.repeat_options
        if not rule.get("repeat_enable"):
            return ONCE
        kind = str(rule["repeat_format"]["repeat_type"])
        custom = rule["repeat_format"].get("repeat_custom")
        if kind != "custom" or not custom:
            return kind
        every, point = custom.get("repeat_looper"), custom.get("repeat_point_type")
        return f"every {point}" if every == 1 else f"every {every} {point}s"


def _to_the_minute(profile: TimeProfile, seconds: int) -> str:
    """`2026-01-31 08:00` on the site's clock."""
    return shown(seconds, ZoneInfo(profile.site.time_zone))[: len("2026-01-31 08:00")]
