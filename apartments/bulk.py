"""An apartment on the wire (seed 000), and how items meet stored apartments (contract §2)."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Self

import msgspec
from msgspec import UNSET, Meta, UnsetType

from apartments.models import (
    ADDRESS,
    ADDRESS_RANGES,
    LONGEST_TEXT,
    MOST_RESIDENTS,
    NAME,
    NAME_IN_JSON_SCHEMA,
    Apartment,
)
from linkmgr.bulk.check import unlike
from linkmgr.bulk.faults import Fault, Problem
from linkmgr.bulk.fields import TEXT, Columns, Item, given
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.outcome import Outcome
from linkmgr.bulk.stage import Stage


def _within(name: str) -> Meta:
    low, high = ADDRESS_RANGES[name]
    return Meta(ge=low, le=high, extra={"word": "logical_address"})


Path = Annotated[str, Meta(max_length=LONGEST_TEXT, extra_json_schema=TEXT)]
Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_TEXT,
        extra={"word": "apartment_name"},
        extra_json_schema={"pattern": NAME_IN_JSON_SCHEMA},
    ),
]


class LogicalAddress(msgspec.Struct, gc=False):
    building: Annotated[int, _within("building")]
    unit: Annotated[int, _within("unit")]
    floor: Annotated[int, _within("floor")]
    room: Annotated[int, _within("room")]


class Residents(msgspec.Struct, gc=False):
    count: Annotated[int, Meta(ge=0, le=MOST_RESIDENTS)] | UnsetType = UNSET


class ApartmentItem(Item):
    apartment_address: LogicalAddress
    apartment_name: Name
    residents: Residents
    photo_path: Path | UnsetType = UNSET
    route_path: Path | UnsetType = UNSET

    optional = ("residents_count", "photo_path", "route_path")

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        addresses = [item.apartment_address for item in items]
        return {
            "building": [address.building for address in addresses],
            "unit": [address.unit for address in addresses],
            "floor": [address.floor for address in addresses],
            "room": [address.room for address in addresses],
            "apartment_name": [item.apartment_name for item in items],
            "residents_count": given([item.residents.count for item in items]),
            "photo_path": given([item.photo_path for item in items]),
            "route_path": given([item.route_path for item in items]),
        }

    @classmethod
    def faults(cls, items: Sequence[Self]) -> Iterator[tuple[int, Fault]]:
        return name_faults([item.apartment_name for item in items])

    @classmethod
    def of(cls, stored: Apartment) -> Self:
        return cls(
            link_id=str(stored.link_id),
            apartment_address=LogicalAddress(*(getattr(stored, name) for name in ADDRESS)),
            apartment_name=stored.apartment_name,
            residents=Residents(stored.residents_count),
            photo_path=stored.photo_path,
            route_path=stored.route_path,
        )


def name_faults(names: Sequence[str | UnsetType]) -> Iterator[tuple[int, Fault]]:
    """(index, fault) of names that have spaces around them, or more than one line."""
    named = [(at, name) for at, name in enumerate(names) if isinstance(name, str)]
    for found in unlike([name for _, name in named], NAME):
        yield named[found][0], Fault(("apartment_name",), Problem.VALUE, word="apartment_name")


def merge(stage: Stage) -> None:
    """An apartment is known by its link_id, or else by its logical address.

    Mostly no address is in the way and the upsert by link_id says all; only when one is, items are told apart.
    """
    stage.supersede_repeats()
    if not stage.has_repeats(*ADDRESS) and stage.try_upsert():
        return
    stage.match("link_id")
    stage.match(*ADDRESS)
    stage.refuse_repeats(*ADDRESS, outcome=Outcome.HAS_DUPLICATES)
    stage.refuse_taken(*ADDRESS, outcome=Outcome.HAS_DUPLICATES)
    stage.update()
    stage.insert()


APARTMENT = Kind("apartment", Apartment, ApartmentItem, merge, building="building")
