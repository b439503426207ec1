"""The outbox: what is to be told to whom, written with the change it tells of and delivered after it."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.functional import cached_property

from linkmgr.accounts.models import Site
from linkmgr.history.models import ChangeSet

LONGEST_ADDRESS = 500
WITHOUT_DOT = re.compile(r"https?://[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?(?::[0-9]{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
"""URLs of hosts that only a network of one's own knows: http://localhost:8000/, or services of containers."""


class Channel(models.TextChoices):
    EMAIL = "email", "e-mail"
    WEBHOOK = "webhook", "webhook"


def validate_address(channel: str, address: str) -> None:
    """Raises ValidationError for an address that this channel cannot have. Nothing is looked up or tried."""
    if channel == Channel.EMAIL:
        validate_email(address)
    elif not WITHOUT_DOT.fullmatch(address):
        URLValidator(schemes=["http", "https"])(address)
    elif not settings.PRIVATE_WEBHOOKS:
        raise ValidationError("A host without a dot is on a private network, and those are not allowed here.")


def shown(channel: str, address: str) -> str:
    """What of an address may be told to everybody: path and query of a webhook may be secret."""
    if channel == Channel.EMAIL:
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return "no URL"
    return f"{parts.scheme}://{parts.hostname}"


class State(models.TextChoices):
    PENDING = "pending", "pending"
    SENT = "sent", "sent"
    FAILED = "failed", "failed"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def of_user(self, user: Any) -> "NotificationQuerySet":
        return self if user.is_superuser else self.filter(site__in=Site.objects.of_user(user))

    def retry(self) -> int:
        """Let those that failed be tried again from now on, with as many tries as at first; how many they are."""
        failed = self.filter(state=State.FAILED)
        return failed.update(state=State.PENDING, attempts=0, next_at=Now(), ended_at=None)


class Notification(models.Model):
    """One thing told to one address.

    `facts` is what is told, as it was at the time: `event` (its name), `subject` and `lines` for people, and `data` for
    programs; `told` has the message and the reason of the change set too, which are kept once. `reason` says why the
    last try failed.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, db_index=False, related_name="+")
    change_set = models.UUIDField(help_text="The change set it tells of.")
    link_id = models.UUIDField("link_id", help_text="Of what it tells about.")
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=LONGEST_ADDRESS)
    facts = models.JSONField()
    state = models.CharField(max_length=10, choices=State, db_default=State.PENDING)
    attempts = models.PositiveSmallIntegerField("tries", db_default=0)
    next_at = models.DateTimeField("next try", null=True, db_default=Now())
    reason = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField("created", db_default=Now())
    ended_at = models.DateTimeField("sent or given up", null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="notification_channel"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="notification_state"),
            models.CheckConstraint(
                condition=Q(state=State.PENDING) ^ Q(next_at=None), name="notification_pending_has_next_try"
            ),
        )
        indexes = (
            models.Index(fields=["site", "next_at", "id"], condition=Q(state=State.PENDING), name="notification_due"),
            models.Index(fields=["id"], condition=Q(state=State.FAILED), name="notification_failed"),
        )

    def __str__(self) -> str:
        return f"{self.get_channel_display()} to {shown(self.channel, self.address)}"

    @cached_property
    def told(self) -> dict[str, Any]:
        signed = ChangeSet.objects.filter(pk=self.change_set).first()
        if signed is None:
            return dict(self.facts)
        why = {"message": signed.note, "reason": {"id": signed.reason_id, "name": signed.reason_name}}
        lines = [*self.facts["lines"], *filter(None, [signed.note])]
        return {**self.facts, "lines": lines, "data": {**self.facts["data"], **why}}
