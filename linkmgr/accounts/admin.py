"""Sites, and accounts with their memberships, for superusers. Tokens are in `token_admin`."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from linkmgr.accounts import token_admin  # noqa: F401 registers itself
from linkmgr.accounts.forms import MembershipForm, MembershipFormSet
from linkmgr.accounts.models import Membership, Site, Token, User
from linkmgr.accounts.scoped import SuperuserAdmin, roles

admin.site.unregister(Group)  # memberships say who may do what


@admin.register(Site)
class SiteAdmin(SuperuserAdmin):
    list_display = ("name", "slug", "time_zone", "accounts")
    search_fields = ("name", "slug")
    fields = ("name", "slug", "time_zone", "webhook_key")
    readonly_fields = ("webhook_key",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened at a site stays told."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        sites: QuerySet[Any] = super().get_queryset(request).annotate(accounts=Count("memberships"))
        return sites

    @admin.display(description="accounts", ordering="accounts")
    def accounts(self, obj: Any) -> int:
        return int(obj.accounts)


class MembershipInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    extra = 0
    fields = ("site", "role", "may_act_on_behalf", "signs_in_as_device", "new_device_password", "no_device")
    readonly_fields = ("signs_in_as_device",)

    @admin.display(boolean=True, description="device")
    def signs_in_as_device(self, obj: Membership) -> bool:
        return bool(obj.device_password)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).everywhere

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).everywhere

    has_change_permission = has_delete_permission = has_view_permission


@admin.register(User)
class AccountAdmin(SuperuserAdmin, UserAdmin):  # type: ignore[type-arg]
    """Who left traces is disabled instead of deleted. A token or a device needs no password here."""

    list_display = ("username", "sites", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
        ("For integrations", {"fields": ("guid",)}),
    )
    readonly_fields = ("last_login", "date_joined", "guid")
    filter_horizontal = ()
    inlines = (MembershipInline,)
    without_traces = (Membership, Token, LogEntry)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("memberships__site")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Memberships come on the second page: until then there is no account they could belong to."""
        return super().get_inlines(request, obj) if obj else ()

    @admin.display(description="sites")
    def sites(self, obj: User) -> str:
        return ", ".join(f"{each.site} ({each.role})" for each in obj.memberships.all())
