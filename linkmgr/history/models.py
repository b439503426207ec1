"""The change set: who changed what, through what, how many. Its entries are the rows of each kind's log. The commit:
which of them became visible when."""

from typing import Any
from zlib import crc32

import pgtrigger
from django.contrib.postgres.fields import ArrayField
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


THIS_TRANSACTION = "pg_current_xact_id()::text::bigint"
"""In SQL: its id, which is never given again as long as the cluster lives."""
COMMITS_TAKE_TURNS = crc32(b"commit") - 2**31
"""The first key of an advisory lock, as `bulk.turn` makes them of the names of kinds; the second is the site."""

NUMBER = pgtrigger.Trigger(
    name="number",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    condition=pgtrigger.Q(new__transaction__isnull=False),
    func=f"""
        -- the first row of a transaction numbers all, sites in one order for everybody
        PERFORM pg_advisory_xact_lock({COMMITS_TAKE_TURNS}, waiting.site_id::integer)
        FROM (
            SELECT DISTINCT site_id FROM history_commit WHERE transaction = {THIS_TRANSACTION} ORDER BY site_id
        ) AS waiting;
        UPDATE history_commit
        SET seq = nextval('history_commit_seq'), last = currval(pg_get_serial_sequence(log, 'pgh_id')),
            transaction = NULL
        WHERE transaction = {THIS_TRANSACTION};
        RETURN NULL;
    """,  # noqa: S608 names of our own
)
"""Runs when the transaction commits. The lock goes only after its writes can be seen: so within a site, whoever sees a
number sees all smaller ones, now and later. Assumes that what follows in a commit (its flush) takes milliseconds."""


class Commit(models.Model):
    """What one transaction wrote to one log of one site: entries of `change_sets` between `first` and `last` pgh_id,
    other transactions' among them. Written by the triggers of the logs (`log.py`).

    Until it is committed it bears the id of its `transaction`; from then on a number, `seq`, in order of visibility.
    """

    site = models.ForeignKey(Site, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+")
    log = models.CharField(max_length=63)
    change_sets = ArrayField(models.UUIDField())
    first = models.BigIntegerField()
    last = models.BigIntegerField(null=True)
    transaction = models.BigIntegerField(null=True)
    seq = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["transaction", "site", "log"], condition=models.Q(transaction__isnull=False), name="commit_open"
            ),
            models.UniqueConstraint(fields=["site", "seq"], condition=models.Q(seq__isnull=False), name="commit_order"),
        )
        indexes = (models.Index(fields=["site", "log", "seq"], name="commit_latest"),)
        triggers = (NUMBER,)

    def __str__(self) -> str:
        return f"{self.log} {self.seq}"
