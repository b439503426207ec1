"""The changes of an apartment's state, read from its log and the change sets that signed it."""

from typing import Any

from django.db.models import F, QuerySet, Window
from django.db.models.functions import Lag

from apartments.models import Apartment, ApartmentChange

MOST_RECENT = 1_000


def changes_of_state(apartment: Apartment) -> QuerySet[Any]:
    """Entries of the log that changed the state, newest first, each with the id of the state it `was` in.

    What somebody does in psql is among them, without a change set.
    """
    log: Any = ApartmentChange
    entries = log.objects.filter(pgh_obj_id=apartment.pk).annotate(was=Window(Lag("state_id"), order_by="pgh_id"))
    changed: QuerySet[Any] = entries.filter(was__isnull=False).exclude(was=F("state_id"))
    return changed.select_related("change_set__by", "change_set__on_behalf_of").order_by("-pgh_id")[:MOST_RECENT]
