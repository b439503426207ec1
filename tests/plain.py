"""The server as plain dicts: what contract §2–§5 says, written the slow and obvious way, to be compared with."""

from collections import Counter
from copy import deepcopy
from typing import Any

Item = dict[str, Any]
Stored = dict[str, Item]
"""link_id → the item as the list shows it."""

V0_DEFAULTS = {"is_favorite": False, "is_default": False, "auto_answer": False, "in_black_list": False}
CONTACT_DEFAULTS = V0_DEFAULTS | {"ringtone": "ring1.wav", "is_p2p": False}
APARTMENT_DEFAULTS = {"residents": {"count": 0}, "photo_path": "", "route_path": ""}


def address(item: Item) -> tuple[int, ...]:
    return tuple(item["apartment_address"].values())


def laid_over(below: Item, above: Item) -> Item:
    """What `above` gives, and of what it does not give, what `below` has."""
    residents = {"residents": below.get("residents", {}) | above["residents"]} if "residents" in above else {}
    return below | above | residents


def coupled(item: Item) -> Item:
    """One flag given as true sets the other to false when that is not given itself."""
    for flag, other in (("auto_answer", "in_black_list"), ("in_black_list", "auto_answer")):
        if item.get(flag) is True and other not in item:
            return item | {other: False}
    return item


def merge_by_link_id(stored: Stored, items: list[Item], defaults: Item) -> list[str]:
    outcomes = []
    for item in items:
        outcomes.append("updated" if item["link_id"] in stored else "created")
        stored[item["link_id"]] = laid_over(stored.get(item["link_id"], deepcopy(defaults)), coupled(item))
    return outcomes


def merge_apartments(stored: Stored, items: list[Item]) -> list[str]:
    stands: Stored = {}
    for item in items:
        stands[item["link_id"]] = laid_over(stands.get(item["link_id"], {}), item)
    holder = {address(item): link_id for link_id, item in stored.items()}
    row = {link_id: own_row(link_id, item, stored, holder, stands) for link_id, item in stands.items()}
    refused = refusals(stands, holder, row)
    new = {link_id for link_id in stands if row[link_id] is None}
    before = {link_id: stored.pop(old) for link_id, old in row.items() if old is not None and link_id not in refused}
    for link_id in stands.keys() - refused:
        stored[link_id] = laid_over(before.get(link_id, deepcopy(APARTMENT_DEFAULTS)), stands[link_id])
    told: Counter[str] = Counter()
    outcomes = []
    for item in items:
        told[item["link_id"]] += 1
        first = item["link_id"] in new and told[item["link_id"]] == 1
        outcomes.append("has_dublicates" if item["link_id"] in refused else "created" if first else "updated")
    return outcomes


def own_row(link_id: str, item: Item, stored: Stored, holder: dict[tuple[int, ...], str], stands: Stored) -> str | None:
    """The stored row that is the item's: by link_id, else by address, unless the request names that row itself."""
    if link_id in stored:
        return link_id
    found = holder.get(address(item))
    return found if found not in stands else None


def refusals(stands: Stored, holder: dict[tuple[int, ...], str], row: dict[str, str | None]) -> set[str]:
    wanted = Counter(address(item) for item in stands.values())
    refused = {link_id for link_id, item in stands.items() if wanted[address(item)] > 1}
    while True:
        stuck = {
            link_id
            for link_id in stands.keys() - refused
            if (held := holder.get(address(stands[link_id]))) not in (None, row[link_id])
            and (held not in stands or held in refused)
        }
        if not stuck:
            return refused
        refused |= stuck


def delete(stored: Stored, link_ids: list[str]) -> list[str]:
    return ["deleted" if stored.pop(link_id, None) else "entity_not_found" for link_id in link_ids]
