"""Deleting many rows at once: nothing hangs on them, so they are counted and shown by a few names, never loaded."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from linkmgr.admin.caller import caller
from linkmgr.admin.selection import Selection
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.turn import retried, take_turn
from linkmgr.history.signed import signed


class DeletesMany(admin.ModelAdmin):  # type: ignore[type-arg]
    """For LinkedAdmin: the action that deletes what is selected."""

    kind: ClassVar[Kind]
    actions: tuple[str, ...] = ("delete_selected",)

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Asks, and deletes if as many are still selected as were when it asked."""
        selection = Selection(request, queryset)
        if not selection.confirmed:
            return selection.ask(self, "delete_selected", title=f"Delete {self.opts.verbose_name_plural}")
        self.delete_queryset(request, queryset)
        self.message_user(request, f"Deleted {selection.count} {selection.objects_name}.", messages.SUCCESS)
        return None

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """(a few names, {kind: how many}, kinds of which some may not be deleted, nothing that protects them)"""
        rows = objs if isinstance(objs, QuerySet) else self.model._base_manager.filter(pk__in=[obj.pk for obj in objs])
        selection = Selection(request, rows)
        lacking = {self.opts.verbose_name} if selection.lacking else set()
        return selection.names(), {self.opts.verbose_name_plural: selection.count}, lacking, []

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """One signature a site; all of them or none."""
        retried(lambda: self._delete(request, queryset))

    @transaction.atomic
    def _delete(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for site in Selection(request, queryset).sites:
            with signed(caller(request, site)):
                take_turn(self.kind, site.pk)  # or rows locked in another order could end in a deadlock
                queryset.filter(site=site).delete()
