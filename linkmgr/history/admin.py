"""Change sets in the admin: who did what, and each row it touched. Nobody edits history."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from linkmgr.accounts.scoped import ScopedAdmin, SiteFilter
from linkmgr.history.entries import HAPPENED, entries_of, logged_models, read
from linkmgr.history.models import ChangeSet
from linkmgr.history.search import beginning_of_uuid

ENTRIES_PER_PAGE = 100
SHORT = 8
VIAS = ("api", "admin", "command")


class ViaFilter(admin.SimpleListFilter):
    title = "through"
    parameter_name = "via"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(via, via) for via in VIAS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(via=self.value()) if self.value() else queryset


@admin.register(ChangeSet)
class ChangeSetAdmin(ScopedAdmin):
    list_display = ("created_at", "summary", "site", "by", "via", "request", "change_set")
    list_select_related = ("site", "by", "on_behalf_of")
    list_filter = (SiteFilter, ViaFilter, ("created_at", admin.DateFieldListFilter))
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("request_id",)
    search_help_text = "A change set's id (X-Change-Set) or a request id, or the beginning of one."
    fields = ("created_at", "site", "by", "on_behalf_of", "via", "request_id", "reason", "note", "summary")
    change_list_template = "admin/linkmgr/change_list.html"

    @admin.display(description="request id", ordering="request_id")
    def request(self, obj: ChangeSet) -> str:
        return _short(obj.request_id)

    @admin.display(description="change set")
    def change_set(self, obj: ChangeSet) -> str:
        return _short(str(obj.pk))

    @admin.display(description="what it did")
    def summary(self, obj: ChangeSet) -> str:
        return "; ".join(_summary(kind, counted) for kind, counted in obj.counts.items())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        found = Q(request_id__istartswith=term)
        if uuids := beginning_of_uuid(term):
            found |= Q(id__range=uuids)
        return queryset.filter(found) if term else queryset, False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        change_set = self.get_object(request, object_id)
        context = _entries(request, change_set) if change_set else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})


def _short(name: str) -> str:
    """Enough to search by; its own page tells all of it."""
    return f"{name[:SHORT]}…" if len(name) > SHORT else name


def _summary(kind: str, counted: dict[str, int]) -> str:
    """`40 apartments created, 2 changed`"""
    model = logged_models().get(kind)
    names = (model._meta.verbose_name, model._meta.verbose_name_plural) if model else (kind, kind)
    told = [f"{counted[label]} {word}" for label, word in HAPPENED.items() if label in counted]
    first, *others = told
    number, word = first.split(" ")
    return ", ".join([f"{number} {names[number != '1']} {word}", *others])


def _entries(request: HttpRequest, change_set: ChangeSet) -> dict[str, Any]:
    """The page of entries that the query string asks for: `kind`, the first if it says none, and `p`."""
    kinds = {name: model for name, model in logged_models().items() if name in change_set.counts}
    kind = request.GET.get("kind", "")
    model = kinds.get(kind) or next(iter(kinds.values()), None)
    if model is None:
        return {}
    rows = entries_of(model, change_set=change_set.pk, pgh_id__range=change_set.spans[str(model._meta.model_name)])
    page = Paginator(rows, ENTRIES_PER_PAGE).get_page(request.GET.get("p"))
    return {
        "kinds": [
            {"name": name, "title": _summary(name, change_set.counts[name]), "here": each is model}
            for name, each in kinds.items()
        ],
        "kind": model._meta.model_name,
        "history_url": f"admin:{model._meta.app_label}_{model._meta.model_name}_history",
        "page": page,
        "entries": read([*page]),
    }
