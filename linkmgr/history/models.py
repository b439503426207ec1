"""The change set: who changed what, through what, how many. Its entries are the rows of each kind's log."""

from typing import Any

from django.db import models
from django.db.models.functions import Now

from linkmgr.accounts.models import Site, User
from linkmgr.logs import LONGEST_REQUEST_ID


class ChangeSetQuerySet(models.QuerySet["ChangeSet"]):
    def of_user(self, user: Any) -> "ChangeSetQuerySet":
        return self if user.is_superuser else self.filter(site__in=Site.objects.of_user(user))


class ChangeSet(models.Model):
    """One signed transaction that changed something.

    `counts`: {kind: {"insert" | "update" | "delete": rows}}; `spans`: {kind: [first, last]}, between which pgh_ids of
    the kind's log its entries lie, other transactions' among them: so the log needs no index by change set.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    via = models.CharField(max_length=16)
    request_id = models.CharField(max_length=LONGEST_REQUEST_ID, blank=True)
    on_behalf_of = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.TextField(blank=True)
    reason_id = models.TextField("reason's id", blank=True, db_default="")
    reason_name = models.TextField("reason", blank=True, db_default="")
    counts = models.JSONField(default=dict)
    spans = models.JSONField(default=dict)
    created_at = models.DateTimeField("when", db_default=Now())

    objects = ChangeSetQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["site", "-created_at"], name="changeset_latest"),)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def reason(self) -> str:
        """`Debts (p-1)`; either of the two may be missing."""
        return " ".join(filter(None, (self.reason_name, self.reason_id and f"({self.reason_id})")))
