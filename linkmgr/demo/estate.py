"""The demonstration estate: 2 buildings, 480 apartments, 12 time profiles, 600 contacts, and a few faulty items.

The same link_ids every time, so that loading it again changes nothing.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid5

NAMESPACE = UUID("6f1f3b0c-6c55-4d0e-9a0b-2b5f0d3c1a11")
BUILDINGS, UNITS, FLOORS, ROOMS = (1, 2), (1, 2), range(1, 13), range(1, 11)
V0_CONTACTS, V1_CONTACTS = 400, 200
BATCH = 60
EIGHT, TWENTY = 1_767_254_400, 1_767_297_600
"""2026-01-01 08:00 and 20:00 UTC."""
NAMES = ("Novák", "Svobodová", "Dvořák", "Černá", "Procházka", "Kučerová", "Veselý", "Horáková", "Němec", "Marková")
Item = dict[str, Any]


class Load(NamedTuple):
    """One request of the demonstration."""

    title: str
    path: str
    items: list[Item]


def loads() -> Iterator[Load]:
    """In the order in which things depend on each other."""
    yield from _batches("Apartments", "/api/v1/apartment/items/link", _apartments())
    yield from _batches("Time profiles", "/api/v1/access/timeprofile/items/link", _time_profiles())
    yield from _batches("Contacts (v0)", "/api/v0/contact/items/link", _contacts_v0())
    yield from _batches("Contacts (v1)", "/api/v1/contact/items/link?partial=true", _contacts_v1())


def _batches(title: str, path: str, items: list[Item]) -> Iterator[Load]:
    for start in range(0, len(items), BATCH):
        yield Load(title, path, items[start : start + BATCH])


def _link_id(name: str) -> str:
    return str(uuid5(NAMESPACE, name))


def _apartments() -> list[Item]:
    places = [(b, u, f, r) for b in BUILDINGS for u in UNITS for f in FLOORS for r in ROOMS]
    items = [
        _apartment(f"apartment {place}", place, f"Apartment {number}", number % 5)
        for number, place in enumerate(places, 1)
    ]
    twins = [_apartment(f"twin {name}", (2, 9, 1, 1), f"Twin {name}", 1) for name in "AB"]  # one address, two link_ids
    return items + twins


def _apartment(key: str, place: tuple[int, int, int, int], name: str, residents: int) -> Item:
    return {
        "link_id": _link_id(key),
        "apartment_address": dict(zip(("building", "unit", "floor", "room"), place, strict=True)),
        "apartment_name": name,
        "residents": {"count": residents},
    }


def _time_profiles() -> list[Item]:
    forever, until = {"format": "never"}, {"format": "date", "date": 1_798_761_600}
    simple = {
        kind: {"repeat_type": kind, "repeat_end": forever} for kind in ("day", "week", "twoWeeks", "month", "year")
    }
    rules: dict[str, Item | None] = {
        "Open day, once": None,
        "Every day": simple["day"],
        "Every week": simple["week"],
        "Every two weeks": simple["twoWeeks"],
        "Every month": simple["month"],
        "Every year": simple["year"],
        "Every third day": _custom("day", 3, [], forever),
        "Working days": _custom("week", 1, ["MON", "TUE", "WED", "THU", "FRI"], forever),
        "1st and 15th": _custom("month", 1, {"format": "dayNumbers", "range": [1, 15]}, forever),
        "Last working day": _custom("month", 1, _nth("last", "WEEK_DAY", "parameterizedDay"), until),
        "Heating season": _custom("year", 1, {"months": [1, 2, 3, 10, 11, 12]}, forever),
        "First Sunday of spring": _custom("year", 1, {"months": [4], **_nth("first", "SUN")}, forever),
    }
    return [_time_profile(name, rule) for name, rule in rules.items()]


def _nth(week_order: str, day_type: str, month_format: str | None = None) -> Item:
    named = {"range": {"week_order": week_order, "day_type": day_type}}
    return {"format": month_format, **named} if month_format else named


def _custom(point: str, every: int, options: Any, end: Item) -> Item:
    custom = {"repeat_point_type": point, "repeat_looper": every, "repeat_options": options}
    return {"repeat_type": "custom", "repeat_end": end, "repeat_custom": custom}


def _time_profile(name: str, rule: Item | None) -> Item:
    repeat = {"repeat_enable": True, "repeat_format": rule} if rule else {"repeat_enable": False}
    return {
        "link_id": _link_id(f"time profile {name}"),
        "name": name,
        "time_options": {"is_all_day": rule is None, "date_from": EIGHT, "date_to": TWENTY},
        "repeat_options": repeat,
    }


def _contacts_v0() -> list[Item]:
    items = [_contact("v0", number) | {"is_default": number == 0} for number in range(V0_CONTACTS)]
    for number in (50, 150, 250):
        items[number]["number"] = "no number"
    return items


def _contacts_v1() -> list[Item]:
    items = [_contact("v1", number) | {"ringtone": f"ring{number % 3 + 1}.wav"} for number in range(V1_CONTACTS)]
    items[10] |= {"type": "p2p", "is_p2p": True, "number": "sip:concierge@10.0.0.5:5060"}
    items[70]["name"] = "A name of more than thirty characters"
    items[140] |= {"auto_answer": True, "in_black_list": True}
    return items


def _contact(dialect: str, number: int) -> Item:
    building, unit, floor, room = (
        BUILDINGS[number % 2],
        UNITS[number // 2 % 2],
        number // 4 % 12 + 1,
        number // 48 % 10 + 1,
    )
    shapes = {
        "regular": f"{building:04d}-{unit:02d}-{floor:02d}-{room:02d}",
        "individual": f"{building:03d}-{unit:02d}-{floor:02d}-{room:02d}-{number % 9 + 1}",
        "multi": f"{building:04d}-{unit:02d}-{number % 99 + 1:02d}",
    }
    kind = tuple(shapes)[number % 3]
    return {
        "link_id": _link_id(f"contact {dialect} {number}"),
        "name": f"{NAMES[number % len(NAMES)]} {number}",
        "type": kind,
        "number": shapes[kind],
        "is_favorite": number % 7 == 0,
    }
