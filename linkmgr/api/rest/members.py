"""Collections of a kind: read, and written one by one or in bulk."""

from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from linkmgr.accounts.caller import Reach
from linkmgr.api.body import BOM, decode_json
from linkmgr.api.recorded import recorded
from linkmgr.api.rest.incoming import Body, refuse_other_types
from linkmgr.api.rest.problems import Error, Refusal
from linkmgr.api.rest.query import all_of, read_switch, refuse_unknown
from linkmgr.api.rest.resource import Linked
from linkmgr.api.rest.versions import etag_of, refuse_other_version
from linkmgr.api.rest.views import Reading, RestView, representation
from linkmgr.api.rest.writing import One, Written, create, patch, put, remove
from linkmgr.api.views import caller
from linkmgr.api.voices import JSON
from linkmgr.bulk.check import LINK_ID
from linkmgr.bulk.scope import visible

MOST_BYTES = 1024 * 1024
"""Of one member."""
OPTIONS = ("dry_run",)


class OfKind(RestView):
    """Any address of a kind's collection: `resource`."""

    resource: ClassVar[Linked]

    @property
    def reach(self) -> Reach:
        return self.resource.kind.reach


class LinkedReading(OfKind, Reading):
    """A collection of one kind that is read."""

    def rows(self, request: Request) -> QuerySet[Any]:
        return visible(self.resource.kind, caller(request))


class Members(LinkedReading):
    """A collection of one kind. A subclass says which."""

    def create(self, request: Request) -> HttpResponse:
        """Create one, with a link_id of your own or a new one"""
        members = _read_members(request)
        link_id = members.setdefault("link_id", str(uuid4()))
        if not isinstance(link_id, str) or not LINK_ID.fullmatch(link_id):
            raise Refusal(422, Error("link_id", "wrong_type", "must be a uuid"))
        return self._told(request, create(self._one(request, UUID(link_id)), members))

    def update(self, request: Request, key: UUID) -> HttpResponse:
        """Create or replace one"""
        return self._told(request, put(self._one(request, key), _read_members(request)))

    def partial_update(self, request: Request, key: UUID) -> HttpResponse:
        """Change some members of one"""
        return self._told(request, patch(self._one(request, key), _read_members(request)))

    def destroy(self, request: Request, key: UUID) -> HttpResponse:
        """Delete one"""
        written = remove(self._one(request, key))
        return recorded(HttpResponse(status=204), written.change_set)

    def _one(self, request: Request, link_id: UUID) -> One:
        _, dry_run = all_of(lambda: refuse_unknown(request, OPTIONS), lambda: read_switch(request, "dry_run"))

        def guard(stored: Any) -> None:
            refuse_other_version(request, stored and etag_of(representation(self.resource, stored)))

        return One(self.resource, str(link_id), caller(request), guard, dry_run)

    def _told(self, request: Request, written: Written) -> HttpResponse:
        body = representation(self.resource, written.row)
        response = HttpResponse(body, content_type=JSON, headers={"ETag": etag_of(body)})
        if written.created:
            response.status_code = 201
            response["Location"] = request.build_absolute_uri(f"/api/v1/{self.resource.name}/{written.row.link_id}")
        return recorded(response, written.change_set)


def _read_members(request: Request) -> dict[str, Any]:
    """The body, a JSON object. Raises Refusal, TooLarge or WrongBody."""
    refuse_other_types(request)
    try:
        members = decode_json(Body(request, MOST_BYTES).whole().removeprefix(BOM))
    except (ValueError, RecursionError) as error:
        raise Refusal(400, Error("", "no_json", "the body is not JSON")) from error
    if not isinstance(members, dict):
        raise Refusal(422, Error("", "wrong_type", "must be an object"))
    return members
