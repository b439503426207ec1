"""Items of the three kinds as they stand on the wire, and as rows of the floor's tables."""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

Item = dict[str, Any]
Row = tuple[Any, ...]
NAMES = ("Anna", "Boris", "Zoë", "Фёдор", "Галина", "José", "O'Neil", "Müller")
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_encode = msgspec.json.Encoder().encode


class Kind(NamedTuple):
    """`make` an item of a link_id at a place (only apartments have one); `row` as the floor stores it; `spoil` it;
    `path` where it is posted, with `partial` if a bad item is to fail alone."""

    name: str
    title: str
    table: str
    path: str
    partial: str
    columns: tuple[tuple[str, str], ...]
    unique: str
    make: Callable[[random.Random, str, int], Item]
    row: Callable[[Item], Row]
    spoil: Callable[[Item], Item]


def new_link_id(rnd: random.Random) -> str:
    """A random UUID (version 4), from a generator that can be repeated."""
    number = rnd.getrandbits(128) & ~(0xF << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _contact(rnd: random.Random, link_id: str, place: int) -> Item:
    building, unit, floor, room = rnd.randrange(1, 1000), rnd.randrange(100), rnd.randrange(99), rnd.randrange(100)
    kind = rnd.choice(("regular", "individual", "multi"))
    number = {
        "regular": f"{building:04d}-{unit:02d}-{floor:02d}-{room:02d}",
        "individual": f"{building:03d}-{unit:02d}-{floor:02d}-{room:02d}-{room % 9 + 1}",
        "multi": f"{building:04d}-{unit:02d}-{room % 99 + 1:02d}",
    }[kind]
    black = rnd.random() < 0.1
    return {
        "link_id": link_id,
        "name": f"{rnd.choice(NAMES)} {rnd.randrange(10**6)}",
        "type": kind,
        "number": number,
        "is_favorite": False,
        "is_default": False,
        "auto_answer": not black and rnd.random() < 0.5,
        "in_black_list": black,
    }


def _apartment(rnd: random.Random, link_id: str, place: int) -> Item:
    """990 000 places in each building, so two places never have one address."""
    address = {
        "building": place // 990_000 + 1,
        "unit": place // 9_900 % 100,
        "floor": place // 100 % 99,
        "room": place % 100,
    }
    return {
        "link_id": link_id,
        "apartment_address": address,
        "apartment_name": f"Apartment {rnd.randrange(10**6)}",
        "residents": {"count": rnd.randrange(9)},
        "photo_path": "",
        "route_path": "",
    }


def _time_profile(rnd: random.Random, link_id: str, place: int) -> Item:
    begin = 1_700_000_000 + rnd.randrange(10**6)
    custom = {
        "repeat_point_type": "week",
        "repeat_looper": rnd.randrange(1, 9),
        "repeat_options": rnd.sample(DAYS, 3),
    }
    end = {"format": "date", "date": 1_900_000_000}
    rule = {"repeat_type": "custom", "repeat_end": end, "repeat_custom": custom}
    return {
        "link_id": link_id,
        "name": f"Profile {rnd.randrange(10**6)}",
        "time_options": {"is_all_day": False, "date_from": begin, "date_to": begin + 3600},
        "repeat_options": {"repeat_enable": True, "repeat_format": rule},
    }


_TYPES = ("regular", "individual", "multi", "global")
CONTACTS = Kind(
    "contacts",
    "contacts",
    "contacts_contact",
    "/api/v0/contact/items/link",
    "",
    (
        ("name", "varchar(255)"),
        ("type", "smallint"),
        ("number", "varchar(255)"),
        ("is_favorite", "boolean"),
        ("is_default", "boolean"),
        ("auto_answer", "boolean"),
        ("in_black_list", "boolean"),
    ),
    "",
    _contact,
    lambda item: (
        item["name"],
        _TYPES.index(item["type"]),
        item["number"],
        item["is_favorite"],
        item["is_default"],
        item["auto_answer"],
        item["in_black_list"],
    ),
    lambda item: {**item, "number": "0000-00-00-00"},
)
APARTMENTS = Kind(
    "apartments",
    "apartments",
    "apartments_apartment",
    "/api/v1/apartment/items/link",
    "?partial=true",
    (
        *((name, "smallint") for name in ("building", "unit", "floor", "room")),
        ("apartment_name", "varchar(255)"),
        ("residents_count", "smallint"),
        ("photo_path", "varchar(255)"),
        ("route_path", "varchar(255)"),
    ),
    ", UNIQUE (building, unit, floor, room)",
    _apartment,
    lambda item: (
        *item["apartment_address"].values(),
        item["apartment_name"],
        item["residents"]["count"],
        item["photo_path"],
        item["route_path"],
    ),
    lambda item: {**item, "apartment_name": " "},
)
TIME_PROFILES = Kind(
    "time_profiles",
    "time profiles",
    "timeprofiles_timeprofile",
    "/api/v1/access/timeprofile/items/link",
    "?partial=true",
    (
        ("name", "varchar(255)"),
        ("is_all_day", "boolean"),
        ("date_from", "bigint"),
        ("date_to", "bigint"),
        ("repeat_options", "jsonb"),
    ),
    "",
    _time_profile,
    lambda item: (item["name"], *item["time_options"].values(), _encode(item["repeat_options"]).decode()),
    lambda item: {**item, "name": ""},
)
KINDS = (CONTACTS, APARTMENTS, TIME_PROFILES)


class Batch(NamedTuple):
    """The items of one request; those of `fresh` link_ids are not stored before."""

    items: list[Item]
    fresh: frozenset[str]

    @property
    def body(self) -> bytes:
        return body_of(self.items)


class Pool:
    """What is stored beforehand of a kind, by link_id with the place it has."""

    def __init__(self, kind: Kind, rows: int, rnd: random.Random) -> None:
        self.kind = kind
        self._random = rnd
        self._next = rows
        self.places = {new_link_id(rnd): place for place in range(rows)}
        self.link_ids = list(self.places)

    def item(self, link_id: str) -> Item:
        """Anew: what it says is not what is stored."""
        return self.kind.make(self._random, link_id, self.places[link_id])

    def batch(self, size: int, stored: Sequence[str] | None = None) -> Batch:
        """Half of them new, half of them changed, in random order; of these stored ones, or any."""
        link_ids = self._random.sample(stored or self.link_ids, size // 2)
        fresh = [new_link_id(self._random) for _ in range(size - len(link_ids))]
        for link_id in fresh:
            self.places[link_id] = self._next
            self._next += 1
        items = [self.item(link_id) for link_id in [*link_ids, *fresh]]
        for link_id in fresh:
            del self.places[link_id]
        self._random.shuffle(items)
        return Batch(items, frozenset(fresh))

    def one(self, *, new: bool) -> Item:
        """An item that changes a stored one, or makes another."""
        link_id = new_link_id(self._random) if new else self._random.choice(self.link_ids)
        return self.kind.make(self._random, link_id, self.places.get(link_id, 0))


def body_of(items: Sequence[Item]) -> bytes:
    return _encode({"list_items": items})
