"""The resource API for tests: members as they are written, and calls."""

import json
from typing import Any

from django.http import HttpResponse

from tests.make import Estate, Item, apartment, contact, time_profile

APARTMENTS, TIME_PROFILES, CONTACTS = "/api/v1/apartments/", "/api/v1/time-profiles/", "/api/v1/contacts/"
COLLECTIONS = (APARTMENTS, TIME_PROFILES, CONTACTS)
NDJSON = "application/x-ndjson"


def flat_apartment(address: str = "", /, **members: Any) -> Item:
    item = apartment(address)
    return {
        "link_id": item["link_id"],
        **item["apartment_address"],
        "apartment_name": "Flat",
        "residents_count": 2,
    } | members


def flat_time_profile(rule: Item | None = None, /, **members: Any) -> Item:
    item = time_profile(rule)
    times = item.pop("time_options")
    return {**item, **times} | members


MAKERS = {APARTMENTS: flat_apartment, TIME_PROFILES: flat_time_profile, CONTACTS: contact}


def member(collection: str, link_id: str) -> str:
    return f"{collection}{link_id}"


def call(home: Estate, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
    """`body` is sent as JSON, or as it is if it is bytes."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    content_type = headers.pop("content_type", "application/json")
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    extra = {"CONTENT_TYPE": content_type}  # or it is not sent with an empty body
    return home.client.generic(method, path, data, headers=names, **extra)


def put(home: Estate, collection: str, item: Item, **headers: str) -> HttpResponse:
    return call(home, "PUT", member(collection, item["link_id"]), item, **headers)


def stored(home: Estate, collection: str, *items: Item) -> list[Item]:
    """What is told of them once they are stored."""
    return [put(home, collection, item).json() for item in items]


def bulk(home: Estate, collection: str, *items: Item, query: str = "", **headers: str) -> HttpResponse:
    return call(home, "POST", f"{collection}bulk{query}", {"items": list(items)}, **headers)


def errors(response: HttpResponse, status: int) -> list[tuple[str, str]]:
    """(path, code) of every fault of a problem document."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    return [(error["path"], error["code"]) for error in problem.get("errors", [])]
