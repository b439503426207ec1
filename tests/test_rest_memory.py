"""Streams of any length through `POST …/bulk` are neither held in memory nor is what is answered to them."""

import json
import tracemalloc
from collections.abc import Callable
from uuid import UUID

import pytest

from apartments.models import Apartment
from tests.make import Estate, Item
from tests.rest import APARTMENTS, CONTACTS, NDJSON, call

SHORT, LONG = 6_000, 18_000
BYTES_A_LINE = 40
"""More than a fixed part of a line's own 120 would mean that something of each line is kept."""
Line = Callable[[int], Item]


def contact_of(number: int) -> Item:
    return {"link_id": str(UUID(int=number)), "name": "Anna", "type": "regular", "number": "0001-01-01-01"}


def repeated(number: int) -> Item:
    return contact_of(number // 2)


def faulty(number: int) -> Item:
    return {"link_id": str(UUID(int=number)), "odd": 1}


def at_a_taken_address(number: int) -> Item:
    address = {"building": 1 + number // 9_000, "unit": number // 90 % 100, "floor": number % 90, "room": 1}
    return {"link_id": str(UUID(int=number)), "apartment_name": "Flat", **address}


def peak(home: Estate, path: str, make: Line, count: int, query: str) -> int:
    """Bytes of Python at the most, over what there was before."""
    body = b"\n".join(json.dumps(make(number)).encode() for number in range(count))
    tracemalloc.start()
    try:
        answer = call(home, "POST", f"{path}bulk{query}", body, content_type=NDJSON)
        assert answer.status_code == 200
        lines = sum(part.count(b"\n") for part in answer.streaming_content)  # type: ignore[attr-defined]
        assert lines == count + 1
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("make", "query"),
    [(contact_of, "?dry_run=true"), (contact_of, "?mode=update_only"), (repeated, ""), (faulty, "")],
    ids=["created", "unknown", "repeated", "faulty"],
)
def test_three_times_the_lines_take_no_more_memory(home: Estate, make: Line, query: str) -> None:
    peak(home, CONTACTS, make, 10, query)
    short, long = (peak(home, CONTACTS, make, count, query) for count in (SHORT, LONG))
    assert (long - short) / (LONG - SHORT) < BYTES_A_LINE


def test_taken_addresses_take_no_more_memory(home: Estate) -> None:
    Apartment.objects.bulk_create(
        Apartment(site=home.site, **at_a_taken_address(number) | {"link_id": UUID(int=10**9 + number)})
        for number in range(LONG)
    )
    short, long = (peak(home, APARTMENTS, at_a_taken_address, count, "") for count in (SHORT, LONG))
    assert (long - short) / (LONG - SHORT) < BYTES_A_LINE
