"""What every kind's table has: a site, a link_id unique within it, and when the row was made and last changed."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now

from linkmgr.accounts.models import Site


class LinkedQuerySet(models.QuerySet[Any]):
    def of_user(self, user: Any) -> "LinkedQuerySet":
        """The rows of the sites this account is a member of; all of them for a superuser."""
        return self if user.is_superuser else self.filter(site__in=Site.objects.of_user(user))


def refers(name: str, column: str, table: str, operation: Any) -> pgtrigger.Trigger:
    """In place of a foreign key, which looks at every row and costs a quarter of a bulk write: for what is referred to
    by few different values, and is never deleted."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(new="touched"),  # type: ignore[no-untyped-call]
        func=f"""
        IF EXISTS (SELECT {column} FROM touched EXCEPT SELECT id FROM {table}) THEN
            RAISE foreign_key_violation USING MESSAGE = 'no such {column.removesuffix("_id")}';
        END IF;
        RETURN NULL;
    """,  # noqa: S608 names of our own
    )


SITE_EXISTS = refers("site_exists", "site_id", "accounts_site", pgtrigger.Insert)

SITE_STAYS = pgtrigger.Trigger(
    name="site_stays",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("site_id"),  # type: ignore[no-untyped-call]
    condition=pgtrigger.Q(old__site__df=pgtrigger.F("new__site")),
    func="RAISE EXCEPTION 'a row never changes its site';",
)


class Linked(models.Model):
    site = models.ForeignKey(Site, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+")
    link_id = models.UUIDField("link_id", help_text="The UUID by which panels, monitors and integrations know it.")
    created_at = models.DateTimeField("created", db_default=Now(), editable=False)
    updated_at = models.DateTimeField("changed", db_default=Now(), editable=False)

    objects = LinkedQuerySet.as_manager()

    class Meta:
        abstract = True
        triggers = (SITE_EXISTS, SITE_STAYS)
        constraints = (
            # the site first: its lists then read its rows alone, however many others there are
            models.UniqueConstraint(
                fields=["site", "link_id"],
                name="%(class)s_link_id",
                violation_error_message="This link_id is stored already.",
            ),
        )
