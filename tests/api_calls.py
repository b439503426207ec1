"""The usual call of every address of the API, with each of its methods, and of its dear options."""

import re
from collections.abc import Callable
from functools import partial
from hashlib import md5
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.test import Client

from tests import rest
from tests.make import APARTMENTS, CONTACTS_V0, CONTACTS_V1, TIME_PROFILES, TIME_PROFILES_DELETE
from tests.rest import COLLECTIONS, NDJSON
from tests.states import ADDRESS as CHANGE_STATE
from tests.states import XML
from tests.world import DEVICE_PASSWORD, World, flat_of, renamed

Body = Callable[[World], Any]
DEVICE = {
    APARTMENTS: APARTMENTS,
    TIME_PROFILES: TIME_PROFILES,
    CONTACTS_V0: CONTACTS_V0,
    CONTACTS_V1: CONTACTS_V0,
}
"""Device-style address → where the items are that it is asked about."""
CONVERTER = re.compile(r"<(?:\w+:)?\w+>")


class Call(NamedTuple):
    """`route` is as in the URLconf, without a slash at its end; `note` tells calls of one route apart."""

    method: str
    route: str
    send: Callable[[World], HttpResponse]
    note: str = ""
    status: int = 200

    @property
    def name(self) -> str:
        return f"{self.method} {self.route}" + (f" ({self.note})" if self.note else "")


def call(
    method: str, path: str, body: Body | None = None, *, note: str = "", status: int = 200, **headers: str
) -> Call:
    """By the administrator's token. `path` may have a query string, which is a note, and converters for one that is
    stored: the first apartment, the last change set and so on."""
    bare, _, query = path.partition("?")
    route = bare.strip("/")
    told = note or query
    return Call(method, route, partial(_send, method, path, body, headers), told, status)


def _send(method: str, path: str, body: Body | None, headers: dict[str, str], world: World) -> HttpResponse:
    address = CONVERTER.sub(lambda _: str(_one(path, world)), path)
    told = body(world) if body else None
    return rest.call(world.home, method, address, told, **headers)


def _one(path: str, world: World) -> object:
    collection = path.partition("<")[0]
    if collection == "/api/v1/change-sets/":
        return world.change_set
    return 2 if collection == "/api/v1/states/" else world.link_id(collection)


def items_of(path: str) -> Body:
    return lambda world: {"list_items": world.mixed(path)}


def same_items_of(path: str) -> Body:
    return lambda world: {"list_items": world.stored[path]}


def one_item_of(path: str) -> Body:
    return lambda world: {"list_items": [renamed(world.stored[path][0])]}


def link_ids_of(path: str) -> Body:
    return lambda world: {"link_ids": world.ids(path)}


def members_of(collection: str) -> Body:
    return lambda world: {"items": world.flat(collection)}


def lines_of(collection: str) -> Body:
    return lambda world: b"\n".join(rest.json.dumps(item).encode() for item in world.flat(collection))


def one_of(collection: str, *, new: bool = False) -> Body:
    """A member that is stored, with another name; or one that is not."""
    return lambda world: world.flat(collection)[-1] if new else flat_of(renamed(_first(collection, world)))


def _first(collection: str, world: World) -> dict[str, Any]:
    return next(
        item for items in world.stored.values() for item in items if item["link_id"] == world.link_id(collection)
    )


def states_of(**more: Any) -> Body:
    return lambda world: {"ids": world.ids(APARTMENTS), "state_id": 2, "send_notifications": True, **more}


def swapped(world: World) -> Any:
    """Apartments that take each other's addresses, which no plain upsert can do."""
    first, second, *others = world.stored[APARTMENTS]
    addresses = [{"apartment_address": each["apartment_address"]} for each in (second, first)]
    return {"list_items": [first | addresses[0], second | addresses[1], *others]}


def _login(path: str, world: World) -> HttpResponse:
    digest = md5(DEVICE_PASSWORD.encode()).hexdigest()
    return Client().get(path, {"username": world.home.membership.user.username, "password": digest})


def _unknown(world: World) -> HttpResponse:
    return Client(headers={"authorization": "Bearer unknown"}).get(APARTMENTS)


def _device_calls(path: str, items: str) -> list[Call]:
    return [
        call("GET", f"{path}?limit=50"),
        call("GET", f"{path}?limit=10&page_number=1&sort_type=desc"),
        call("POST", path, items_of(items)),
        call("POST", path, one_item_of(items), note="one item"),
        call("POST", path, same_items_of(items), note="unchanged"),
        call("POST", f"{path}?dry_run=true", items_of(items)),
        call("DELETE", path, link_ids_of(items)),
    ]


def _collection_calls(path: str) -> list[Call]:
    new = one_of(path, new=True)
    modes = ("merge", "create_only", "update_only")
    return [
        call("GET", path),
        call("GET", f"{path}?count=true&search=a"),
        call("POST", path, new, status=201),
        *(call("POST", f"{path}bulk?mode={mode}", members_of(path)) for mode in modes),
        call("POST", f"{path}bulk?all_or_nothing=true", members_of(path)),
        call("POST", f"{path}bulk", members_of(path), note="under a key", idempotency_key="once"),
        call("POST", f"{path}bulk", lines_of(path), note="lines", content_type=NDJSON),
        call("GET", f"{path}<guid:key>"),
        call("PUT", f"{path}<guid:key>", one_of(path)),
        call("PATCH", f"{path}<guid:key>", lambda world: {}, note="unchanged"),
        call("PATCH", f"{path}<guid:key>", one_of(path)),
        call("DELETE", f"{path}<guid:key>", status=204),
    ]


CALLS = [
    *(each for path, items in DEVICE.items() for each in _device_calls(path, items)),
    *(each for path in COLLECTIONS for each in _collection_calls(path)),
    call("POST", APARTMENTS, swapped, note="swapped"),
    call("POST", TIME_PROFILES_DELETE, link_ids_of(TIME_PROFILES)),
    call("POST", CHANGE_STATE, states_of()),
    call("POST", CHANGE_STATE, states_of(state_id=4), note="unchanged"),
    call("GET", "/api/v1/apartments/<guid:link_id>/state-history"),
    call("GET", "/api/v1/code-list/apartment_state"),
    *(call("GET", f"/api/v1/time-profiles/<guid:key>{end}") for end in ("/occurrences", "/open", ".ics")),
    *(call("GET", f"/api/v1/{name}/") for name in ("states", "change-sets")),
    *(call("GET", f"/api/v1/{name}") for name in ("states/<int:key>", "change-sets/<guid:key>", "capabilities")),
    call("GET", "/api/v1/change-sets/<guid:key>", note="XML", accept=XML),
    call("GET", "/api/v1/changes?limit=1000"),
    call("GET", "/api/v1/changes?after=latest"),
    *(call("GET", f"/api/{name}") for name in ("info", "v0/logout", "v1/logout", "schema", "docs")),
    *(Call("GET", f"api/{v}/login", partial(_login, f"/api/{v}/login")) for v in ("v0", "v1")),
    Call("GET", APARTMENTS.strip("/"), _unknown, "an unknown token", 401),
    Call("GET", "", lambda world: Client().get("/"), status=302),
]
