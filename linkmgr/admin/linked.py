"""LinkedAdmin: what the admin of every kind shares."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import smart_split, unescape_string_literal

from linkmgr.accounts.models import Site
from linkmgr.accounts.scoped import ScopedAdmin, SiteFilter
from linkmgr.admin.caller import caller
from linkmgr.admin.deletion import DeletesMany
from linkmgr.admin.exporting import ExportsFiles
from linkmgr.admin.forms import LinkedForm
from linkmgr.admin.importing import ImportsFiles
from linkmgr.admin.paging import SortedPaginator, order_of
from linkmgr.bulk.turn import retried
from linkmgr.history.admin import ENTRIES_PER_PAGE
from linkmgr.history.entries import history_of, read
from linkmgr.history.search import beginning_of_uuid
from linkmgr.history.signed import signed


class LinkedAdmin(DeletesMany, ImportsFiles, ExportsFiles, ScopedAdmin):
    """A subclass says its kind, its layout in files, columns, filters, fields, and how a word of a search finds it."""

    form = LinkedForm
    list_select_related: ClassVar[tuple[str, ...]] = ("site",)
    list_per_page = 50
    show_full_result_count = False
    change_list_template = "admin/linkmgr/change_list.html"
    object_history_template = "admin/linkmgr/object_history.html"

    # ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @admin.display(description="link_id", ordering="link_id")
    def copyable_link_id(self, obj: Any) -> SafeString:
        return format_html(
            '<code>{0}</code> <button type="button" class="copy" data-copy="{0}" aria-label="Copy link_id {0}">'
            "Copy</button>",
            obj.link_id,
        )

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        return (SiteFilter, *super().get_list_filter(request), ("updated_at", admin.DateFieldListFilter))

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **options: Any) -> Any:
        order = order_of(request, queryset)
        if order is None:
            return super().get_paginator(request, queryset, per_page, *args, **options)
        return SortedPaginator(queryset, per_page, order)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows that every word of the search finds; words in quotes are one. A whole link_id finds only its row."""
        for each in smart_split(search_term):
            quoted = len(each) > 1 and each[0] in "\"'" and each[0] == each[-1]
            word = unescape_string_literal(each) if quoted else each
            linked = self._with_link_id(queryset, word)
            queryset = queryset.filter(Q(pk__in=linked) if linked else self.found_by(word))
        return queryset, False

    def _with_link_id(self, queryset: QuerySet[Any], word: str) -> list[int]:
        """By the index, which begins with the site; a part of a text is looked for in all rows."""
        uuids = beginning_of_uuid(word)
        if not uuids or uuids[0] != uuids[1]:
            return []
        return list(queryset.filter(site__in=Site.objects.values("pk"), link_id=uuids[0]).values_list("pk", flat=True))

    def found_by(self, word: str) -> Q:
        """What a word finds: a part of one of `search_fields`, or the beginning of a link_id."""
        found = Q(*((f"{name}__icontains", word) for name in self.search_fields), _connector=Q.OR)
        uuids = beginning_of_uuid(word)
        return found | Q(link_id__range=uuids) if uuids else found

    # ── forms ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A row never changes its site."""
        return ("site", "created_at", "updated_at") if obj else ("created_at", "updated_at")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """As declared, with when it was made and changed below once it is stored."""
        times = ((None, {"fields": (("created_at", "updated_at"),)}),) if obj else ()
        return (*super().get_fieldsets(request, obj), *times)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "site":
            options["queryset"] = Site.objects.administered_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        sites = list(Site.objects.administered_by(request.user)[:2])
        given = super().get_changeform_initial_data(request)
        return {"site": sites[0].pk, **given} if len(sites) == 1 else given

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Locked for a change, so that what the form is compared with is what it overwrites."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST":
            return found
        return self.model._base_manager.select_for_update().filter(pk=found.pk).first()

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """If another writer was faster, the form is judged again and tells what is in the way."""
        write = super().changeform_view
        return retried(lambda: write(request, *args, **options))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """What changed, and nothing if nothing did."""
        if change and not form.changed_data:
            return
        with signed(caller(request, obj.site)):
            if change:
                obj.updated_at = Now()
                obj.save(update_fields=[*form.changed_data, "updated_at"])
            else:
                obj.save(force_insert=True)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with signed(caller(request, obj.site)):
            obj.delete()

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """A save that changed nothing is no action of anybody."""
        return super().log_change(request, obj, message) if message else None

    # ── history ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The log of one row, newest first; of a deleted one too, for members of its site."""
        number = unquote(object_id)
        stored = super().get_object(request, number)
        sites = Site.objects.of_user(request.user)
        known = number.isdecimal() and len(number) < 19
        rows = history_of(self.model, int(number) if known else None, site__in=sites)
        page = Paginator(rows, ENTRIES_PER_PAGE).get_page(request.GET.get("p"))
        if stored is None and not page.object_list:
            raise Http404(f"no {self.opts.verbose_name} {number}")
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {self.opts.verbose_name} {stored or page.object_list[0].link_id}",
            "opts": self.opts,
            "stored": stored,
            "page": page,
            "entries": read([*page]),
            "media": self.media,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)
