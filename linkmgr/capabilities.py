"""What this server can do, and how much of it at once: everything a client would otherwise have to be told."""

from collections.abc import Callable

import msgspec
from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

import linkmgr
from apartments.change_state import LONGEST_MESSAGE
from apartments.models import ApartmentState
from apartments.web_api import State
from linkmgr.accounts.caller import Reach
from linkmgr.accounts.models import Token
from linkmgr.accounts.rates import limit_of
from linkmgr.accounts.tokens import token_of
from linkmgr.api.models import LONGEST_KEY
from linkmgr.api.rest import idempotency, incoming, members, query
from linkmgr.api.rest.query import refuse_unknown
from linkmgr.api.rest.resource import Linked
from linkmgr.api.rest.views import RestView, answer
from linkmgr.api.webapi.body import MOST_BYTES as MOST_CHANGE_STATE_BYTES
from linkmgr.bulk.kind import MOST_ITEMS
from linkmgr.bulk.modes import Mode
from linkmgr.kinds import RESOURCES
from timeprofiles import in_time

SECONDS_AN_HOUR = 3600

LIMITS: dict[str, Callable[[], int]] = {
    "items_per_request": lambda: MOST_ITEMS,
    "ids_per_change_state": lambda: MOST_ITEMS,
    "body_bytes": lambda: settings.MAX_BODY_BYTES,
    "member_body_bytes": lambda: members.MOST_BYTES,
    "change_state_body_bytes": lambda: MOST_CHANGE_STATE_BYTES,
    "stream_bytes": lambda: settings.MAX_STREAM_BYTES,
    "stream_line_bytes": lambda: incoming.LONGEST_LINE,
    "message_characters": lambda: LONGEST_MESSAGE,
    "page_items": lambda: query.MOST_A_PAGE,
    "occurrences": lambda: in_time.MOST_OCCURRENCES,
    "occurrences_window_days": lambda: in_time.LONGEST_WINDOW.days,
    "idempotency_key_characters": lambda: LONGEST_KEY,
    "idempotency_hours": lambda: int(idempotency.KEPT.total_seconds()) // SECONDS_AN_HOUR,
}
"""Every one of them is enforced; what is over is refused, with 400, 413 or 422, or told to be only a part."""


class KindTold(msgspec.Struct):
    """A collection: where it is, what its members have, what of that need not be given, and what is only read."""

    name: str
    path: str
    bulk_path: str
    members: list[str]
    optional: list[str]
    read_only: list[str]
    sorting: list[str]


class TokenTold(msgspec.Struct):
    """Whom the server takes the caller for, and what its token may. No `buildings` are all of them, and 0
    `requests_per_minute` any number."""

    account: str
    site: str
    time_zone: str
    role: str
    rights: list[str]
    buildings: list[int]
    requests_per_minute: int


class Capabilities(msgspec.Struct):
    version: str
    limits: dict[str, int]
    modes: list[str]
    states: list[State]
    kinds: list[KindTold]
    token: TokenTold


class CapabilitiesView(RestView):
    answer = Capabilities
    reach = Reach.READING

    def show(self, request: Request) -> HttpResponse:
        """Show what this server can do"""
        refuse_unknown(request, ())
        told = Capabilities(
            version=linkmgr.__version__,
            limits={name: limit() for name, limit in LIMITS.items()},
            modes=[*Mode],
            states=[*map(State.of, ApartmentState.objects.all())],
            kinds=[_kind(resource) for resource in RESOURCES],
            token=_token(token_of(request)),
        )
        return answer(request, msgspec.json.encode(told))


def _kind(resource: Linked) -> KindTold:
    path = f"/api/v1/{resource.name}/"
    return KindTold(
        name=resource.name,
        path=path,
        bulk_path=f"{path}bulk",
        members=[*resource.kind.item.__struct_fields__],
        optional=[*resource.kind.item.optional],
        read_only=[*resource.read_only],
        sorting=[*resource.sorting],
    )


def _token(token: Token) -> TokenTold:
    site = token.membership.site
    return TokenTold(
        account=token.user.username,
        site=site.slug,
        time_zone=site.time_zone,
        role=token.role,
        rights=sorted(token.held),
        buildings=token.buildings,
        requests_per_minute=limit_of(token),
    )
