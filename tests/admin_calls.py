"""The usual calls of every page of the admin, as a browser makes them."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from apartments.models import Apartment, ApartmentState
from contacts.models import Contact
from linkmgr.accounts.models import Site, Token, User
from linkmgr.history.models import ChangeSet
from linkmgr.notifications.models import Notification, State
from tests.api_calls import Call
from tests.files import csv_of
from tests.imports import SimpleUploadedFile
from tests.operators import fields, page
from tests.world import LAYOUTS, World, renamed
from timeprofiles.models import TimeProfile

KINDS: tuple[type[Model], ...] = (Apartment, TimeProfile, Contact)
OF_ROOT: tuple[type[Model], ...] = (Site, User, ApartmentState)
"""What superusers manage; the rest is asked for by an administrator of the site."""
NAMES = {Apartment: "apartment_name", TimeProfile: "name", Contact: "name"}
Posted = Callable[[World], dict[str, Any]]


def _client(model: type[Model], world: World) -> Client:
    return world.root if model in OF_ROOT else world.operator


def _row(model: type[Model], world: World) -> Any:
    match model.__name__:
        case "ChangeSet":
            return ChangeSet.objects.get(pk=world.change_set)
        case "Token":
            return world.home.membership.tokens.order_by("created")[0]
        case "User":
            return world.home.membership.user
        case "Site":
            return world.home.site
    return world.row(model)


def _route(model: type[Model], end: str) -> str:
    return f"admin/{model._meta.app_label}/{model._meta.model_name}{end}"


def _asked(model: type[Model], end: str, name: str, *, note: str = "", status: int = 200, **query: Any) -> Call:
    """GET of a page of that name; of a row, if there are converters in its address."""

    def send(world: World) -> HttpResponse:
        args = [_row(model, world).pk] if "<" in end else []
        return _client(model, world).get(page(model, name, *args), query)

    return Call("GET", _route(model, end), send, note, status)


def _posted(model: type[Model], end: str, name: str, data: Posted, *, note: str = "", status: int = 302) -> Call:
    def send(world: World) -> HttpResponse:
        args = [_row(model, world).pk] if "<" in end else []
        return _client(model, world).post(page(model, name, *args), data(world))

    return Call("POST", _route(model, end), send, note, status)


def _saved(model: type[Model], note: str, **changed: Any) -> Call:
    """A form opened and posted: both count."""

    def send(world: World) -> HttpResponse:
        address, client = page(model, "change", _row(model, world).pk), _client(model, world)
        return client.post(address, {**fields(client.get(address)), **changed})

    return Call("POST", _route(model, "/<path:object_id>/change"), send, note, 302)


def _pages(model: type[Model], *, add: int = 200, delete: int = 200) -> Iterator[Call]:
    """What every model has; those that nobody may add or delete say 403."""
    yield _asked(model, "", "changelist")
    yield _asked(model, "", "changelist", note="searched", q="a")
    yield _asked(model, "/add", "add", status=add)
    of_row = "/<path:object_id>"
    yield _asked(model, f"{of_row}/change", "change")
    yield _asked(model, f"{of_row}/history", "history")
    yield _asked(model, f"{of_row}/delete", "delete", status=delete)


def _kind(model: type[Model]) -> Iterator[Call]:
    yield from _pages(model)
    yield _saved(model, "unchanged")
    yield _saved(model, "renamed", **{NAMES[model]: "By hand"})
    yield _posted(model, "/add", "add", partial(_new, model))
    yield _posted(model, "/<path:object_id>/delete", "delete", lambda world: {"post": "yes"})
    yield _posted(model, "", "changelist", partial(_chosen, model, "delete_selected"), note="asks", status=200)
    yield _posted(
        model, "", "changelist", partial(_chosen, model, "delete_selected", post="yes"), note="delete_selected"
    )
    yield from (_exported(model, ending) for ending in ("csv", "xlsx", "ndjson"))
    yield _asked(model, "/import", "import")
    yield Call("POST", _route(model, "/import"), partial(_upload, model), status=302)
    yield from (_step(model, method, name) for method, name in STEPS)


STEPS = [("GET", name) for name in ("preview", "columns", "refused")]
STEPS += [("POST", name) for name in ("again", "apply", "discard")]


def _step(model: type[Model], method: str, name: str) -> Call:
    """A step of an import that waits to be applied."""

    def send(world: World) -> HttpResponse:
        address = page(model, f"import_{name}", world.uploads[model].pk)
        return world.operator.generic(method, address)

    end = "" if name == "preview" else f"/{name}"
    return Call(method, _route(model, f"/import/<uuid:pk>{end}"), send, status=200 if method == "GET" else 302)


def _upload(model: type[Model], world: World) -> HttpResponse:
    content = csv_of([*map(renamed, world.stored[LAYOUTS[model]])])
    file = SimpleUploadedFile("estate.csv", content.encode())
    return world.operator.post(page(model, "import"), {"file": file, "site": world.home.site.pk})


def _exported(model: type[Model], ending: str) -> Call:
    def send(world: World) -> HttpResponse:
        return world.operator.get(page(model, "export", ending))

    return Call("GET", _route(model, "/export/<str:ending>"), send, ending)


def _new(model: type[Model], world: World) -> dict[str, Any]:
    """Of the form of the first row, with another link_id and another address."""
    stored = fields(world.operator.get(page(model, "change", world.row(model).pk)))
    own = {name: value for name, value in stored.items() if not name.startswith("recipients")}
    other = {"site": world.home.site.pk, "link_id": "11111111-2222-4333-8444-555555555555"}
    return own | other | ({"building": 9_999} if "building" in own else {})


def _chosen(model: type[Model], action: str, world: World, **more: Any) -> dict[str, Any]:
    """An action on everything that there is."""
    rows: Any = model._default_manager.filter(site=world.home.site)
    across = {"select_across": "1", "_selected_action": rows.order_by("pk")[0].pk}
    return {"action": action, **across, "count": rows.count(), **more}


def _failed(world: World) -> dict[str, Any]:
    rows = Notification.objects.filter(site=world.home.site, state=State.FAILED)
    return {"action": "retry", "_selected_action": [row.pk for row in rows]}


def _retry(world: World) -> HttpResponse:
    row = world.row(Notification, state=State.FAILED)
    return world.operator.post(page(Notification, "retry", row.pk))


def _revoked(world: World) -> dict[str, Any]:
    return {"action": "revoke", "_selected_action": [_row(Token, world).pk]}


def _token(world: World) -> dict[str, Any]:
    return {"membership": world.home.membership.pk, "role": "administrator", "label": "Gate"}


def _plain(names: Iterable[str], status: int = 200) -> Iterator[Call]:
    for name in names:
        address = reverse(f"admin:{name}")
        yield Call("GET", address.strip("/"), lambda world, to=address: world.operator.get(to), status=status)


CHANGE_STATE = partial(_chosen, Apartment, "change_state")
CALLS = [
    *(each for model in KINDS for each in _kind(model)),
    _posted(Apartment, "", "changelist", CHANGE_STATE, note="change_state asks", status=200),
    _posted(Apartment, "", "changelist", partial(CHANGE_STATE, post="yes", state=2), note="change_state"),
    *_pages(ChangeSet, add=403, delete=403),
    *_pages(Notification, add=403, delete=403),
    *_pages(Token, delete=403),
    *_pages(Site, delete=403),
    *_pages(User, delete=403),
    *_pages(ApartmentState, delete=403),
    *(_saved(model, "unchanged") for model in OF_ROOT),
    _posted(Token, "/add", "add", _token, status=200),
    _posted(Token, "", "changelist", _revoked, note="revoke"),
    _posted(Notification, "", "changelist", _failed, note="retry"),
    Call("POST", _route(Notification, "/<path:object_id>/retry"), _retry, status=302),
    *_plain(("index", "password_change", "password_change_done", "jsi18n")),
    *_plain(("login",), 302),
    *_plain(("autocomplete",), 403),
    Call("POST", "admin/logout", lambda world: world.operator.post(reverse("admin:logout"))),
    Call("GET", "admin/<app_label>", lambda world: world.operator.get("/admin/apartments/")),
    Call(
        "GET",
        "admin/accounts/user/<id>/password",
        lambda world: world.root.get(reverse("admin:auth_user_password_change", args=[_row(User, world).pk])),
    ),
]
