"""Notifications in the admin: what is told to whom, why it did not arrive, and another try. Nobody edits them."""

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from linkmgr.accounts.models import Site
from linkmgr.accounts.scoped import ScopedAdmin, SiteFilter, roles
from linkmgr.history.search import beginning_of_uuid
from linkmgr.notifications.models import Notification, State

LONGEST_SHOWN = 60


@admin.register(Notification)
class NotificationAdmin(ScopedAdmin):
    list_display = ("created_at", "to", "subject", "site", "state", "attempts", "next_at", "why")
    list_select_related = ("site",)
    list_filter = (SiteFilter, "state", "channel")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("address",)
    search_help_text = "A part of an address, or the beginning of a link_id."
    fieldsets = (
        (None, {"fields": ("created_at", "site", "channel", "address", "change_set_page", "link_id")}),
        ("Delivery", {"fields": ("state", "attempts", "next_at", "ended_at", "reason", "retries")}),
        ("What is told", {"fields": ("event", "subject", "lines", "data"), "classes": ("facts",)}),
    )
    actions = ("retry",)
    change_list_template = "admin/linkmgr/change_list.html"

    # ── what is shown ────────────────────────────────────────────────────────────────────────────────────────────────

    @admin.display(description="to", ordering="address")
    def to(self, obj: Notification) -> str:
        return f"{obj.get_channel_display()}: {_short(obj.address)}"

    @admin.display(description="reason")
    def why(self, obj: Notification) -> str:
        return _short(obj.reason)

    @admin.display(description="change set")
    def change_set_page(self, obj: Notification) -> SafeString:
        address = reverse("admin:history_changeset_change", args=[obj.change_set])
        return format_html('<a href="{}">{}</a>', address, obj.change_set)

    @admin.display(description="retries")
    def retries(self, obj: Notification) -> SafeString:
        address = reverse("admin:notifications_notification_history", args=[obj.pk])
        return format_html('<a href="{}">by whom and when</a>', address)

    @admin.display(description="event")
    def event(self, obj: Notification) -> str:
        return str(obj.facts.get("event", ""))

    @admin.display(description="subject")
    def subject(self, obj: Notification) -> str:
        return str(obj.facts.get("subject", ""))

    @admin.display(description="text")
    def lines(self, obj: Notification) -> SafeString:
        return format_html_join("", "<div>{}</div>", ((line or "",) for line in obj.told.get("lines", ())))

    @admin.display(description="data")
    def data(self, obj: Notification) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(obj.told.get("data"), indent=2, ensure_ascii=False))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        uuids = beginning_of_uuid(term)
        found = Q(address__icontains=term)
        if uuids:
            found |= Q(link_id__range=uuids)
        return queryset.filter(found) if term else queryset, False

    # ── another try ──────────────────────────────────────────────────────────────────────────────────────────────────

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_retry_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).administers(obj and self.site_of(obj))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.retry_view))
        return [path("<path:object_id>/retry/", view, name="notifications_notification_retry"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        may_retry = obj is not None and obj.state == State.FAILED and self.has_retry_permission(request, obj)
        return super().change_view(request, object_id, form_url, {"may_retry": may_retry, **(extra_context or {})})

    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404(f"no notification {object_id}")
        if not self.has_retry_permission(request, obj):
            raise PermissionDenied
        self.retry(request, self.get_queryset(request).filter(pk=obj.pk))
        return HttpResponseRedirect(reverse("admin:notifications_notification_change", args=[obj.pk]))

    @admin.action(permissions=["retry"], description="Retry selected notifications")
    def retry(self, request: HttpRequest, queryset: Any) -> None:
        """Those that failed, at sites which the account administers; others it may see are left as they are."""
        count = self._retry(request, queryset.filter(site__in=Site.objects.administered_by(request.user)))
        if count:
            told = f"{count} notification{'s' if count > 1 else ''} will be tried again."
            self.message_user(request, told, messages.SUCCESS)
        else:
            told = "Nothing to try again: only failed notifications of sites that you administer are."
            self.message_user(request, told, messages.WARNING)

    @transaction.atomic
    def _retry(self, request: HttpRequest, queryset: Any) -> int:
        """With who did it in the history of each; how many they are."""
        failed = [*queryset.filter(state=State.FAILED).defer("facts").select_for_update(of=("self",))]
        operator: Any = request.user
        LogEntry.objects.log_actions(operator.pk, failed, CHANGE, "Retried.")
        return Notification.objects.filter(pk__in=[row.pk for row in failed]).retry()


def _short(text: str) -> str:
    return Truncator(text).chars(LONGEST_SHOWN)
