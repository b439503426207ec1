"""The change feed of a site on the wire: every change in the order of its commit, for those who keep a copy."""

from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, Literal, Union
from uuid import UUID

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from linkmgr.accounts.caller import Caller, Reach
from linkmgr.accounts.tokens import token_of
from linkmgr.api.parts import parameter
from linkmgr.api.rest.parameters import LIMIT, SAYING
from linkmgr.api.rest.problems import Error, Refusal
from linkmgr.api.rest.query import all_of, read_limit, refuse_unknown
from linkmgr.api.rest.resource import Linked
from linkmgr.api.rest.schema import Described
from linkmgr.api.rest.views import RestView, answer
from linkmgr.api.views import caller
from linkmgr.bulk.fields import Moment
from linkmgr.history.feed import Cursor, Entry, Told, UnknownCursor, changes, everything, latest
from linkmgr.kinds import RESOURCES

LATEST = "latest"
HAPPENED = Literal["insert", "update", "delete"]


def _change(resource: Linked) -> type[msgspec.Struct]:
    """What a change of this kind tells: the row before and after, null where there is none.

    The link_id is that of the row now; before, it may have been another. `change_set` is null for what somebody did in
    the database itself.
    """
    row = resource.logged
    members: list[tuple[str, Any]] = [
        ("link_id", UUID),
        ("happened", HAPPENED),
        ("at", Moment),
        ("change_set", UUID | None),
        ("before", row | None),
        ("after", row | None),
    ]
    name = f"{resource.shown.__name__}Change"
    return msgspec.defstruct(name, members, tag_field="kind", tag=resource.name)


BY_MODEL = {resource.model: (resource, _change(resource)) for resource in RESOURCES}


class ChangesPage(msgspec.Struct):
    """Changes after a cursor, and the cursor that comes after them; with `more` there are others already."""

    items: list[Union[tuple(change for _, change in BY_MODEL.values())]]  # type: ignore[valid-type]  # noqa: UP007
    after: str
    more: bool


class ChangesView(RestView):
    described = {
        "show": Described(
            ChangesPage,
            (
                LIMIT,
                parameter("after", SAYING, f"The cursor, as `after` of the page before; `{LATEST}` for that of now."),
            ),
        )
    }
    reach = Reach.OWN_BUILDINGS

    def show(self, request: Request) -> HttpResponse:
        """List what was changed after a cursor, in the order of commit"""
        asked, site = request.GET.get("after"), token_of(request).membership.site
        _, limit, after = all_of(
            lambda: refuse_unknown(request, ("after", "limit")),
            lambda: read_limit(request),
            lambda: _cursor(asked),
        )
        if asked == LATEST:
            return _told(request, ChangesPage([], latest(site).encode(), False))
        with _cursors_refused():
            page = changes(site, after=after, limit=limit, told=_seen_by(caller(request)))
        return _told(request, ChangesPage([*map(_shown, page.entries)], page.next.encode(), page.more))


def _seen_by(by: Caller) -> Told:
    """Which rows of which kinds there are for this caller."""
    if by.buildings is None:
        return everything()
    seen: dict[Any, Any] = {}
    for resource in RESOURCES:
        if resource.kind.reach is Reach.READING:
            seen[resource.model] = lambda row: True
        elif resource.kind.building:
            place = attrgetter(resource.kind.building)
            seen[resource.model] = lambda row, place=place: place(row) in by.buildings
    return seen


def _cursor(text: str | None) -> Cursor | None:
    """None for the beginning, and for LATEST. Raises Refusal."""
    if text is None or text == LATEST:
        return None
    with _cursors_refused():
        return Cursor.decode(text)


@contextmanager
def _cursors_refused() -> Iterator[None]:
    """Raises Refusal for a cursor that is unknown within."""
    try:
        yield
    except UnknownCursor as error:
        text = f"is no cursor of this feed; begin again with {LATEST}, or without"
        raise Refusal(400, Error("after", "not_allowed", text)) from error


def _shown(entry: Entry) -> msgspec.Struct:
    resource, change = BY_MODEL[entry.model]
    rows = (row and resource.show_logged(row) for row in (entry.before, entry.after))
    return change(entry.link_id, entry.happened, entry.at, entry.change_set, *rows)


def _told(request: Request, page: ChangesPage) -> HttpResponse:
    return answer(request, msgspec.json.encode(page))
