"""One change set: the record that X-Change-Set and the answers of change_state name."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from linkmgr.accounts.caller import Reach
from linkmgr.api.views import caller
from linkmgr.api.webapi.views import WebApiView
from linkmgr.history.models import ChangeSet


class ChangeSetRecord(msgspec.Struct):
    """Who did what, when, through what and why. Accounts are told by name; `counts` is JSON's alone."""

    id: UUID
    at: datetime
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


class ChangeSetView(WebApiView):
    """Show the record of a change"""

    answer = ChangeSetRecord
    reach = Reach.OWN_BUILDINGS

    def get(self, request: Request, id: Any) -> HttpResponse:
        by = caller(request)
        own = ChangeSet.objects.filter(site=by.site)
        if by.buildings:  # a record does not say which buildings it touched
            own = own.filter(by=by.user)
        stored = own.select_related("by", "on_behalf_of").filter(pk=id).first()
        if stored is None:
            raise NotFound
        return self.told(request, ChangeSetRecord.of(stored))
