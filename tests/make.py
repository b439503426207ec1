"""Makes what tests need: items as they stand on the wire, and sites with accounts and clients."""

import json
from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

from linkmgr.accounts.models import Membership, Role, Site, User
from linkmgr.accounts.tokens import make_token

Item = dict[str, Any]
_numbers = count(1)

APARTMENTS = "/api/v1/apartment/items/link"
TIME_PROFILES = "/api/v1/access/timeprofile/items/link"
TIME_PROFILES_DELETE = "/api/v1/access/timeprofile/link/delete"
CONTACTS_V0 = "/api/v0/contact/items/link"
CONTACTS_V1 = "/api/v1/contact/items/link"
EVERY_LIST = (APARTMENTS, TIME_PROFILES, CONTACTS_V0, CONTACTS_V1)


def link_id() -> str:
    return str(uuid4())


def apartment(address: str = "", /, **members: Any) -> Item:
    """`address` as building-unit-floor-room; a free one if empty."""
    number = next(_numbers)
    parts = address.split("-") if address else [1 + number // 9_000, number // 90 % 100, number % 90, 1]
    named = dict(zip(("building", "unit", "floor", "room"), map(int, parts), strict=True))
    item = {"link_id": link_id(), "apartment_address": named, "apartment_name": "Flat", "residents": {"count": 2}}
    return item | members


def contact(**members: Any) -> Item:
    return {"link_id": link_id(), "name": "Anna", "type": "regular", "number": "0001-01-01-01"} | members


def time_profile(rule: Item | None = None, /, **members: Any) -> Item:
    """`rule` is the repeat_format; without one the profile does not repeat."""
    repeat: Item = {"repeat_enable": True, "repeat_format": rule} if rule else {"repeat_enable": False}
    times = {"is_all_day": False, "date_from": 1_767_254_400, "date_to": 1_767_297_600}
    return {"link_id": link_id(), "name": "Working hours", "time_options": times, "repeat_options": repeat} | members


def custom(point: str, options: Any, *, every: int = 1) -> Item:
    """A repeat_format of type custom."""
    named = {"repeat_point_type": point, "repeat_looper": every, "repeat_options": options}
    return {"repeat_type": "custom", "repeat_end": {"format": "never"}, "repeat_custom": named}


MAKERS = {APARTMENTS: apartment, TIME_PROFILES: time_profile, CONTACTS_V0: contact, CONTACTS_V1: contact}


class Estate(NamedTuple):
    """A site, an account of it, and a client with that account's token."""

    site: Site
    membership: Membership
    token: str
    client: Client

    def call(self, method: str, path: str, body: Any = None) -> HttpResponse:
        """`body` is sent as JSON, or as it is if it is text or bytes."""
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.generic(method, path, data, content_type="application/json")

    def post(self, path: str, *items: Item) -> HttpResponse:
        return self.call("POST", path, {"list_items": list(items)})

    def outcomes(self, path: str, *items: Item) -> list[str]:
        """Post, and the extended_info of each result."""
        response = self.post(path, *items)
        assert response.status_code == 200, response.content
        return [result["extended_info"] for result in response.json()["result"]]

    def delete(self, path: str, link_ids: Sequence[str]) -> HttpResponse:
        return self.call("DELETE", path, {"link_ids": list(link_ids)})

    def listed(self, path: str) -> dict[str, Item]:
        """Everything stored, as the list shows it, by link_id; the site has to fit on one page."""
        answer = self.client.get(path, {"limit": 50}).json()
        assert answer["list_option"]["pagination"]["total_pages"] <= 1
        return {item["link_id"]: item for item in answer["list_items"]}


def estate(slug: str = "", role: str = Role.ADMINISTRATOR, **token: Any) -> Estate:
    """A site of its own with one account in that role."""
    number = next(_numbers)
    site, _ = Site.objects.get_or_create(slug=slug or f"site-{number}", defaults={"name": f"Site {number}"})
    user = User.objects.create(username=f"account-{number}")
    membership = Membership.objects.create(user=user, site=site, role=role)
    _, text = make_token(membership, **token)
    return Estate(site, membership, text, Client(headers={"authorization": f"Bearer {text}"}))


def restricted(home: Estate, *buildings: int, **more: Any) -> Estate:
    """The same account with a token for these buildings only."""
    _, text = make_token(home.membership, buildings=buildings, **more)
    return home._replace(token=text, client=Client(headers={"authorization": f"Bearer {text}"}))
