"""Streams of any length through `POST …/bulk` are neither held in memory nor is what is answered to them."""

import gc
import json
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from uuid import UUID

import pytest

from apartments.models import Apartment
from linkmgr.api.rest import answers, incoming
from linkmgr.bulk import large
from tests.make import Estate, Item
from tests.rest import APARTMENTS, CONTACTS, NDJSON

pytestmark = pytest.mark.any_postgres

SHORT, LONG = 1_000, 4_000
BYTES_A_LINE = 40
"""More than a fixed part of a line's own 120 would mean that something of each line is kept."""
Line = Callable[[int], Item]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few lines are many pieces."""
    monkeypatch.setattr(incoming, "ITEMS_A_PIECE", 200)
    monkeypatch.setattr(incoming, "BYTES_IN_MEMORY", 10_000)
    monkeypatch.setattr(large, "ROWS_A_FETCH", 200)
    monkeypatch.setattr(answers, "ANSWERS_A_PIECE", 200)


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
    sent = {"wsgi.input": BytesIO(body), "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_TYPE": NDJSON}
    gc.freeze()  # or garbage is collected the later, the more other tests have left
    tracemalloc.start()
    try:
        answer = home.client.generic("POST", f"{path}bulk{query}", **sent)  # type: ignore[arg-type]
        assert answer.status_code == 200
        lines = sum(part.count(b"\n") for part in answer.streaming_content)  # type: ignore[attr-defined]
        assert lines == count + 1
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()


@pytest.mark.parametrize(
    ("make", "query"),
    [(contact_of, "?dry_run=true"), (contact_of, "?mode=update_only"), (repeated, ""), (faulty, "")],
    ids=["created", "unknown", "repeated", "faulty"],
)
def test_four_times_the_lines_take_no_more_memory(home: Estate, make: Line, query: str) -> None:
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
