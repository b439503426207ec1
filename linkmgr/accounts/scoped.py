"""What an account sees and does in the admin. Its memberships say so, not Django's permissions per model."""

from typing import Any, NamedTuple, NoReturn

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from linkmgr.accounts.models import Membership, Role, Site

LONGEST_ID = 19
"""Digits from which on a number may not be one of PostgreSQL's."""


class Roles(NamedTuple):
    """The roles of an account: by id of the site, or all of them everywhere for a superuser."""

    everywhere: bool
    at: dict[int, str]

    def sees(self, site: int | None = None) -> bool:
        """May it see what is of this site, or of any at all?"""
        return self.everywhere or (bool(self.at) if site is None else site in self.at)

    def administers(self, site: int | None = None) -> bool:
        """May it change what is of this site, or of any at all?"""
        held = self.at.values() if site is None else (self.at.get(site),)
        return self.everywhere or Role.ADMINISTRATOR in held


def roles(request: HttpRequest) -> Roles:
    """Those of the account behind a request, read once."""
    user: Any = request.user
    if not hasattr(user, "roles"):
        held = Membership.objects.filter(user=user.pk).values_list("site_id", "role") if user.pk else ()
        user.roles = Roles(user.is_superuser, dict(held))
    known: Roles = user.roles
    return known


def sees_several_sites(request: HttpRequest) -> bool:
    return len(Site.objects.of_user(request.user)[:2]) > 1


class SiteFilter(admin.SimpleListFilter):
    """By site, for accounts that have more than one."""

    title = "site"
    parameter_name = "site"
    path = "site"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        sites = [(str(site.pk), site.name) for site in Site.objects.of_user(request.user)]
        return sites if len(sites) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        known = value.isdecimal() and len(value) < LONGEST_ID
        return queryset.filter(**{self.path: int(value)}) if known else queryset


def _may_be_key(field: Any, key: str) -> bool:
    try:
        field.to_python(key)
    except ValidationError:
        return False
    return "\0" not in key


class _Strict(admin.ModelAdmin):  # type: ignore[type-arg]
    """What does not exist, or not for this account, is not found; Django would redirect to the start page."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """PostgreSQL knows no NUL, so no filter can have one; a search (q) that has finds nothing."""
        chosen = request.POST.getlist("_selected_action")
        if any(not _may_be_key(self.opts.pk, key) for key in chosen):
            raise Http404("no such row was listed")
        if any("\0" in name or "\0" in value for name, value in request.GET.items() if name != "q"):
            raise Http404("NUL in a filter")
        try:
            return super().changelist_view(request, extra_context)
        except (DataError, ValueError) as error:
            if request.method != "GET":
                raise
            raise Http404("a filter that means nothing") from error

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        raise Http404(f"no {opts.verbose_name} {object_id}")


class ScopedAdmin(_Strict):
    """Rows that belong to a site: members see them, its administrators change them."""

    class Media:
        js = ("linkmgr/copy.js",)

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """The site is told where there are several to tell apart."""
        columns = super().get_list_display(request)
        return tuple(columns if sees_several_sites(request) else (name for name in columns if name != "site"))

    def site_of(self, obj: Any) -> int:
        """The id of the site a row belongs to."""
        return int(obj.site_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        return rows.of_user(request.user)  # type: ignore[no-any-return]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).sees(obj and self.site_of(obj))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return roles(request).administers()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).administers(obj and self.site_of(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


class SuperuserAdmin(_Strict):
    """What only superusers manage. What has left traces elsewhere is not deleted: those would lose their name."""

    without_traces: tuple[type[Any], ...] = ()
    """Models whose rows go with it and are no reason to keep it."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return roles(request).everywhere

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).everywhere

    def has_add_permission(self, request: HttpRequest) -> bool:
        return roles(request).everywhere

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).everywhere

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).everywhere and obj is not None and not self._has_left_traces(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes with it is not edited in the admin by itself, so nobody lacks a permission for it."""
        names, counts, _, protected = super().get_deleted_objects(objs, request)
        return names, counts, set(), protected

    def _has_left_traces(self, obj: Any) -> bool:
        pointing = [each for each in obj._meta.get_fields(include_hidden=True) if each.one_to_many]
        stored = [each for each in pointing if each.related_model._meta.concrete_model._meta.managed]
        relations = [each for each in stored if each.related_model not in self.without_traces]
        return any(each.related_model._base_manager.filter(**{each.field.name: obj}).exists() for each in relations)
