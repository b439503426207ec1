"""change_state for tests: calls it, and reads what came of it."""

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse

from apartments.models import Apartment
from tests.make import APARTMENTS, Estate, apartment

ADDRESS = "/api/v1/apartments/bulk/change_state"
SUSPENDED = 4
XML, JSON, FORM = "application/xml", "application/json", "application/x-www-form-urlencoded"


def stored(home: Estate, count: int = 2) -> list[str]:
    items = [apartment() for _ in range(count)]
    assert set(home.outcomes(APARTMENTS, *items)) == {"created"}
    return [item["link_id"] for item in items]


def send(home: Estate, body: Any, kind: str = JSON, query: str = "", **headers: str) -> HttpResponse:
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return home.client.generic("POST", ADDRESS + query, data, content_type=kind, headers=headers)


def change(home: Estate, ids: Any, query: str = "", **members: Any) -> dict[str, Any]:
    response = send(home, {"ids": ids, "state_id": SUSPENDED, **members}, query=query)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


def told(answer: dict[str, Any]) -> list[tuple[int, int, str]]:
    return [(message["type"], message["code"], message["field"]) for message in answer["messages"]]


def states(home: Estate, link_ids: Sequence[str] = ()) -> set[int]:
    """Those that the apartments of a site are in, or some of them."""
    rows = Apartment.objects.filter(site=home.site)
    return set((rows.filter(link_id__in=link_ids) if link_ids else rows).values_list("state_id", flat=True))
