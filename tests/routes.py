"""Every address of the server as the resolver has them, and what may be asked at those of the API."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connection
from django.urls import get_resolver

from linkmgr.accounts.models import Site
from tests.make import MAKERS as DEVICE_MAKERS
from tests.make import link_id
from tests.rest import APARTMENTS, CONTACTS, MAKERS, TIME_PROFILES

ROW = link_id()
"""The link_id of everything that is stored."""
KINDS = {"apartments": APARTMENTS, "time-profiles": TIME_PROFILES, "contacts": CONTACTS}


class Call(NamedTuple):
    """What an address answers to a method: to an administrator of the site, to one of another site who names the same
    things, and to a viewer. If it `changes` something, an administrator's call leaves other rows than it found."""

    method: str
    own: int
    foreign: int
    viewer: int
    body: Any = None

    @property
    def changes(self) -> bool:
        return self.method != "GET"


def reads(*, foreign: int = 200) -> Call:
    return Call("GET", 200, foreign, 200)


def writes(method: str, body: Any, own: int = 200, foreign: int = 200) -> Call:
    return Call(method, own, foreign, 403, body)


def named(path: str, name: str) -> dict[str, str]:
    return {"apartment_name" if "apartment" in path else "name": name}


def linked(path: str) -> dict[str, list[Call]]:
    """`…/items/link` of one kind."""
    item = DEVICE_MAKERS[path](link_id=ROW, **named(path, "Theirs"))
    return {path[1:]: [reads(), writes("POST", {"list_items": [item]}), writes("DELETE", {"link_ids": [ROW]})]}


def collection(kind: str) -> dict[str, list[Call]]:
    """The addresses of one kind in the resource API."""
    make, path = MAKERS[KINDS[kind]], f"api/v1/{kind}"
    item, part = make(link_id=ROW, **named(kind, "Theirs")), named(kind, "Theirs")
    changed = [writes("PUT", item, foreign=201), writes("PATCH", part, foreign=404)]
    return {
        path: [reads(), writes("POST", make(), 201, 201)],
        f"{path}/<guid:key>": [reads(foreign=404), *changed, writes("DELETE", None, 204, 404)],
        f"{path}/bulk": [writes("POST", {"items": [item]})],
    }


WITHOUT_TOKEN = {"", "api/info", "api/schema", "api/docs", "api/v0/login", "api/v1/login"}
WITH_TOKEN: dict[str, list[Call]] = {
    **{address: calls for path in DEVICE_MAKERS for address, calls in linked(path).items()},
    **{address: calls for kind in KINDS for address, calls in collection(kind).items()},
    "api/v1/access/timeprofile/link/delete": [writes("POST", {"link_ids": [ROW]})],
    "api/v1/apartments/bulk/change_state": [writes("POST", {"ids": [ROW], "state_id": 2})],
    "api/v1/apartments/<guid:link_id>/state-history": [reads(foreign=404)],
    "api/v1/code-list/apartment_state": [reads()],
    "api/v1/states": [reads()],
    "api/v1/states/<int:key>": [reads()],
    "api/v1/time-profiles/<guid:key>/occurrences": [reads(foreign=404)],
    "api/v1/time-profiles/<guid:key>/open": [reads(foreign=404)],
    "api/v1/time-profiles/<guid:key>.ics": [reads(foreign=404)],
    "api/v1/change-sets": [reads()],
    "api/v1/change-sets/<guid:key>": [reads(foreign=404)],
    "api/v1/capabilities": [reads()],
    "api/v1/changes": [reads()],
    "api/v0/logout": [reads()],
    "api/v1/logout": [reads()],
}


def addresses() -> set[str]:
    """As urls.py writes them; with and without a slash at the end they are the same."""
    return {pattern.rstrip("/") for pattern, _ in under(get_resolver(), "")}


def under(resolver: Any, prefix: str) -> Iterator[tuple[str, str | None]]:
    """(pattern, name) of every address."""
    for each in resolver.url_patterns:
        if hasattr(each, "url_patterns"):
            yield from under(each, f"{prefix}{each.pattern}")
        else:
            yield f"{prefix}{each.pattern}", each.name


def rows_of(site: Site | None = None) -> list[str]:
    """Every row of every table as text; with a site, every row that says it belongs to it, the log's included."""
    columns = "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = current_schema()"
    with connection.cursor() as cursor:
        cursor.execute(f"{columns} AND (%s OR column_name = 'site_id') ORDER BY 1", [site is None])
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            rows, these = f'SELECT stored::text FROM "{table}" AS stored', [site.pk] if site else []
            cursor.execute(f"{rows} WHERE site_id = %s ORDER BY 1" if site else f"{rows} ORDER BY 1", these)
            found += [f"{table} {row}" for (row,) in cursor.fetchall()]
    return found
