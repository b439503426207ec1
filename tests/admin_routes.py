"""Every page of the admin as the resolver has it, with what a site has in place of its parameters."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.db.models.functions import Now
from django.test import Client
from django.urls import get_resolver

from apartments.models import Apartment, ApartmentState
from contacts.models import Contact
from linkmgr.accounts.models import Site, Token, User
from linkmgr.files.models import Upload
from linkmgr.history.models import ChangeSet
from linkmgr.notifications.models import Notification, State
from tests.files import csv_of
from tests.imports import upload
from tests.make import APARTMENTS, CONTACTS_V0, MAKERS, TIME_PROFILES, Estate
from tests.operators import fields, operator
from tests.receivers import notification
from tests.routes import named, under
from tests.states import SUSPENDED
from timeprofiles.models import TimeProfile

LINKED: dict[type[Model], str] = {Apartment: APARTMENTS, TimeProfile: TIME_PROFILES, Contact: CONTACTS_V0}
ACTIONS: dict[type[Model], set[str]] = {
    **{model: {"delete_selected"} for model in LINKED},
    Apartment: {"change_state", "delete_selected"},
    Token: {"delete_selected", "revoke"},
    Notification: {"delete_selected", "retry"},
}

NOON = "2026-05-04T12:00:00"
PASSWORDS = dict.fromkeys(("password1", "password2"), "a long enough password")
NEW: dict[type[Model], dict[str, Any]] = {
    Apartment: {"apartment_name": "", "building": 9, "unit": 9, "floor": 9, "room": 9},
    ApartmentState: {"id": 99, "code": "new", "name": "", "order": 9},
    Contact: {"name": "", "type": "regular", "number": "0009-01-01-01"},
    Site: {"name": "", "slug": "new"},
    TimeProfile: {
        "name": "",
        "repeat_options": '{"repeat_enable": false}',
        **dict.fromkeys(("date_from", "date_to"), NOON),
    },
    Token: {"label": "", "role": "viewer"},
    User: {"username": "", "usable_password": "true", **PASSWORDS},
}
"""What the form of a new one has to be given."""


class Page(NamedTuple):
    """`name` without that of its model; `model` is None of pages that belong to none."""

    model: type[Model] | None
    name: str
    address: str

    @property
    def told(self) -> str:
        return f"{self.model.__name__} {self.name}" if self.model else self.name


class Place(NamedTuple):
    """A site, an operator of it and one of all sites, a row of everything that the admin shows, and an upload of each
    kind of that operator which waits to be applied. All of it is called by one name."""

    home: Estate
    operator: Client
    superuser: Client
    rows: dict[type[Model], Any]
    uploads: dict[type[Model], Any]
    name: str


def place(home: Estate, name: str) -> Place:
    client = operator(home.site)
    Site.objects.filter(pk=home.site.pk).update(name=name)
    for path in LINKED.values():
        assert home.post(path, MAKERS[path](**named(path, name))).status_code == 200
    uploads = {model: _uploaded(client, home, model, name) for model in LINKED}
    told = notification(home.site, "https://receiver.example/hook", subject=name)
    Notification.objects.filter(pk=told.pk).update(state=State.FAILED, next_at=None, ended_at=Now())
    rows = {
        **{model: model._base_manager.get(site=home.site) for model in LINKED},
        ApartmentState: ApartmentState.objects.first(),
        ChangeSet: ChangeSet.objects.filter(site=home.site).first(),
        Notification: told,
        Site: home.site,
        Token: Token.objects.get(membership=home.membership),
        User: home.membership.user,
    }
    return Place(home, client, operator(superuser=True), rows, uploads, name)


def _uploaded(client: Client, home: Estate, model: type[Model], name: str) -> Upload:
    path = LINKED[model]
    upload(client, home.site, csv_of([MAKERS[path](**named(path, name))]), model=model)
    return Upload.objects.latest("created_at")


def pages(place: Place) -> Iterator[Page]:
    (site,) = (each for each in get_resolver().url_patterns if str(each.pattern) == "admin/")
    models = {f"/admin/{each._meta.app_label}/{each._meta.model_name}/": each for each in admin.site._registry}
    for pattern, name in under(site, "/admin/"):
        model = next((model for prefix, model in models.items() if pattern.startswith(prefix)), None)
        short = (name or "").removeprefix(f"{model._meta.app_label}_{model._meta.model_name}_" if model else "")
        yield Page(model, short if name else "redirect" if model else "anything", _filled(pattern, model, place))


def _filled(pattern: str, model: Any, place: Place) -> str:
    """What is given by a regular expression is the list of an app, or anything at all."""
    values = {"app_label": "accounts/", "url": "nothing/", "content_type_id": 1, "object_id": 1, "ending": "csv"}
    if model:
        values |= {"object_id": place.rows[model].pk, "id": place.rows[model].pk}
        values |= {"pk": place.uploads[model].pk} if model in place.uploads else {}
    plain = re.sub(r"\^?\(\?P(<\w+>)[^)]*\)(?:/?\$)?", r"\1", pattern)
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), plain)


def posts(page: Page, place: Place) -> Iterator[tuple[str, dict[str, Any]]]:
    """(what it does, the form that does it)"""
    match page.name:
        case "changelist" if page.model:
            chosen = {"_selected_action": [place.rows[page.model].pk], "post": "yes", "count": "1", "state": SUSPENDED}
            for action in sorted(ACTIONS.get(page.model, {"delete_selected"})):
                yield f"{page.told} {action}", {**chosen, "action": action}
        case "import" if page.model:
            item = MAKERS[LINKED[page.model]]()
            file = SimpleUploadedFile("more.csv", csv_of([item]).encode())
            yield page.told, {"file": file, "site": place.home.site.pk}
        case "delete":
            yield page.told, {"post": "yes"}
        case "logout":
            return  # or who asks is nobody from then on
        case "auth_user_password_change":
            yield page.told, {"usable_password": "true", "set-password": "", **PASSWORDS}
        case "add" | "change" if page.model:
            yield page.told, _filled_in(page, page.model, place)
        case _:
            yield page.told, {}


def _filled_in(page: Page, model: type[Model], place: Place) -> dict[str, Any]:
    """The form as a superuser gets it, with another name."""
    shown = place.superuser.get(page.address)
    known = fields(shown) if shown.status_code == 200 and "adminform" in shown.context else {}
    names = {"apartment_name", "name", "label", "username"} & {*known, *NEW.get(model, {})}
    ours = {"site": place.home.site.pk, "membership": place.home.membership.pk}
    new = {**ours, **NEW.get(model, {})} if page.name == "add" else {}
    return {**known, **new, **dict.fromkeys(names, "changed")}
