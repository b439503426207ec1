"""The changes of an apartment's state, read from its log and the change sets that signed it."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, Window
from django.db.models.functions import Lag

from apartments.models import Apartment, ApartmentChange, ApartmentState
from linkmgr.history.models import ChangeSet

MOST_RECENT = 1_000


class Entry(NamedTuple):
    """From which state to which, and the change set that says who and why: none for what somebody did in psql."""

    at: datetime
    was: ApartmentState
    to: ApartmentState
    change_set: ChangeSet | None


def changes_of_state(apartment: Apartment, most: int = MOST_RECENT) -> list[Entry]:
    """The most recent ones, newest first."""
    log: Any = ApartmentChange
    entries = log.objects.filter(pgh_obj_id=apartment.pk).annotate(was=Window(Lag("state_id"), order_by="pgh_id"))
    changed = entries.filter(was__isnull=False).exclude(was=F("state_id")).order_by("-pgh_id")
    states = ApartmentState.objects.in_bulk()
    return [
        Entry(entry.pgh_created_at, states[entry.was], states[entry.state_id], entry.change_set)
        for entry in changed.select_related("change_set__by", "change_set__on_behalf_of")[:most]
    ]
