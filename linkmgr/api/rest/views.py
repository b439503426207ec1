"""What every address of the resource API shares, and collections that are read."""

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from linkmgr.accounts.tokens import token_of
from linkmgr.api.rest.paging import Page, page
from linkmgr.api.rest.problems import Error, Refusal
from linkmgr.api.rest.query import PAGING, all_of, read_fields, read_query, refuse_unknown
from linkmgr.api.rest.resource import Resource
from linkmgr.api.rest.schema import RestSchema
from linkmgr.api.rest.versions import etag_of, unchanged_since
from linkmgr.api.voices import JSON

MOST_JUDGED = 50_000
"""Some seconds of work."""

_encode = msgspec.json.Encoder().encode
_compressed = GZipMiddleware(lambda request: HttpResponse()).process_response


class RestView(ViewSet):
    """Any address of the resource API."""

    schema = RestSchema()
    http_method_names = ("get", "head", "post", "put", "patch", "delete")

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        told: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        told.headers.setdefault("Cache-Control", "private, no-cache")
        return _compressed(request._request, told)


class Reading(RestView):
    """A collection and its members, of the site of the caller's token."""

    resource: ClassVar[Any]

    def list(self, request: Request) -> HttpResponse:
        """List, filter, search and sort"""
        resource: Resource = self.resource
        _, query, (rows, keep) = all_of(
            lambda: refuse_unknown(request, (*PAGING, *resource.filters.base_filters)),
            lambda: read_query(request, resource),
            lambda: self._filtered(request),
        )
        if query.search:
            rows = rows.filter(_found(resource.search, query.search))
        found = page(rows, query.ordering, after=query.after, limit=query.limit, keep=keep)
        body: dict[str, Any] = {"items": [_picked(resource.show(row), query.fields) for row in found.rows]}
        if query.total:
            body["total"] = _counted(rows, keep)
        following = self._next(request, found)
        return answer(request, _encode({**body, "next": following}), _link(following))

    def retrieve(self, request: Request, key: Any) -> HttpResponse:
        """Show one"""
        _, fields = all_of(lambda: refuse_unknown(request, ("fields",)), lambda: read_fields(request, self.resource))
        return answer(request, _encode(_picked(self.resource.show(self.member(request, key)), fields)))

    def member(self, request: Request, key: Any) -> Any:
        """Its row. Raises NotFound."""
        row = self.rows(request).filter(**{self.resource.key: key}).first()
        if row is None:
            raise NotFound
        return row

    def rows(self, request: Request) -> QuerySet[Any]:
        """What this caller may see."""
        raise NotImplementedError

    def keep(self, request: Request) -> Callable[[Any], bool] | None:
        """Of rows that the filters let pass, those to tell, where PostgreSQL cannot judge them."""
        return None

    def _filtered(self, request: Request) -> tuple[QuerySet[Any], Callable[[Any], bool] | None]:
        filters = self.resource.filters(request.GET, queryset=self.rows(request), request=request)
        with timezone.override(token_of(request).membership.site.time_zone):  # of moments without an offset
            valid = filters.is_valid()
        if not valid:
            told = [(name, str(text)) for name, texts in filters.errors.items() for text in texts]
            raise Refusal(400, *(Error(name, "not_allowed", text) for name, text in told))
        return filters.qs, self.keep(request)

    def _next(self, request: Request, found: Page) -> str | None:
        if found.after is None:
            return None
        asked = {**request.GET.dict(), "after": found.after}
        return request.build_absolute_uri(f"{request.path}?{urlencode(asked)}")


def answer(
    request: Request, body: bytes, headers: dict[str, str] | None = None, content_type: str = JSON
) -> HttpResponse:
    """200, or 304 for a client that has it already."""
    response = HttpResponse(body, content_type=content_type, headers={"ETag": etag_of(body), **(headers or {})})
    if not unchanged_since(request, response["ETag"]):
        return response
    return HttpResponseNotModified(headers={name: value for name, value in response.items() if name != "Content-Type"})


def representation(resource: Resource, row: Any) -> bytes:
    return _encode(resource.show(row))


def _picked(member: msgspec.Struct, fields: tuple[str, ...]) -> Any:
    if fields == member.__struct_fields__:
        return member
    return {name: getattr(member, name) for name in fields}


def _counted(rows: QuerySet[Any], keep: Callable[[Any], bool] | None) -> int:
    """Raises Refusal where too many rows would have to be judged one by one."""
    if keep is None:
        return rows.count()
    if rows[MOST_JUDGED:].exists():
        text = f"cannot be told of more than {MOST_JUDGED} rows that are judged one by one: filter further"
        raise Refusal(400, Error("count", "out_of_range", text))
    return sum(map(keep, rows.iterator()))


def _found(lookups: tuple[str, ...], text: str) -> Q:
    found = Q()
    for lookup in lookups:
        found |= Q(**{lookup: text})
    return found


def _link(following: str | None) -> dict[str, str]:
    return {"Link": f'<{following}>; rel="next"'} if following else {}
