"""A site in use, of a given size: rows of every kind, and the records that their changes have left."""

from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apartments.models import Apartment, Recipient
from contacts.models import Contact
from linkmgr.accounts.models import Token
from linkmgr.accounts.sign_in import set_device_password
from linkmgr.accounts.tokens import make_token
from linkmgr.files.models import Upload
from linkmgr.notifications.models import Notification, State
from tests import rest
from tests.files import csv_of
from tests.imports import upload
from tests.make import APARTMENTS, CONTACTS_V0, TIME_PROFILES, Estate, Item, apartment, contact, estate, time_profile
from tests.operators import operator
from tests.states import SUSPENDED, change
from timeprofiles.models import TimeProfile

ROWS_A_RECORD, FEWEST_RECORDS = 25, 3
"""Records have to be made one by one."""
DEVICE_PASSWORD = "a device's own password"
LAYOUTS: dict[type[Model], str] = {Apartment: APARTMENTS, TimeProfile: TIME_PROFILES, Contact: CONTACTS_V0}
MAKERS = {APARTMENTS: apartment, TIME_PROFILES: time_profile, CONTACTS_V0: contact}
FLAT = {rest.APARTMENTS: APARTMENTS, rest.TIME_PROFILES: TIME_PROFILES, rest.CONTACTS: CONTACTS_V0}


class World(NamedTuple):
    """`stored` are items by their device-style address; `operator` administers the site, `root` all of them."""

    size: int
    home: Estate
    operator: Client
    root: Client
    stored: dict[str, list[Item]]
    uploads: dict[type[Model], Upload]
    change_set: str

    @property
    def records(self) -> int:
        return max(FEWEST_RECORDS, self.size // ROWS_A_RECORD)

    def mixed(self, path: str) -> list[Item]:
        """As many items as are stored: one half of them with another name, and others that are new."""
        half = self.size // 2
        new = [MAKERS[path]() for _ in range(self.size - half)]
        return [*map(renamed, self.stored[path][:half]), *new]

    def flat(self, collection: str) -> list[Item]:
        """The same as members of a collection."""
        return [flat_of(item) for item in self.mixed(FLAT[collection])]

    def link_id(self, path: str) -> str:
        return str(self.stored[FLAT.get(path, path)][0]["link_id"])

    def ids(self, path: str) -> list[str]:
        return [item["link_id"] for item in self.stored[path]]

    def row(self, model: Any, **which: Any) -> Any:
        """One of the site, or of all where there is no site: of a kind that which has a history."""
        named = {"site": self.home.site} if hasattr(model, "site") else {}
        known = {"link_id": self.link_id(LAYOUTS[model])} if model in LAYOUTS else {}
        return model.objects.filter(**named, **known, **which).order_by("pk")[0]


def same(client: Client) -> Client:
    """One with its cookies, and its own from then on."""
    other = Client()
    other.cookies.update(client.cookies)
    return other


def renamed(item: Item) -> Item:
    return item | {("apartment_name" if "apartment_name" in item else "name"): "Renamed"}


def flat_of(item: Item) -> Item:
    """As it is a member of a collection."""
    nested = {"apartment_address", "time_options", "residents"}
    plain = {name: value for name, value in item.items() if name not in nested}
    residents = {f"residents_{name}": value for name, value in item.get("residents", {}).items()}
    return plain | item.get("apartment_address", {}) | item.get("time_options", {}) | residents


def world(size: int) -> World:
    home = estate()
    stored = {path: [make() for _ in range(size)] for path, make in MAKERS.items()}
    for path, items in stored.items():
        assert home.post(path, *items).status_code == 200
    clients = operator(home.site), operator(superuser=True)
    made = World(size, home, *clients, stored, {}, "")
    _change(made)
    _add_accounts(made)
    uploads = {model: _uploaded(made, model, path) for model, path in LAYOUTS.items()}
    Token.objects.update(last_used=timezone.now() + timedelta(days=1))  # noted every five minutes, of slow tests too
    ContentType.objects.get_for_models(*admin.site._registry)  # what is remembered is not asked for again
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")  # commits get their numbers
    return made._replace(uploads=uploads, change_set=_renamed_all(made))


def _change(made: World) -> None:
    """States with notifications, one of which has failed; and a history of one row and of one account."""
    home, ids = made.home, made.ids(APARTMENTS)
    for flat in Apartment.objects.filter(site=home.site, link_id__in=ids[: made.records]):
        Recipient.objects.create(apartment=flat, channel="email", address="a@example.com")
    assert change(home, ids, send_notifications=True)["data"]["changed"] == made.size
    failed = Notification.objects.filter(site=home.site).order_by("pk")[:2]
    Notification.objects.filter(pk__in=failed.values("pk")).update(state=State.FAILED, next_at=None)
    for number in range(made.records):
        for path in LAYOUTS.values():
            assert home.post(path, renamed(made.stored[path][0])).status_code == 200
            assert home.post(path, made.stored[path][0]).status_code == 200
        change(home, ids[:1], state_id=SUSPENDED - 2 + number % 2)
    change(home, ids[:1])


def _renamed_all(made: World) -> str:
    """A change set in which every apartment has changed, and is what it was."""
    items = made.stored[APARTMENTS]
    made.home.post(APARTMENTS, *map(renamed, items))
    return str(made.home.post(APARTMENTS, *items).headers["X-Change-Set"])


def _add_accounts(made: World) -> None:
    set_device_password(made.home.membership, DEVICE_PASSWORD)
    for number in range(made.records):
        estate()
        make_token(made.home.membership, label=str(number))


def _uploaded(made: World, model: type[Model], path: str) -> Upload:
    """With rows of every sort."""
    items = [*made.mixed(path), made.stored[path][-1], {**MAKERS[path](), "link_id": "none"}]
    shown: HttpResponse = upload(made.operator, made.home.site, csv_of(items), model=model)
    assert shown.status_code == 200
    return Upload.objects.latest("created_at")
