"""What is there of a kind for a caller that is restricted to buildings."""

from typing import Any, NamedTuple

from django.db.models import QuerySet

from linkmgr.accounts.caller import Caller, MayNot, Reach
from linkmgr.bulk.kind import Kind


class Within(NamedTuple):
    """Rows whose column has one of these values."""

    column: str
    buildings: list[int]


def visible(kind: Kind, by: Caller) -> QuerySet[Any]:
    """The stored rows that there are for the caller. Raises MayNot if none of the kind can be."""
    rows = kind.model.objects.filter(site=by.site)
    if by.buildings is None or kind.reach is Reach.READING:
        return rows
    within = writable(kind, by)
    return rows.filter(**{f"{within.column}__in": within.buildings}) if within else rows


def writable(kind: Kind, by: Caller) -> Within | None:
    """Where the caller may write, None for everywhere. Raises MayNot if the kind's rows do not say where they are."""
    if by.buildings is None:
        return None
    if kind.building is None:
        raise MayNot(f"{kind.name} of some buildings")
    return Within(kind.building, sorted(by.buildings))
