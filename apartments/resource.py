"""Apartments as a plain resource: their columns, and what is read of them besides."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Self

from msgspec import UNSET, Meta, UnsetType

from apartments.bulk import APARTMENT, Name, Path, name_faults
from apartments.filters import ApartmentFilters, StateFilters
from apartments.models import ADDRESS, ADDRESS_RANGES, MOST_RESIDENTS, ApartmentState
from apartments.web_api import State
from linkmgr.api.rest.resource import Linked, ReadOnly, Records
from linkmgr.bulk.faults import Fault
from linkmgr.bulk.fields import FlatItem


def _within(name: str, about: str) -> Meta:
    low, high = ADDRESS_RANGES[name]
    return Meta(ge=low, le=high, description=about)


class ApartmentItem(FlatItem):
    building: Annotated[int, _within("building", "Building of the logical address.")]
    unit: Annotated[int, _within("unit", "Entrance or section.")]
    floor: Annotated[int, _within("floor", "Floor; 99 is reserved.")]
    room: Annotated[int, _within("room", "Apartment on the floor.")]
    apartment_name: Name
    residents_count: Annotated[int, Meta(ge=0, le=MOST_RESIDENTS)] | UnsetType = UNSET
    photo_path: Path | UnsetType = UNSET
    route_path: Path | UnsetType = UNSET

    optional = ("residents_count", "photo_path", "route_path")

    @classmethod
    def faults(cls, items: Sequence[Self]) -> Iterator[tuple[int, Fault]]:
        return name_faults([item.apartment_name for item in items])


class ApartmentReadOnly(ReadOnly):
    state_id: Annotated[int, Meta(description="One of /api/v1/states/; change_state changes it.")]


STATES = Records(
    "states", ApartmentState, State, State.of, filters=StateFilters, search=("code__icontains", "name__icontains")
)

APARTMENTS = Linked(
    "apartments",
    APARTMENT._replace(item=ApartmentItem, unique=ADDRESS),
    read_only=ApartmentReadOnly,
    filters=ApartmentFilters,
    search=("apartment_name__icontains", "photo_path__icontains", "route_path__icontains"),
)
