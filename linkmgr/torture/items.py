"""Items as they stand on the wire, each with a stamp for a name: which call brought it."""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

Item = dict[str, Any]
EIGHT, TWENTY = 1_767_254_400, 1_767_297_600
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


class Sort(NamedTuple):
    """What a writer writes. `make(random, number)` is the item of that number, but for its link_id and its stamp."""

    table: str
    path: str
    stamped: str
    make: Callable[[Random, int], Item]


def new_link_id(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def apartment(random: Random, number: int) -> Item:
    """Of a writer's number below 10 000, so that no two writers ask for one address."""
    writer, place = divmod(number, 100_000)
    address = {"building": 1 + writer, "unit": place // 9_900, "floor": place // 100 % 99, "room": place % 100}
    return {"apartment_address": address, "residents": {"count": random.randrange(9)}}


def contact(random: Random, number: int) -> Item:
    return {"type": "global", "number": f"{1 + number % 9_000:04}", "is_favorite": random.random() < 0.5}


def time_profile(random: Random, number: int) -> Item:
    days = random.sample(WEEKDAYS, random.randrange(1, 8))
    custom = {"repeat_point_type": "week", "repeat_looper": 1, "repeat_options": days}
    rule = {"repeat_type": "custom", "repeat_end": {"format": "never"}, "repeat_custom": custom}
    times = {"is_all_day": False, "date_from": EIGHT + number, "date_to": TWENTY + number}
    return {"time_options": times, "repeat_options": {"repeat_enable": True, "repeat_format": rule}}


SORTS = (
    Sort("apartments_apartment", "/api/v1/apartment/items/link", "apartment_name", apartment),
    Sort("contacts_contact", "/api/v0/contact/items/link", "name", contact),
    Sort("timeprofiles_timeprofile", "/api/v1/access/timeprofile/items/link", "name", time_profile),
)
