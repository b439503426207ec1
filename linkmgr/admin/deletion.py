"""Deleting many rows at once: nothing hangs on them, so they are counted and shown by a few names, never loaded."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import model_ngettext
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from linkmgr.accounts.models import Site
from linkmgr.admin.caller import caller
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.turn import retried, take_turn
from linkmgr.history.signed import signed

NAMED = 20


class DeletesMany(admin.ModelAdmin):  # type: ignore[type-arg]
    """For LinkedAdmin: the action that deletes what is selected, be it a page or everything that a search found."""

    kind: ClassVar[Kind]
    actions = ("delete_selected",)

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Asks, and deletes if as many are still selected as were when it asked."""
        count = queryset.count()
        if request.POST.get("post") and request.POST.get("count") == str(count):
            if self.get_deleted_objects(queryset, request)[2]:
                raise PermissionDenied
            self.delete_queryset(request, queryset)
            told = f"Deleted {count} {model_ngettext(self.opts, count)}."
            self.message_user(request, told, messages.SUCCESS)
            return None
        return self._ask(request, queryset, count)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """(a few names, {kind: how many}, kinds of which some may not be deleted, nothing that protects them)"""
        rows = objs if isinstance(objs, QuerySet) else self.model._base_manager.filter(pk__in=[obj.pk for obj in objs])
        count = rows.count()
        names = [str(row) for row in rows[:NAMED]]
        if count > NAMED:
            names.append(f"… and {count - NAMED:,} more")
        lacking = rows.exclude(site__in=Site.objects.administered_by(request.user)).exists()
        return names, {self.opts.verbose_name_plural: count}, {self.opts.verbose_name} if lacking else set(), []

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """One signature a site; all of them or none."""
        retried(lambda: self._delete(request, queryset))

    @transaction.atomic
    def _delete(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        sites = queryset.order_by().values("site")
        for site in Site.objects.filter(pk__in=sites).order_by("pk"):
            with signed(caller(request, site)):
                take_turn(self.kind, site.pk)  # or rows locked in another order could end in a deadlock
                queryset.filter(site=site).delete()

    def _ask(self, request: HttpRequest, queryset: QuerySet[Any], count: int) -> HttpResponse:
        names, _, lacking, _ = self.get_deleted_objects(queryset, request)
        across = request.POST.get("select_across") == "1"
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Delete {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "media": self.media,
            "objects_name": model_ngettext(self.opts, count),
            "names": names,
            "count": count,
            "perms_lacking": lacking,
            "changed": "post" in request.POST,
            "across": across,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "selected": selected[:1] if across else selected,  # Django listens only if there is one
        }
        return TemplateResponse(request, "admin/linkmgr/delete_selected.html", context)
