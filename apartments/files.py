"""Apartments in files: their columns."""

from apartments.bulk import APARTMENT
from apartments.models import ADDRESS_RANGES, LONGEST_TEXT, MOST_RESIDENTS
from linkmgr.files.layout import Column, Layout


def _part(name: str, about: str) -> Column:
    low, high = ADDRESS_RANGES[name]
    return Column(name, ("apartment_address", name), f"{about}, {low} to {high}")


APARTMENTS = Layout(
    "apartments",
    APARTMENT,
    Column("link_id", ("link_id",), "UUID by which devices and integrations know the apartment"),
    _part("building", "Building of the logical address"),
    _part("unit", "Entrance or section"),
    _part("floor", "Floor"),
    _part("room", "Apartment on the floor"),
    Column("apartment_name", ("apartment_name",), f"Name on one line, at most {LONGEST_TEXT} characters"),
    Column("residents_count", ("residents", "count"), f"Residents, 0 to {MOST_RESIDENTS}"),
    Column("photo_path", ("photo_path",), f"At most {LONGEST_TEXT} characters"),
    Column("route_path", ("route_path",), f"At most {LONGEST_TEXT} characters"),
)
