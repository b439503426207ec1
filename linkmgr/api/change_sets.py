"""One change set: the record that X-Change-Set and the answers of change_state name."""

from typing import Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from linkmgr.accounts.caller import Reach
from linkmgr.api.rest.filters import KEY, Filters, MomentFilter, TextFilter, lookups
from linkmgr.api.rest.resource import Records
from linkmgr.api.rest.views import Reading, answer
from linkmgr.api.views import caller
from linkmgr.api.voices import JSON
from linkmgr.api.webapi.body import XML
from linkmgr.api.webapi.negotiation import answer_type, is_xml
from linkmgr.api.webapi.views import NAMESPACE
from linkmgr.api.webapi.xml import render
from linkmgr.bulk.fields import Moment
from linkmgr.history.models import ChangeSet


class ChangeSetRecord(msgspec.Struct):
    """Who did what, when, through what and why. Accounts are told by name; `counts` is JSON's alone."""

    id: UUID
    at: Moment
    by: str | None
    on_behalf_of: str | None
    via: str
    request_id: str
    reason_id: str
    reason_name: str
    message: str
    counts: dict[str, dict[str, int]]

    json_only = ("counts",)

    @classmethod
    def of(cls, stored: ChangeSet) -> "ChangeSetRecord":
        by, behalf = (account.username if account else None for account in (stored.by, stored.on_behalf_of))
        named = (stored.request_id, stored.reason_id, stored.reason_name, stored.note)
        return cls(stored.pk, stored.created_at, by, behalf, stored.via, *named, stored.counts)


class ChangeSetFilters(Filters):
    at = MomentFilter(field_name="created_at")
    at__lt = MomentFilter(field_name="created_at", lookup_expr="lt")
    at__gte = MomentFilter(field_name="created_at", lookup_expr="gte")
    by = TextFilter(field_name="by__username")
    on_behalf_of = TextFilter(field_name="on_behalf_of__username")
    message__icontains = TextFilter(field_name="note", lookup_expr="icontains")

    class Meta(Filters.Meta):
        model = ChangeSet
        fields = {"id": KEY, **lookups(ChangeSet, without=("note", "created_at"))}


CHANGE_SETS = Records(
    "change-sets",
    ChangeSet,
    ChangeSetRecord,
    ChangeSetRecord.of,
    filters=ChangeSetFilters,
    search=("request_id__icontains", "reason_id__icontains", "reason_name__icontains", "note__icontains"),
    ordering=("-at",),
    renamed={"at": "created_at"},
)


class ChangeSets(Reading):
    """The records of what was changed."""

    resource = CHANGE_SETS
    media_types = (JSON, *XML)
    reach = Reach.OWN_BUILDINGS

    def rows(self, request: Request) -> QuerySet[ChangeSet]:
        """A record does not say which buildings it touched: those who are restricted to some see their own."""
        by = caller(request)
        rows = ChangeSet.objects.filter(site=by.site).select_related("by", "on_behalf_of")
        return rows.filter(by=by.user) if by.buildings else rows

    def retrieve(self, request: Request, key: Any) -> HttpResponse:
        """Show one; as XML for those who asked change_state in XML and follow its `url`"""
        kind = answer_type(request)
        if not is_xml(kind):
            return super().retrieve(request, key)
        record = ChangeSetRecord.of(self.member(request, key))
        return answer(request, render(record, NAMESPACE), content_type=f"{kind}; charset=utf-8")
