"""The calls that have to be quick among a hundred thousand rows, and what each reads as a whole all the same."""

from collections.abc import Callable, Iterator
from functools import partial
from hashlib import md5
from typing import Any, NamedTuple

from django.db.models import Model
from django.http import HttpResponse
from django.test import Client

from apartments.models import Apartment
from contacts.models import Contact
from linkmgr.accounts.sign_in import set_device_password
from linkmgr.history.models import ChangeSet
from linkmgr.notifications.deliver import deliver_due
from linkmgr.notifications.models import Notification
from tests import rest
from tests.files import csv_of
from tests.imports import upload
from tests.make import APARTMENTS, CONTACTS_V0, MAKERS, TIME_PROFILES, Estate, Item, apartment, restricted
from tests.many import ROWS, change_set, link_id
from tests.operators import operator, page, save
from tests.states import ADDRESS as CHANGE_STATE
from tests.test_rest_plans import deep as deep_page
from tests.world import DEVICE_PASSWORD, FLAT, flat_of
from timeprofiles.models import TimeProfile

COUNTED = "its rows are counted, for the number of pages"
SORTED = "it is counted and sorted once after a change"
SEARCHED = "a part of a word is looked for in every row"
BUILDINGS = "the filter shows which buildings there are"
SMALL = "a site is taken for a small one as long as nobody has analysed the table"
MANY, MIDDLE = 100, ROWS // 2
KINDS: dict[str, type[Model]] = {APARTMENTS: Apartment, TIME_PROFILES: TimeProfile, CONTACTS_V0: Contact}
NAMES = {Apartment: "apartment_name", TimeProfile: "name", Contact: "name"}
TABLE = "apartments_apartment"
Why = dict[str, str]


class Scene(NamedTuple):
    """A site filled by `many`, an administrator in the admin, and a token that is restricted to some buildings."""

    home: Estate
    operator: Client
    restricted: Estate


class Hot(NamedTuple):
    """`reads` are tables of which the call reads all rows, and why that is right; `unknown` those of which it does so
    as long as they have not been analysed, and why. With `again` it is judged when it is made once more."""

    name: str
    send: Callable[[Scene], Any]
    reads: Why
    unknown: Why
    again: bool = False


def scene(home: Estate) -> Scene:
    set_device_password(home.membership, DEVICE_PASSWORD)
    return Scene(home, operator(home.site), restricted(home, 5, 6))


def hot(name: str, send: Callable[[Scene], Any], reads: Why | None = None, unknown: Why | None = None) -> Hot:
    return Hot(name, send, reads or {}, unknown or {})


def listed(name: str, send: Callable[[Scene], Any], table: str, more: Why | None = None) -> Iterator[Hot]:
    """A page by its number: after a change, and then another time."""
    yield Hot(name, send, {table: SORTED} | (more or {}), {})
    yield Hot(f"{name} again", send, more or {}, {table: SMALL}, again=True)


# ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def stored(path: str, number: int) -> Item:
    """The item that is stored in this row, with another name."""
    own = {"link_id": link_id(number), ("apartment_name" if path == APARTMENTS else "name"): "New"}
    if path != APARTMENTS:
        return MAKERS[path](**own)
    parts = (1 + number // 10_000, number // 100 % 100, number // 10 % 10, number % 10)
    return apartment("-".join(map(str, parts)), **own)


def known(path: str) -> list[Item]:
    return [stored(path, number) for number in range(MIDDLE, MIDDLE + MANY)]


def mixed(path: str) -> list[Item]:
    """One half of them new, where nothing is stored."""
    free = ((f"5000-{at}-1-1",) if path == APARTMENTS else () for at in range(MANY // 2))
    return [*known(path)[: MANY // 2], *(MAKERS[path](*where) for where in free)]


def moved_on() -> list[Item]:
    """Each to the address of the next: the last one's is taken."""
    return [
        item | {"apartment_address": stored(APARTMENTS, MIDDLE + at)["apartment_address"]}
        for at, item in enumerate(known(APARTMENTS), 1)
    ]


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_kind(path: str, model: type[Model]) -> Iterator[Hot]:
    table = model._meta.db_table
    small = {table: SMALL} if model is Apartment else {}
    collection = next(each for each, device in FLAT.items() if device == path)
    ids = [link_id(number) for number in range(MIDDLE, MIDDLE + MANY)]
    yield hot(f"POST {path}", lambda it: it.home.post(path, *mixed(path)))
    yield hot(f"DELETE {path}", lambda it: it.home.delete(path, ids), unknown={table: SMALL})
    yield from listed(f"GET {path}", lambda it: it.home.client.get(path), table)
    deep = {"limit": 50, "page_number": 1_000}
    yield from listed(f"GET {path} deep", lambda it: it.home.client.get(path, deep), table)
    yield hot(f"GET {collection}", lambda it: it.home.client.get(collection), unknown={table: SMALL})
    after = deep_page(collection, "link_id")
    yield hot(f"GET {collection} deep", lambda it: it.home.client.get(after), unknown={table: SMALL})
    yield from (_in_mode(mode, path, collection, small) for mode in ("merge", "create_only", "update_only"))
    one = f"{collection}{link_id(MIDDLE)}"
    yield hot(f"GET {collection}<id>", lambda it: it.home.client.get(one))
    yield hot(f"PUT {collection}<id>", lambda it: rest.put(it.home, collection, flat_of(known(path)[0])), unknown=small)
    yield hot(f"DELETE {collection}<id>", lambda it: rest.call(it.home, "DELETE", one))


def _in_mode(mode: str, path: str, collection: str, unknown: Why) -> Hot:
    def send(it: Scene) -> HttpResponse:
        return rest.bulk(it.home, collection, *map(flat_of, mixed(path)), query=f"?mode={mode}")

    return hot(f"POST {collection}bulk?mode={mode}", send, unknown=unknown)


def _of_page(model: type[Model]) -> Iterator[Hot]:
    name, table = model.__name__, model._meta.db_table
    shown = partial(_listed, model)
    whole = {table: BUILDINGS} if model is Apartment else {}
    members = {"accounts_membership": SMALL}
    yield from listed(f"admin list of {name}", shown, table, whole)
    yield from listed(f"admin list of {name}, last page", partial(shown, p=ROWS // 50), table, whole)
    searched = {table: SEARCHED}
    yield hot(f"admin search of {name} by link_id", partial(shown, q=link_id(MIDDLE)), searched, members)
    yield hot(f"admin form of {name}", lambda it: it.operator.get(_page(it, model, "change")))
    yield hot(
        f"admin save of {name}", lambda it: save(it.operator, _page(it, model, "change"), **{NAMES[model]: "By hand"})
    )
    yield hot(f"admin history of {name}", lambda it: it.operator.get(_page(it, model, "history")))
    yield hot(f"admin delete of {name}", lambda it: it.operator.post(_page(it, model, "delete"), {"post": "yes"}))


def _page(it: Scene, model: Any, name: str) -> str:
    """Of a row that was made early and changed late."""
    return page(model, name, model.objects.get(site=it.home.site, link_id=link_id(1)).pk)


def _listed(model: type[Model], it: Scene, **query: Any) -> HttpResponse:
    return it.operator.get(page(model, "changelist"), query)


def _sign_in(it: Scene) -> HttpResponse:
    digest = md5(DEVICE_PASSWORD.encode()).hexdigest()
    name = it.home.membership.user.username
    return Client().get("/api/v1/login", {"username": name, "password": digest})


def _deliver_one(it: Scene) -> None:
    enough = iter([False, True])
    assert deliver_due(lambda seconds: next(enough)).sent == 1


def _changed_state(it: Scene) -> HttpResponse:
    ids = [link_id(number) for number in range(MIDDLE, MIDDLE + MANY)]
    return it.home.call("POST", CHANGE_STATE, {"ids": ids, "state_id": 2, "send_notifications": True})


def _bulk_under(key: str, it: Scene) -> HttpResponse:
    return rest.bulk(it.home, rest.CONTACTS, flat_of(known(CONTACTS_V0)[0]), idempotency_key=key)


def _get(path: str, **query: Any) -> Callable[[Scene], HttpResponse]:
    return lambda it: it.home.client.get(path, query)


SMALL_RECORDS = {"history_changeset": SMALL, "accounts_user": SMALL}
EARLY, LATE = change_set(5), change_set(ROWS - 1)
CALLS = [
    *(call for path, model in KINDS.items() for call in _of_kind(path, model)),
    *(call for model in KINDS.values() for call in _of_page(model)),
    hot("POST apartments that move on", lambda it: it.home.post(APARTMENTS, *moved_on()), unknown={TABLE: SMALL}),
    hot("POST within buildings", lambda it: it.restricted.post(APARTMENTS, *known(APARTMENTS)), unknown={TABLE: SMALL}),
    hot("POST …/change_state", _changed_state),
    hot("GET …/state-history", _get(f"/api/v1/apartments/{link_id(1)}/state-history")),
    hot("GET /api/v1/changes", _get("/api/v1/changes", limit=5)),
    hot("GET /api/v1/changes, deep", _get("/api/v1/changes", limit=5, after="500-0")),
    hot("GET /api/v1/changes, latest", _get("/api/v1/changes", after="latest")),
    hot("GET /api/v1/change-sets/", _get("/api/v1/change-sets/"), unknown=SMALL_RECORDS),
    hot("GET /api/v1/change-sets/<id>", _get(f"/api/v1/change-sets/{EARLY}")),
    hot("POST …/bulk under a key", partial(_bulk_under, "new")),
    hot("POST …/bulk under a known key", partial(_bulk_under, "key-500")),
    hot("GET /api/v1/login", _sign_in),
    hot("GET by an unknown token", lambda it: Client(headers={"authorization": "Bearer x"}).get(rest.CONTACTS)),
    hot("delivery", _deliver_one),
    hot("admin list of ChangeSet", partial(_listed, ChangeSet), {"history_changeset": COUNTED}, SMALL_RECORDS),
    hot("admin search of ChangeSet", partial(_listed, ChangeSet, q=EARLY), {"history_changeset": SEARCHED}),
    hot("admin page of a ChangeSet", lambda it: it.operator.get(page(ChangeSet, "change", EARLY))),
    hot("admin page of a late ChangeSet", lambda it: it.operator.get(page(ChangeSet, "change", LATE))),
    hot("admin list of Notification", partial(_listed, Notification), {"notifications_notification": COUNTED}),
    hot("admin search of Apartment by address", partial(_listed, Apartment, q="5-1-2-3"), {TABLE: SEARCHED}),
    hot("admin import", lambda it: upload(it.operator, it.home.site, csv_of(known(APARTMENTS)))),
]
