"""Apartments in the admin."""

import re
from typing import Any

from django.contrib import admin
from django.db.models import IntegerField, Q, QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse

from apartments.bulk import APARTMENT
from apartments.files import APARTMENTS
from apartments.models import ADDRESS, Apartment
from apartments.state_action import ChangesState
from apartments.state_admin import RecipientInline
from apartments.state_history import changes_of_state
from linkmgr.accounts.scoped import LONGEST_ID
from linkmgr.admin import LinkedAdmin

ADDRESS_BEGINS = re.compile(r"([0-9]{1,4})-(?:([0-9]{1,2})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?)?-?")
"""`1-2-3-4`, or its beginning with at least one hyphen."""
MOST_BUILDINGS = 100
"""A longer list of buildings is no filter; the search takes `12-` as well."""
CHANGES_SHOWN = 10


def _by_address() -> Any:
    building, unit, floor, room = (Cast(name, IntegerField()) for name in ADDRESS)
    return building * 1_000_000 + unit * 10_000 + floor * 100 + room


class BuildingFilter(admin.SimpleListFilter):
    title = "building"
    parameter_name = "building"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        known = model_admin.get_queryset(request).order_by("building").values_list("building", flat=True).distinct()
        buildings = list(known[: MOST_BUILDINGS + 1])
        return [] if len(buildings) > MOST_BUILDINGS else [(str(number), str(number)) for number in buildings]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(building=int(value)) if value.isdecimal() and len(value) < LONGEST_ID else queryset


@admin.register(Apartment)
class ApartmentAdmin(ChangesState, LinkedAdmin):
    kind = APARTMENT
    layout = APARTMENTS
    actions = ("change_state", *LinkedAdmin.actions)
    list_display = (
        "apartment_name",
        "logical_address",
        "state",
        "residents_count",
        "copyable_link_id",
        "site",
        "updated_at",
    )
    list_select_related = ("site", "state")
    list_filter = (BuildingFilter, "state")
    inlines = (RecipientInline,)
    ordering = ("site_id", *ADDRESS)
    search_fields = ("apartment_name",)
    search_help_text = (
        "A name, a logical address such as 1-2-3-4 or its beginning (12-), or a link_id or its beginning."
    )
    fieldsets = (
        (None, {"fields": ("site", "link_id", "apartment_name")}),
        ("Logical address", {"fields": ADDRESS}),
        (None, {"fields": ("residents_count", "photo_path", "route_path")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Apartment | None = None) -> tuple[str, ...]:
        """A state is changed by change_state alone, which leaves its record."""
        return (*super().get_readonly_fields(request, obj), "state")

    def get_fieldsets(self, request: HttpRequest, obj: Apartment | None = None) -> Any:
        """A new apartment has no state to show yet."""
        if not obj:
            return super().get_fieldsets(request, obj)
        *declared, times = super().get_fieldsets(request, obj)
        return (*declared, (None, {"fields": ("state",)}), times)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> HttpResponse:
        """With the record of its state, and one entry more than is shown, to know that there are more."""
        if apartment := context.get("original"):
            changes = changes_of_state(apartment, CHANGES_SHOWN + 1)
            context = {**context, "changes": changes[:CHANGES_SHOWN], "more": len(changes) > CHANGES_SHOWN}
        return super().render_change_form(request, context, *args, **options)

    def get_inlines(self, request: HttpRequest, obj: Apartment | None) -> Any:
        """Recipients come on the second page: until then there is no apartment they could belong to."""
        return super().get_inlines(request, obj) if obj else ()

    @admin.display(description="logical address", ordering=_by_address())
    def logical_address(self, obj: Apartment) -> str:
        return obj.address

    def found_by(self, word: str) -> Q:
        address = ADDRESS_BEGINS.fullmatch(word)
        if not address:
            return super().found_by(word)
        parts = zip(ADDRESS, address.groups(), strict=True)
        return super().found_by(word) | Q(*((name, int(part)) for name, part in parts if part))
