"""What every kind's table has: a site, a link_id unique within it, and when the row was made and last changed."""

from typing import Any

from django.db import models
from django.db.models.functions import Now

from linkmgr.accounts.models import Site


class LinkedQuerySet(models.QuerySet[Any]):
    def of_user(self, user: Any) -> "LinkedQuerySet":
        """The rows of the sites this account is a member of; all of them for a superuser."""
        return self if user.is_superuser else self.filter(site__in=Site.objects.of_user(user))


class Linked(models.Model):
    site = models.ForeignKey(Site, on_delete=models.PROTECT, db_index=False, related_name="+")
    link_id = models.UUIDField("link_id", help_text="The UUID by which panels, monitors and integrations know it.")
    created_at = models.DateTimeField("created", db_default=Now(), editable=False)
    updated_at = models.DateTimeField("changed", db_default=Now(), editable=False)

    objects = LinkedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = (
            # link_id first: it is the selective column
            models.UniqueConstraint(
                fields=["link_id", "site"],
                name="%(class)s_link_id",
                violation_error_message="This link_id is stored already.",
            ),
        )
